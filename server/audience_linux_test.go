package server

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// audience is the receiving end of the benchmarks: a process of its own with one epoll loop, so that receiving costs the
// server's process nothing and each server the same. It runs on the processors that its parent does not use, if the
// parent was bound to some (taskset -c 0 go test …).
//
// It prints "ready" when all members are connected, and for each message that all have received a roundTimes, as JSON.
type audience struct {
	Addr    string
	Kind    string // raw, websocket or longpoll
	Members int
}

// roundTimes are the times from a message's stamp to its receipts, in nanoseconds.
type roundTimes struct{ P50, P99, Max int64 }

const audienceEnv = "PUSHBENCH_TEST_AUDIENCE"

func init() {
	asAudience = func() {
		text := os.Getenv(audienceEnv)
		if text == "" {
			return
		}
		var a audience
		err := json.Unmarshal([]byte(text), &a)
		if err == nil {
			err = a.run()
		}
		fmt.Fprintln(os.Stderr, "audience:", err)
		os.Exit(1)
	}
}

// member is one client.
type member struct {
	fd  int
	buf []byte // received, not yet understood
}

// stampedFrame is a message as both the raw broadcaster and a WebSocket carry it: two bytes of frame header, the stamp,
// padding.
const (
	payloadBytes = 64
	stampedFrame = 2 + payloadBytes
)

func (a *audience) run() error {
	leaveParentsProcessors()
	epoll, err := unix.EpollCreate1(0)
	if err != nil {
		return err
	}
	members := make(map[int32]*member, a.Members)
	for range a.Members {
		m, err := a.connect()
		if err != nil {
			return err
		}
		members[int32(m.fd)] = m
		if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, m.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(m.fd)}); err != nil {
			return err
		}
	}
	fmt.Println("ready")
	return a.listen(epoll, members)
}

// leaveParentsProcessors binds this process to the processors its parent is not bound to, if any.
func leaveParentsProcessors() {
	var all, mine unix.CPUSet
	if unix.SchedGetaffinity(0, &mine) != nil || unix.SchedGetaffinity(1, &all) != nil {
		return
	}
	for cpu := range 1024 {
		if mine.IsSet(cpu) {
			all.Clear(cpu)
		}
	}
	if all.Count() > 0 {
		threads, _ := os.ReadDir("/proc/self/task")
		for _, t := range threads {
			var tid int
			_, _ = fmt.Sscan(t.Name(), &tid)
			_ = unix.SchedSetaffinity(tid, &all)
		}
	}
}

func (a *audience) connect() (*member, error) {
	addr := netip.MustParseAddrPort(a.Addr)
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return nil, err
	}
	m := &member{fd: fd}
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}); err != nil {
		return nil, err
	}
	switch a.Kind {
	case "websocket":
		_, err = m.exchange("GET /ws?topic=t HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + browserHeaders)
	case "longpoll":
		var head string
		if head, err = m.exchange("GET /poll?topic=t HTTP/1.1\r\n" + browserHeaders); err == nil {
			err = m.poll([]byte(head))
		}
	}
	return m, err
}

// browserHeaders is what a browser sends with a request, more or less, and the end of the header.
var browserHeaders = "Host: 127.0.0.1:8080\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n" +
	"sec-ch-ua: \"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\"\r\nsec-ch-ua-mobile: ?0\r\nsec-ch-ua-platform: \"Linux\"\r\n" +
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n" +
	"Accept: */*\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n" +
	"Referer: http://127.0.0.1:8080/\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9\r\n" +
	"Cookie: session=" + strings.Repeat("c", 182) + "\r\n\r\n"

// exchange sends a request and returns the head of its answer, which has no body.
func (m *member) exchange(request string) (string, error) {
	if _, err := unix.Write(m.fd, []byte(request)); err != nil {
		return "", err
	}
	buf := make([]byte, 4096)
	for n := 0; ; {
		k, err := unix.Read(m.fd, buf[n:])
		if err != nil || k == 0 {
			return "", fmt.Errorf("answer to a handshake: %q, %w", buf[:n], err)
		}
		if n += k; bytes.HasSuffix(buf[:n], []byte("\r\n\r\n")) {
			return string(buf[:n]), nil
		}
	}
}

// poll sends the poll that follows an answer.
func (m *member) poll(head []byte) error {
	_, after, ok := bytes.Cut(head, []byte("Push-Cursor: "))
	cursor, _, _ := bytes.Cut(after, []byte("\r\n"))
	if !ok {
		return fmt.Errorf("no cursor in %q", head)
	}
	request := append([]byte("GET /poll?topic=t&hold=60s&cursor="), cursor...)
	request = append(append(request, " HTTP/1.1\r\n"...), browserHeaders...)
	_, err := unix.Write(m.fd, request)
	return err
}

func (a *audience) listen(epoll int, members map[int32]*member) error {
	events := make([]unix.EpollEvent, 1024)
	scratch := make([]byte, 64<<10)
	times := make([]int64, 0, a.Members)
	for {
		n, err := unix.EpollWait(epoll, events, -1)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		for _, e := range events[:n] {
			m := members[e.Fd]
			k, err := unix.Read(m.fd, scratch)
			if err != nil || k == 0 {
				return fmt.Errorf("connection ended: %w", err)
			}
			m.buf = append(m.buf, scratch[:k]...)
			if times, err = a.understand(m, times); err != nil {
				return err
			}
			if len(times) == a.Members {
				times = report(times)
			}
		}
	}
}

// understand takes whole messages off what m has received.
func (a *audience) understand(m *member, times []int64) ([]int64, error) {
	for {
		stamp, used, err := a.next(m)
		if used == 0 || err != nil {
			return times, err
		}
		times = append(times, nanotime()-stamp)
		m.buf = m.buf[:copy(m.buf, m.buf[used:])]
	}
}

func (a *audience) next(m *member) (stamp int64, used int, err error) {
	if a.Kind != "longpoll" {
		if len(m.buf) < stampedFrame {
			return 0, 0, nil
		}
		return readStamp(m.buf[2:]), stampedFrame, nil
	}
	head, body, ok := bytes.Cut(m.buf, []byte("\r\n\r\n"))
	if whole := len("64:,") + payloadBytes; !ok || len(body) < whole {
		return 0, 0, nil
	}
	return readStamp(body[3:]), len(m.buf), m.poll(head)
}

func report(times []int64) []int64 {
	slices.Sort(times)
	line, _ := json.Marshal(roundTimes{times[len(times)/2], times[len(times)*99/100], times[len(times)-1]})
	fmt.Println(string(line))
	return times[:0]
}

// nanotime is a clock both processes share.
func nanotime() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return ts.Nano()
}

// stamped is a payload that says when it was made.
func stamped() []byte {
	payload := make([]byte, payloadBytes)
	binary.LittleEndian.PutUint64(payload, uint64(nanotime()))
	return payload
}

func readStamp(b []byte) int64 { return int64(binary.LittleEndian.Uint64(b)) }
