package netem

import (
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// A poller is the engine on Linux: one edge-triggered epoll instance and one goroutine for all sockets. The
// goroutine waits for the instance itself through Go's netpoller, so it blocks no thread.
type poller struct {
	epoll   *os.File
	fd      int
	events  [256]unix.EpollEvent
	stopped chan struct{}

	mu    sync.Mutex
	conns map[int32]*DelayedConn // by socket
}

func newEngine() (engine, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil { // os.NewFile hands only such files to the netpoller
		unix.Close(fd)
		return nil, os.NewSyscallError("fcntl", err)
	}
	p := &poller{epoll: os.NewFile(uintptr(fd), "epoll"), fd: fd}
	p.stopped, p.conns = make(chan struct{}), make(map[int32]*DelayedConn)
	raw, err := p.epoll.SyscallConn()
	if err != nil {
		p.epoll.Close()
		return nil, fmt.Errorf("netem: watching sockets: %w", err)
	}
	go p.run(raw)
	return p, nil
}

// run ends when stop closes the file.
func (p *poller) run(raw syscall.RawConn) {
	defer close(p.stopped)
	_ = raw.Read(p.poll)
}

func (p *poller) stop() {
	p.epoll.Close()
	<-p.stopped
}

// poll handles the events there are. It always asks to be called again.
func (p *poller) poll(uintptr) bool {
	for {
		n, err := unix.EpollWait(p.fd, p.events[:], 0)
		if err == unix.EINTR {
			continue
		}
		for _, ev := range p.events[:max(n, 0)] {
			p.handle(ev)
		}
		// Fewer than asked for means that there are no more; one that comes now wakes the netpoller again.
		if n < len(p.events) {
			return false
		}
	}
}

func (p *poller) handle(ev unix.EpollEvent) {
	p.mu.Lock()
	c := p.conns[ev.Fd]
	p.mu.Unlock()
	if c == nil {
		return
	}
	const ending = unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR
	if ev.Events&(unix.EPOLLIN|ending) != 0 {
		c.readable(ev.Events&ending == 0)
	}
	if ev.Events&(unix.EPOLLOUT|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		c.writable()
	}
}

// adopt moves the socket to a descriptor of our own and closes tcp: left there, Go's netpoller would wake for
// each of its events as well.
func (p *poller) adopt(tcp *net.TCPConn, c *DelayedConn) error {
	defer tcp.Close()
	fd, err := duplicate(tcp)
	if err != nil {
		return err
	}
	c.socket = &pollSocket{fd: fd, poller: p}
	p.mu.Lock()
	p.conns[int32(fd)] = c
	p.mu.Unlock()
	ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET, Fd: int32(fd)}
	if err := unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
		p.forget(fd)
		unix.Close(fd)
		return os.NewSyscallError("epoll_ctl", err)
	}
	return nil
}

func (p *poller) forget(fd int) {
	p.mu.Lock()
	delete(p.conns, int32(fd))
	p.mu.Unlock()
}

func duplicate(tcp *net.TCPConn) (fd int, err error) {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return -1, err
	}
	controlErr := raw.Control(func(original uintptr) {
		fd, err = unix.FcntlInt(original, unix.F_DUPFD_CLOEXEC, 0)
	})
	if controlErr != nil {
		return -1, controlErr
	}
	return fd, os.NewSyscallError("fcntl", err)
}

// A pollSocket is a non-blocking socket. Its connection's locks keep calls away from a closed descriptor.
type pollSocket struct {
	fd     int
	poller *poller
}

func (s *pollSocket) read(p []byte) (int, error) {
	for {
		switch n, err := unix.Read(s.fd, p); {
		case n > 0:
			return n, nil
		case err == nil:
			return 0, io.EOF
		case err == unix.EAGAIN:
			return 0, errWouldBlock
		case err != unix.EINTR:
			return 0, os.NewSyscallError("read", err)
		}
	}
}

func (s *pollSocket) write(p []byte) (int, error) {
	for {
		switch n, err := unix.Write(s.fd, p); {
		case err == nil:
			return n, nil
		case err == unix.EAGAIN:
			return 0, errWouldBlock
		case err != unix.EINTR:
			return 0, os.NewSyscallError("write", err)
		}
	}
}

func (s *pollSocket) closeWrite() error {
	return os.NewSyscallError("shutdown", unix.Shutdown(s.fd, unix.SHUT_WR))
}

func (s *pollSocket) abort() {
	_ = unix.SetsockoptLinger(s.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	_ = s.close()
}

// close forgets the descriptor before it closes it: closed, the number may at once belong to a new socket.
func (s *pollSocket) close() error {
	s.poller.forget(s.fd)
	return os.NewSyscallError("close", unix.Close(s.fd))
}
