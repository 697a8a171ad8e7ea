//go:build linux

package main

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"pushbench/longpoll"
	"pushbench/server/api"
)

// floorServer is the server that every contender is measured against: one thread over epoll that costs little beside its system calls, so that what limits a
// measurement is the client. It speaks as much of the reference server's protocol as our own clients need:
//
//	GET /ws          a WebSocket that echoes
//	GET /publish     a WebSocket stream that appends to the log
//	GET /poll        without a cursor answered at once with one; with a cursor answered with the next message alone, parked while there is none
//	GET /echo        answered at once
//	GET /park        answered at the next tick
//	GET /count       how many connections are open and how many messages were answered, but for the connection that asks
type floorServer struct {
	poller   *poller
	listener int
	ticks    int // a timerfd, or -1
	conns    []*peer
	in       []byte
	out      []byte
	log      []answer
	polls    []*peer // parked on the log
	parked   []*peer // parked until the next tick
	open     int
	answered int
}

// peer is one accepted connection.
type peer struct {
	fd        int
	role      role
	partial   []byte
	position  int
	published uint64
	closing   bool
	hidden    bool
}

type role int

const (
	roleHTTP role = iota
	roleEcho
	rolePublish
)

// answer is one response to a poll, for a connection that stays and for one that does not.
type answer struct{ keep, last []byte }

// payloadSize is the payload of every message in bytes.
const payloadSize = 64

// runServer listens on a free port of the loopback device, prints where, and serves until it is killed. With a tick, /park is answered that often.
func runServer(tick time.Duration) error {
	s := &floorServer{in: make([]byte, 64<<10), out: make([]byte, 0, 64<<10), ticks: -1}
	if err := s.listen(tick); err != nil {
		return err
	}
	alone()
	for {
		events, err := s.poller.wait(forever)
		if err != nil {
			return err
		}
		for _, e := range events {
			if err := s.handle(int(e.Fd)); err != nil {
				return err
			}
		}
	}
}

func (s *floorServer) listen(tick time.Duration) (err error) {
	if s.poller, err = newPoller(); err != nil {
		return err
	}
	s.listener, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("make a socket: %w", err)
	}
	if err := errors.Join(unix.Bind(s.listener, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(s.listener, 4096)); err != nil {
		return fmt.Errorf("listen on the loopback device: %w", err)
	}
	bound, err := unix.Getsockname(s.listener)
	if err != nil {
		return fmt.Errorf("find the port: %w", err)
	}
	if err := s.startTicks(tick); err != nil {
		return err
	}
	inet := bound.(*unix.SockaddrInet4)
	fmt.Fprintln(os.Stdout, netip.AddrPortFrom(netip.AddrFrom4(inet.Addr), uint16(inet.Port)))
	return s.poller.add(s.listener)
}

func (s *floorServer) startTicks(tick time.Duration) (err error) {
	if tick == 0 {
		return nil
	}
	if s.ticks, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC); err != nil {
		return fmt.Errorf("create a timerfd: %w", err)
	}
	every := unix.NsecToTimespec(int64(tick))
	if err := unix.TimerfdSettime(s.ticks, 0, &unix.ItimerSpec{Interval: every, Value: every}, nil); err != nil {
		return fmt.Errorf("set a timerfd: %w", err)
	}
	return s.poller.add(s.ticks)
}

func (s *floorServer) handle(fd int) error {
	switch fd {
	case s.listener:
		return s.accept()
	case s.ticks:
		rawRead(fd, s.in[:8])
		s.tick()
		return nil
	}
	s.read(s.conns[fd])
	return nil
}

// accept takes all who wait: connections are what some workloads are about.
func (s *floorServer) accept() error {
	for {
		fd, _, err := unix.Accept4(s.listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if errors.Is(err, syscall.EAGAIN) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		for fd >= len(s.conns) {
			s.conns = append(s.conns, nil)
		}
		s.conns[fd] = &peer{fd: fd}
		s.open++
		if err := errors.Join(noDelay(fd), s.poller.add(fd)); err != nil {
			return err
		}
	}
}

// read reads once and handles what is complete.
func (s *floorServer) read(p *peer) {
	n, errno := rawRead(p.fd, s.in)
	if errno == syscall.EAGAIN {
		return
	}
	if errno != 0 || n == 0 {
		s.close(p)
		return
	}
	data := s.in[:n]
	if len(p.partial) > 0 {
		data = append(p.partial, data...)
		p.partial = nil
	}
	rest, err := s.consume(p, data)
	if err != nil || p.closing {
		s.close(p)
		return
	}
	p.partial = append([]byte(nil), rest...)
}

func (s *floorServer) close(p *peer) {
	_ = unix.Close(p.fd)
	s.conns[p.fd] = nil
	p.closing = true
	if !p.hidden {
		s.open--
	}
}

// consume handles what is complete of data and returns the rest.
func (s *floorServer) consume(p *peer, data []byte) (rest []byte, err error) {
	for len(data) > 0 && err == nil && !p.closing {
		if p.role != roleHTTP {
			return s.frames(p, data)
		}
		end := bytes.Index(data, []byte("\r\n\r\n"))
		if end < 0 {
			return data, nil
		}
		err = s.request(p, data[:end+4])
		data = data[end+4:]
	}
	return data, err
}

var errUnknown = errors.New("a request that this server does not know")

func (s *floorServer) request(p *peer, head []byte) error {
	switch {
	case bytes.HasPrefix(head, []byte("GET /poll?")):
		return s.poll(p, head)
	case bytes.HasPrefix(head, []byte("GET /echo ")):
		return s.respond(p, echoAnswer, lastRequest(head))
	case bytes.HasPrefix(head, []byte("GET /park ")):
		s.parked = append(s.parked, p)
		return nil
	case bytes.HasPrefix(head, []byte("GET /count ")):
		return s.count(p)
	case bytes.HasPrefix(head, []byte("GET /publish ")):
		return s.upgrade(p, head, rolePublish)
	case bytes.HasPrefix(head, []byte("GET /ws")), bytes.HasPrefix(head, []byte("GET / ")):
		return s.upgrade(p, head, roleEcho)
	}
	return errUnknown
}

func lastRequest(head []byte) bool { return bytes.Contains(head, []byte("\r\nConnection: close\r\n")) }

// poll answers with the message at the cursor, or parks.
func (s *floorServer) poll(p *peer, head []byte) error {
	line := head[:bytes.IndexByte(head, '\r')]
	at := bytes.Index(line, []byte("cursor="))
	last := lastRequest(head)
	if at < 0 {
		_, err := s.write(p, newAnswer(nil, len(s.log)), last) // the subscription: no message
		return err
	}
	p.position = 0
	for _, c := range line[at+len("cursor="):] {
		if c < '0' || c > '9' {
			break
		}
		p.position = p.position*10 + int(c-'0')
	}
	if p.position < len(s.log) {
		return s.respond(p, s.log[p.position], last)
	}
	if last {
		p.position = -1 - p.position
	}
	s.polls = append(s.polls, p)
	return nil
}

// respond counts and writes an answer.
func (s *floorServer) respond(p *peer, a answer, last bool) error {
	s.answered++
	_, err := s.write(p, a, last)
	return err
}

func (s *floorServer) write(p *peer, a answer, last bool) (int, error) {
	b := a.keep
	if last {
		b, p.closing = a.last, true
	}
	return len(b), writeAll(p.fd, b)
}

// append adds a message to the log and answers the polls that are parked on it.
func (s *floorServer) append(message []byte) {
	s.log = append(s.log, newAnswer(longpoll.AppendNetstring(nil, message), len(s.log)+1))
	polls := s.polls
	s.polls = nil
	for _, p := range polls {
		last := p.position < 0
		if last {
			p.position = -1 - p.position
		}
		s.settle(p, s.respond(p, s.log[p.position], last))
	}
}

func (s *floorServer) tick() {
	parked := s.parked
	s.parked = nil
	for _, p := range parked {
		if !p.closing {
			s.settle(p, s.respond(p, echoAnswer, false))
		}
	}
}

// settle closes a connection that was answered outside of its own read, if that is due.
func (s *floorServer) settle(p *peer, err error) {
	if s.conns[p.fd] == p && (err != nil || p.closing) {
		s.close(p)
	}
}

func newAnswer(body []byte, cursor int) answer {
	head := "HTTP/1.1 200 OK\r\nContent-Type: " + longpoll.ContentType + "\r\n" + longpoll.HeaderCursor + ": " + strconv.Itoa(cursor) +
		"\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n"
	return answer{keep: append([]byte(head+"\r\n"), body...), last: append([]byte(head+"Connection: close\r\n\r\n"), body...)}
}

// echoAnswer is as long as the answer to a poll.
var echoAnswer = newAnswer(longpoll.AppendNetstring(nil, bytes.Repeat([]byte{'x'}, payloadSize)), 0)

func (s *floorServer) count(p *peer) error {
	if !p.hidden {
		p.hidden = true
		s.open--
	}
	text := fmt.Sprintf("%d %d", s.open, s.answered)
	return writeAll(p.fd, fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(text), text))
}

// upgrade switches a connection to WebSocket (RFC 6455, section 4.2.2).
func (s *floorServer) upgrade(p *peer, head []byte, to role) error {
	const name = "\r\nsec-websocket-key: "
	at := bytes.Index(bytes.ToLower(head), []byte(name))
	if at < 0 {
		return errUnknown
	}
	key := head[at+len(name):]
	key = key[:bytes.IndexByte(key, '\r')]
	sum := sha1.Sum(append(append([]byte(nil), key...), "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"...))
	p.role = to
	return writeAll(p.fd, fmt.Appendf(nil, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
		base64.StdEncoding.EncodeToString(sum[:])))
}

// Opcodes of WebSocket frames (RFC 6455, section 5.2).
const (
	frameText  = 1
	frameClose = 8
	framePing  = 9
)

// frames handles every complete frame of data, answers all that are echoed with one write, and returns the rest.
func (s *floorServer) frames(p *peer, data []byte) (rest []byte, err error) {
	s.out = s.out[:0]
	for {
		op, payload, length := unmask(data)
		if length == 0 {
			break
		}
		data = data[length:]
		switch {
		case op == frameClose:
			p.closing = true
		case op == framePing:
		case p.role == rolePublish:
			err = errors.Join(err, s.publish(p, op, payload))
		default:
			s.answered++
			s.out = append(appendHeader(s.out, op, len(payload)), payload...)
		}
	}
	if len(s.out) > 0 {
		err = errors.Join(err, writeAll(p.fd, s.out))
	}
	return data, err
}

// publish appends a message, or says how many came.
func (s *floorServer) publish(p *peer, op byte, payload []byte) error {
	if op != frameText {
		p.published++
		s.append(append([]byte(nil), payload[bytes.IndexByte(payload, '\n')+1:]...))
		return nil
	}
	text, err := json.Marshal(api.Published{Published: p.published})
	if err != nil {
		return err
	}
	s.out = append(appendHeader(s.out, frameText, len(text)), text...)
	return nil
}

// unmask decodes the masked frame at the start of b in place. length is that of the frame, 0 while it is not complete; a frame beyond 64 KiB never is.
func unmask(b []byte) (op byte, payload []byte, length int) {
	if len(b) < 6 {
		return 0, nil, 0
	}
	header, size := 6, int(b[1]&0x7f)
	if size == 126 {
		header, size = 8, int(binary.BigEndian.Uint16(b[2:]))
	}
	if size == 127 || len(b) < header+size {
		return 0, nil, 0
	}
	key := b[header-4 : header : header]
	payload = b[header : header+size]
	for i := range payload {
		payload[i] ^= key[i&3]
	}
	return b[0] & 0x0f, payload, header + size
}

func appendHeader(b []byte, op byte, size int) []byte {
	if size < 126 {
		return append(b, 0x80|op, byte(size))
	}
	return binary.BigEndian.AppendUint16(append(b, 0x80|op, 126), uint16(size))
}
