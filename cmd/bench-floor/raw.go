//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// The raw-socket floor: one thread, one epoll loop, bytes made beforehand and counted but not looked at. It is what the kernel charges for the exchange.

// job is what a contender of this program's own shall do.
type job struct {
	addr        netip.AddrPort
	connections int
	// span is how long it goes on.
	span time.Duration
}

// rawClient keeps one exchange under way on each of its connections.
type rawClient struct {
	job
	poller  *poller
	fds     []int
	request []byte
	expect  int   // length of an answer in bytes
	got     []int // by descriptor: bytes of the answer under way
	buffer  []byte
}

func newRawClient(j job, request []byte, expect int) (*rawClient, error) {
	p, err := newPoller()
	if err != nil {
		return nil, err
	}
	return &rawClient{job: j, poller: p, request: request, expect: expect, buffer: make([]byte, 16<<10)}, nil
}

// connect opens the connections, upgraded or plain.
func (c *rawClient) connect(upgraded bool) error {
	for range c.connections {
		fd, err := connectRaw(c.addr)
		if err == nil && upgraded {
			err = upgradeRaw(fd, c.buffer)
		}
		if err == nil {
			err = errors.Join(syscall.SetNonblock(fd, true), c.poller.add(fd))
		}
		if err != nil {
			return err
		}
		c.fds = append(c.fds, fd)
	}
	c.got = make([]int, slices.Max(c.fds)+1)
	return nil
}

const upgradeText = "GET /ws HTTP/1.1\r\nHost: floor\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

func upgradeRaw(fd int, buffer []byte) error {
	if err := writeAll(fd, []byte(upgradeText)); err != nil {
		return err
	}
	n, errno := rawRead(fd, buffer)
	if errno != 0 || !bytes.HasPrefix(buffer[:max(n, 0)], []byte("HTTP/1.1 101")) {
		return fmt.Errorf("upgrade: %d bytes: %w", n, errno)
	}
	return nil
}

// maskedFrame is a binary frame from a client. Its masking key is constant: the floor does not frame.
func maskedFrame() []byte {
	return append([]byte{0x82, 0x80 | payloadSize, 1, 2, 3, 4}, bytes.Repeat([]byte{'x'}, payloadSize)...)
}

const echoFrame = 2 + payloadSize

// rawEcho is the WebSocket floor, closed loop: as soon as an echo is there the next message goes.
func rawEcho(j job) (outcome, error) {
	c, err := newRawClient(j, maskedFrame(), echoFrame)
	if err == nil {
		err = c.connect(true)
	}
	if err != nil {
		return outcome{}, err
	}
	return outcome{}, c.closedLoop()
}

// rawGet is the floor of an HTTP exchange on kept-alive connections.
func rawGet(path string) func(job) (outcome, error) {
	return func(j job) (outcome, error) {
		c, err := newRawClient(j, getText(path, "keep-alive"), len(echoAnswer.keep))
		if err == nil {
			err = c.connect(false)
		}
		if err != nil {
			return outcome{}, err
		}
		return outcome{}, c.closedLoop()
	}
}

// getText is a request as long as the one that our own clients send.
func getText(path, connection string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: floor\r\nConnection: " + connection + "\r\nX-Fill: " + strings.Repeat("x", 24) + "\r\n\r\n")
}

func (c *rawClient) closedLoop() error {
	alone()
	for _, fd := range c.fds {
		if err := writeAll(fd, c.request); err != nil {
			return err
		}
	}
	for end := time.Now().Add(c.span); time.Now().Before(end); {
		events, err := c.poller.wait(c.span)
		if err != nil {
			return err
		}
		for _, e := range events {
			complete, err := c.read(int(e.Fd))
			if err == nil && complete {
				err = writeAll(int(e.Fd), c.request)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// read reads once and says whether an answer is complete.
func (c *rawClient) read(fd int) (bool, error) {
	n, errno := rawRead(fd, c.buffer)
	if errno != 0 || n <= 0 {
		return false, fmt.Errorf("read from socket: %d bytes: %w", n, errno)
	}
	c.got[fd] += n
	if c.got[fd] < c.expect {
		return false, nil
	}
	c.got[fd] -= c.expect
	return true, nil
}

// rawGrain is the least that the scheduled floor waits; what falls due meanwhile leaves together.
const rawGrain = 250 * time.Microsecond

// rawScheduled is the WebSocket floor on a schedule: each message is sent when it is due, echoed or not, and timed from then.
func rawScheduled(rate float64) func(job) (outcome, error) {
	return func(j job) (outcome, error) {
		c, err := newRawClient(j, maskedFrame(), echoFrame)
		if err == nil {
			err = c.connect(true)
		}
		if err != nil {
			return outcome{}, err
		}
		return c.openLoop(time.Duration(float64(time.Second) / rate))
	}
}

func (c *rawClient) openLoop(pause time.Duration) (outcome, error) {
	alone()
	due := make([][]time.Duration, len(c.got)) // by descriptor: what awaits its echo
	var latencies []time.Duration
	start := time.Now()
	for next := 0; ; {
		now := time.Since(start)
		if now > c.span {
			return outcome{P99: percentile99(latencies)}, nil
		}
		for ; time.Duration(next)*pause <= now; next++ {
			fd := c.fds[next%len(c.fds)]
			due[fd] = append(due[fd], time.Duration(next)*pause)
			if err := writeAll(fd, c.request); err != nil {
				return outcome{}, err
			}
		}
		events, err := c.poller.wait(max(time.Duration(next)*pause-time.Since(start), rawGrain))
		if err != nil {
			return outcome{}, err
		}
		for _, e := range events {
			fd := int(e.Fd)
			for complete, err := c.read(fd); complete || err != nil; complete = c.more(fd) {
				if err != nil {
					return outcome{}, err
				}
				latencies = append(latencies, time.Since(start)-due[fd][0])
				due[fd] = slices.Delete(due[fd], 0, 1)
			}
		}
	}
}

// more says whether the last read brought another whole answer.
func (c *rawClient) more(fd int) bool {
	if c.got[fd] < c.expect {
		return false
	}
	c.got[fd] -= c.expect
	return true
}

func percentile99(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)*99/100]
}

// rawReconnect is the floor of a connection for each poll: connect, request, read to the end, close.
func rawReconnect(j job) (outcome, error) {
	c, err := newRawClient(j, getText("/echo", "close"), len(echoAnswer.last))
	if err != nil {
		return outcome{}, err
	}
	alone()
	for range c.connections {
		if err := c.begin(); err != nil {
			return outcome{}, err
		}
	}
	for end := time.Now().Add(c.span); time.Now().Before(end); {
		events, err := c.poller.wait(c.span)
		if err != nil {
			return outcome{}, err
		}
		for _, e := range events {
			complete, err := c.read(int(e.Fd))
			if err == nil && complete {
				err = errors.Join(syscall.Close(int(e.Fd)), c.begin())
			}
			if err != nil {
				return outcome{}, err
			}
		}
	}
	return outcome{}, nil
}

// begin makes a connection and sends the request on it.
func (c *rawClient) begin() error {
	fd, err := connectRaw(c.addr)
	if err != nil {
		return err
	}
	for fd >= len(c.got) {
		c.got = append(c.got, 0)
	}
	c.got[fd] = 0
	return errors.Join(writeAll(fd, c.request), c.poller.add(fd))
}

// bareConns is the floor of a goroutine for each client: the same exchange over net.Conn, neither framed nor looked at.
func bareConns(open string, request []byte, expect int) func(job) (outcome, error) {
	return func(j job) (outcome, error) {
		var exchanging sync.WaitGroup
		failed := make(chan error, j.connections)
		end := time.Now().Add(j.span)
		for range j.connections {
			conn, err := net.Dial("tcp", j.addr.String())
			if err == nil {
				err = errors.Join(openBare(conn, open), conn.SetDeadline(end))
			}
			if err != nil {
				return outcome{}, err
			}
			exchanging.Go(func() { failed <- exchangeBare(conn, request, expect) })
		}
		exchanging.Wait()
		for range j.connections {
			if err := <-failed; !errors.Is(err, os.ErrDeadlineExceeded) {
				return outcome{}, err
			}
		}
		return outcome{}, nil
	}
}

// exchangeBare sends and reads until the deadline.
func exchangeBare(conn net.Conn, request []byte, expect int) error {
	buffer := make([]byte, expect)
	for {
		if _, err := conn.Write(request); err != nil {
			return err
		}
		if _, err := io.ReadFull(conn, buffer); err != nil {
			return err
		}
	}
}

// bareIdle is the memory floor: Go connections, each with a goroutine parked in Read.
func bareIdle(request string) func(job) (outcome, error) {
	return func(j job) (outcome, error) {
		var reading sync.WaitGroup
		before, err := residentOf(os.Getpid())
		if err != nil {
			return outcome{}, err
		}
		for range j.connections {
			conn, err := net.Dial("tcp", j.addr.String())
			if err != nil {
				return outcome{}, err
			}
			if err := openBare(conn, request); err != nil {
				return outcome{}, err
			}
			reading.Go(func() { readOn(conn) })
		}
		debug.FreeOSMemory()
		time.Sleep(j.span)
		now, err := residentOf(os.Getpid())
		return outcome{RSSPerClient: float64(now-before) / float64(j.connections)}, err
	}
}

// bareReconnect is what a connection for each poll costs in Go: dial, write, read to the end, close.
func bareReconnect(j job) (outcome, error) {
	request, expect := getText("/echo", "close"), len(echoAnswer.last)
	var exchanging sync.WaitGroup
	failed := make(chan error, j.connections)
	end := time.Now().Add(j.span)
	for range j.connections {
		exchanging.Go(func() {
			for buffer := make([]byte, expect); time.Now().Before(end); {
				if err := exchangeOnce(j.addr.String(), request, buffer); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	exchanging.Wait()
	close(failed)
	return outcome{}, <-failed
}

func exchangeOnce(addr string, request, buffer []byte) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	_, writeErr := conn.Write(request)
	_, readErr := io.ReadFull(conn, buffer)
	return errors.Join(writeErr, readErr, conn.Close())
}

// openBare sends what opens a session, if anything does, and reads the answer if one comes at once.
func openBare(conn net.Conn, request string) error {
	if request == "" {
		return nil
	}
	if _, err := conn.Write([]byte(request)); err != nil || request != upgradeText {
		return err
	}
	_, err := conn.Read(make([]byte, 1024))
	return err
}

func readOn(conn net.Conn) {
	var b [1]byte
	for {
		if _, err := conn.Read(b[:]); err != nil {
			return
		}
	}
}
