package server

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"runtime/pprof"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkBroadcast sends one message at a time to all members of an audience in another process. p99-ms is the median
// of the rounds' p99, from the append to the receipt; cpu-µs/msg is this process's processor time per delivery.
//
// "raw" is the limit on this machine: write(2) of the same bytes to the same audience, in a loop on two threads, by a
// server that knows nothing of protocols. It must stand in the same run as what is compared with it.
//
//	go test ./server -run - -bench Broadcast -benchtime 40x -count 5
//	taskset -c 0 go test …      the server on one processor, as pushbench pins it
func BenchmarkBroadcast(b *testing.B) {
	for _, members := range []int{1000, 5000, 15_000} {
		b.Run(fmt.Sprintf("raw/clients=%d", members), func(b *testing.B) {
			raw := newRawBroadcaster(b, members)
			defer raw.close()
			broadcast(b, audience{raw.listener.Addr().String(), "raw", members}, raw.send, raw.connected)
		})
		for _, s := range served {
			b.Run(fmt.Sprintf("%s/clients=%d", s.name, members), func(b *testing.B) {
				f := start(b, Config{HTTP: s.http})
				tp, _ := f.hub.topic("t")
				send := func() { _ = f.publish(tp, stamped()) }
				broadcast(b, audience{f.Addr(), s.kind, members}, send, func() bool { return f.waiting(tp) == members })
			})
		}
	}
}

// served are the ways a message can be served. Upgraded connections are the same with both libraries.
var served = []struct {
	name, kind string
	http       Library
}{{"websocket", "websocket", NetHTTP}, {"longpoll", "longpoll", NetHTTP}, {"longpoll-fast", "longpoll", FastHTTP}}

// waiting counts the readers parked with a topic.
func (f *fixture) waiting(tp *topic) int {
	tp.mu.Lock()
	defer tp.mu.Unlock()
	return len(tp.parked)
}

// broadcast measures rounds of one message to all.
func broadcast(b *testing.B, a audience, send func(), ready func() bool) {
	seats := seat(b, a)
	defer seats.leave()
	awaitReady(ready)
	var p50, p99 []int64
	var cpu time.Duration
	b.ResetTimer()
	for b.Loop() {
		before := processorTime()
		send()
		times := seats.round(b)
		awaitReady(ready)
		cpu += processorTime() - before
		p50, p99 = append(p50, times.P50), append(p99, times.P99)
		time.Sleep(5 * time.Millisecond) // the receivers sleep between messages, as they do in life
	}
	b.ReportMetric(median(p50)/1e6, "p50-ms")
	b.ReportMetric(median(p99)/1e6, "p99-ms")
	b.ReportMetric(float64(cpu.Nanoseconds())/1e3/float64(a.Members*len(p99)), "cpu-µs/msg")
}

// awaitReady looks rarely, because looking costs the server's process time.
func awaitReady(ready func() bool) {
	for !ready() {
		time.Sleep(2 * time.Millisecond)
	}
}

func median(values []int64) float64 {
	slices.Sort(values)
	return float64(values[len(values)/2])
}

func processorTime() time.Duration {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &ts)
	return time.Duration(ts.Nano())
}

// seats are an audience's process.
type seats struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
}

func seat(b *testing.B, a audience) *seats {
	b.Helper()
	text, _ := json.Marshal(a)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), audienceEnv+"="+string(text))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	s := &seats{cmd, bufio.NewScanner(out)}
	if !s.lines.Scan() || s.lines.Text() != "ready" {
		b.Fatalf("the audience said %q", s.lines.Text())
	}
	return s
}

func (s *seats) round(b *testing.B) (times roundTimes) {
	b.Helper()
	if !s.lines.Scan() {
		b.Fatal("the audience has left")
	}
	if err := json.Unmarshal(s.lines.Bytes(), &times); err != nil {
		b.Fatal(err)
	}
	return times
}

func (s *seats) leave() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// rawBroadcaster writes to sockets, nothing else.
type rawBroadcaster struct {
	listener net.Listener
	want     int
	mu       sync.Mutex
	files    []*os.File
}

// rawThreads is how many threads write.
const rawThreads = 2

func newRawBroadcaster(b *testing.B, want int) *rawBroadcaster {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	r := &rawBroadcaster{listener: l, want: want}
	go r.accept()
	return r
}

func (r *rawBroadcaster) accept() {
	for range r.want {
		conn, err := r.listener.Accept()
		if err != nil {
			return
		}
		file, _ := conn.(*net.TCPConn).File()
		_ = conn.Close()
		r.mu.Lock()
		r.files = append(r.files, file)
		r.mu.Unlock()
	}
}

func (r *rawBroadcaster) connected() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.files) == r.want
}

func (r *rawBroadcaster) send() {
	frame := append([]byte{0x82, payloadBytes}, stamped()...)
	var writers sync.WaitGroup
	for part := range slices.Chunk(r.files, (len(r.files)+rawThreads-1)/rawThreads) {
		writers.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			for _, f := range part {
				_, _ = syscall.Write(int(f.Fd()), frame)
			}
		})
	}
	writers.Wait()
}

func (r *rawBroadcaster) close() {
	_ = r.listener.Close()
	for _, f := range r.files {
		_ = f.Close()
	}
}

// BenchmarkIdle holds 10,000 clients that wait, and reports what each costs this process: rss-B is the growth of resident
// memory since before they connected, garbage included; trimmed-B what is left of it after a collection; heap-B and
// stack-B the live parts.
func BenchmarkIdle(b *testing.B) {
	const members = 10_000
	for _, served := range served {
		b.Run(served.name, func(b *testing.B) {
			for b.Loop() {
				f := start(b, Config{HTTP: served.http})
				tp, _ := f.hub.topic("t")
				debug.FreeOSMemory()
				before := readMemory()
				s := seat(b, audience{f.Addr(), served.kind, members})
				awaitReady(func() bool { return f.waiting(tp) == members })
				time.Sleep(200 * time.Millisecond)
				rss := readMemory().rss
				debug.FreeOSMemory()
				after := readMemory()
				for name, n := range map[string]int64{
					"rss": rss - before.rss, "trimmed": after.rss - before.rss, "heap": after.heap - before.heap, "stack": after.stack - before.stack,
				} {
					b.ReportMetric(float64(n)/members, name+"-B/client")
				}
				if profile := os.Getenv("PUSHBENCH_TEST_HEAP"); profile != "" {
					writeHeapProfile(b, profile+"-"+served.name)
				}
				s.leave()
			}
		})
	}
}

func writeHeapProfile(b *testing.B, name string) {
	file, err := os.Create(name)
	if err == nil {
		err = pprof.WriteHeapProfile(file)
	}
	if err != nil {
		b.Error(err)
	}
}

type memory struct{ rss, heap, stack int64 }

func readMemory() memory {
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(samples)
	return memory{*processRSS(), int64(samples[0].Value.Uint64()), int64(samples[1].Value.Uint64())}
}
