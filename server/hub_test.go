package server

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pushbench/longpoll"
)

// The log against the simplest model there is: a slice of everything, and the rule
// of which suffix of it is kept.
func TestTopicAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limits := logLimits{
			messages: rapid.IntRange(1, 20).Draw(t, "messages"),
			bytes:    rapid.Int64Range(8, 60).Draw(t, "bytes"),
			payload:  8,
		}
		tp := &topic{limits: &limits}
		m := &logModel{limits: limits}
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				p := rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, "payload")
				if got, want := tp.append(p), m.append(p); !errors.Is(got, want) {
					t.Fatalf("append: %v, want %v", got, want)
				}
			},
			"read": func(t *rapid.T) {
				from := rapid.Uint64Range(0, uint64(len(m.all))).Draw(t, "from")
				limit := readLimit{rapid.IntRange(1, 8).Draw(t, "max"), rapid.IntRange(0, 30).Draw(t, "bytes")}
				var got batch
				tp.read(from, limit, &got)
				m.check(t, from, limit, &got)
			},
			"": func(t *rapid.T) {
				if tp.end() != uint64(len(m.all)) || tp.count != len(m.all)-m.first || tp.bytes != m.bytes() {
					t.Fatalf("log holds %d messages of %d bytes up to %d; want %d, %d, %d",
						tp.count, tp.bytes, tp.end(), len(m.all)-m.first, m.bytes(), len(m.all))
				}
			},
		})
	})
}

type logModel struct {
	limits logLimits
	all    [][]byte
	first  int // all[first:] is kept
}

func (m *logModel) bytes() (n int64) {
	for _, p := range m.all[m.first:] {
		n += int64(len(p))
	}
	return n
}

func (m *logModel) append(p []byte) error {
	if len(p) > m.limits.payload {
		return errPayload
	}
	m.all = append(m.all, bytes.Clone(p))
	for len(m.all)-m.first > m.limits.messages || m.bytes() > m.limits.bytes {
		m.first++
	}
	return nil
}

func (m *logModel) check(t *rapid.T, from uint64, limit readLimit, got *batch) {
	start := max(int(from), m.first)
	end, size := start, 0
	for end < len(m.all) && end-start < limit.messages && (end == start || size < limit.bytes) {
		size += len(m.all[end])
		end++
	}
	if got.missed != uint64(start)-from || got.start != uint64(start) || got.next != uint64(end) {
		t.Fatalf("read from %d: missed %d, [%d,%d); want %d, [%d,%d)", from, got.missed, got.start, got.next, uint64(start)-from, start, end)
	}
	if len(got.messages) != end-start {
		t.Fatalf("read %d messages, want %d", len(got.messages), end-start)
	}
	for i, p := range got.messages {
		if !bytes.Equal(p, m.all[start+i]) {
			t.Fatalf("message %d is %q, want %q", start+i, p, m.all[start+i])
		}
	}
}

func TestAppendCopies(t *testing.T) {
	tp := testTopic(t)
	p := []byte("before")
	if err := tp.append(p); err != nil {
		t.Fatal(err)
	}
	copy(p, "after!")
	var b batch
	tp.read(0, drainLimit, &b)
	if string(b.messages[0]) != "before" {
		t.Errorf("the log holds %q: it shares the publisher's buffer", b.messages[0])
	}
}

func testTopic(t testing.TB) *topic {
	h := newHub(logLimits{messages: 1 << 14, bytes: 16 << 20, payload: 1 << 20}, 100)
	tp, err := h.topic("a")
	if err != nil {
		t.Fatal(err)
	}
	return tp
}

func TestHubTopics(t *testing.T) {
	h := newHub(logLimits{messages: 1, bytes: 1, payload: 1}, 2)
	a, err := h.topic("a")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := h.topicBytes([]byte("a")); err != nil || again != a {
		t.Errorf("the same name gave another topic (%v)", err)
	}
	for _, bad := range []string{"", "a b", "a\n", "\x7f", "é", strings.Repeat("x", maxTopicName+1)} {
		if _, err := h.topic(bad); !errors.Is(err, errTopicName) {
			t.Errorf("topic %q: %v, want errTopicName", bad, err)
		}
	}
	if _, err := h.topicBytes([]byte(strings.Repeat("~", maxTopicName))); err != nil {
		t.Error(err)
	}
	if _, err := h.topic("third"); !errors.Is(err, errTopicCount) {
		t.Errorf("a topic too many: %v", err)
	}
	if h.epoch == newHub(h.limits, 1).epoch {
		t.Error("two hubs have the same epoch")
	}
}

// flag is a reader that notes how often it was woken.
type flag struct {
	waiter
	woken int
}

func newFlag() *flag       { f := new(flag); f.reader = f; return f }
func (f *flag) wake()      { f.woken++ }
func (f *flag) w() *waiter { return &f.waiter }

func TestParkAndUnpark(t *testing.T) {
	tp := testTopic(t)
	flags := []*flag{newFlag(), newFlag(), newFlag()}
	for _, f := range flags {
		if !tp.park(f.w(), 0) {
			t.Fatal("an empty log did not let a reader park")
		}
	}
	if !tp.unpark(flags[0].w()) || tp.unpark(flags[0].w()) {
		t.Error("unpark must succeed once")
	}
	_ = tp.append(nil)
	_ = tp.append(nil)
	for i, want := range []int{0, 1, 1} {
		if flags[i].woken != want {
			t.Errorf("reader %d was woken %d times, want %d", i, flags[i].woken, want)
		}
	}
	if tp.unpark(flags[1].w()) {
		t.Error("a woken reader was still parked")
	}
	if tp.park(flags[1].w(), 1) {
		t.Error("a reader with something to read was parked")
	}
}

// No wake may be lost between looking and parking: readers that only ever wait
// must see every message.
func TestParkedReadersSeeAll(t *testing.T) {
	const readers, messages = 8, 500
	tp := testTopic(t)
	var wg sync.WaitGroup
	for range readers {
		wg.Go(func() {
			p := newParker()
			for pos := uint64(0); pos < messages; {
				if p.wait(tp, pos, time.Minute, stopper{}) != grew {
					t.Error("a wake was lost")
					return
				}
				var b batch
				tp.read(pos, readLimit{1, 1}, &b)
				pos = b.next
			}
		})
	}
	for range messages {
		_ = tp.append([]byte("x"))
	}
	wg.Wait()
	if len(tp.parked) != 0 {
		t.Errorf("%d readers are still parked", len(tp.parked))
	}
}

func TestReadAllocatesNothing(t *testing.T) {
	tp := testTopic(t)
	for range 10 {
		_ = tp.append([]byte("x"))
	}
	b := batch{messages: make([][]byte, 0, 16)}
	f := newFlag()
	if n := testing.AllocsPerRun(100, func() {
		tp.read(0, drainLimit, &b)
		b.reset()
		tp.park(f.w(), 10)
		tp.unpark(f.w())
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func BenchmarkAppend(b *testing.B) {
	tp := testTopic(b)
	payload := make([]byte, 128)
	b.ReportAllocs()
	for b.Loop() {
		_ = tp.append(payload)
	}
}

func BenchmarkRead(b *testing.B) {
	tp := testTopic(b)
	for range 64 {
		_ = tp.append(make([]byte, 128))
	}
	for _, n := range []int{1, 64} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var bt batch
			b.ReportAllocs()
			for b.Loop() {
				tp.read(0, readLimit{n, 1 << 20}, &bt)
				bt.reset()
			}
		})
	}
}

func BenchmarkTopicLookup(b *testing.B) {
	h := newHub(logLimits{}, 10_000)
	for i := range 10_000 {
		_, _ = h.topic(fmt.Sprint("user-", i))
	}
	name := []byte("user-1234")
	b.ReportAllocs()
	for b.Loop() {
		_, _ = h.topicBytes(name)
	}
}

// BenchmarkWakeStyles compares, for one append that wakes 1,000 readers, a
// goroutine started for each with a goroutine parked for each. It stands behind
// the choice in the package doc: both take about the same time, and
// parking costs a stack for every idle reader.
func BenchmarkWakeStyles(b *testing.B) {
	const readers = 1000
	b.Run("started", func(b *testing.B) {
		tp := testTopic(b)
		var done sync.WaitGroup
		all := make([]*starter, readers)
		for i := range all {
			all[i] = &starter{done: &done}
			all[i].reader = all[i]
		}
		b.ReportAllocs()
		for b.Loop() {
			for _, s := range all {
				tp.park(&s.waiter, tp.next)
			}
			done.Add(readers)
			_ = tp.append(nil)
			done.Wait()
		}
	})
	b.Run("parked", func(b *testing.B) {
		tp := testTopic(b)
		var done, ready, ended sync.WaitGroup
		stop := make(chan struct{})
		ready.Add(readers)
		for range readers {
			ended.Go(func() {
				p := newParker()
				for pos := uint64(0); ; pos++ {
					tp.park(&p.waiter, pos)
					if pos > 0 {
						done.Done()
					} else {
						ready.Done()
					}
					select {
					case <-p.woken:
					case <-stop:
						return
					}
				}
			})
		}
		ready.Wait()
		b.ReportAllocs()
		for b.Loop() {
			done.Add(readers)
			_ = tp.append(nil)
			done.Wait()
		}
		close(stop)
		ended.Wait()
	})
}

type starter struct {
	waiter
	done *sync.WaitGroup
}

func (s *starter) wake() { go s.done.Done() }

// Two servers must send the same number of bytes, or a comparison of bytes would alarm on identical code.
func TestEveryEpochHasTheSameLength(t *testing.T) {
	want := len(longpoll.Cursor{Epoch: 1 << 47}.String())
	for range 10_000 { // of free numbers of 48 bits, a third would be shorter
		if e := randomEpoch(); len(longpoll.Cursor{Epoch: e}.String()) != want {
			t.Fatalf("epoch %d makes a cursor of %q, want %d characters", e, longpoll.Cursor{Epoch: e}, want)
		}
	}
	if highest := len(longpoll.Cursor{Epoch: 1<<48 - 1}.String()); highest != want {
		t.Errorf("the highest epoch makes %d characters, the lowest %d", highest, want)
	}
}
