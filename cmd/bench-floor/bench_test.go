//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"pushbench/loadgen"
	"pushbench/loadgen/target"
	"pushbench/scenarios"
)

// TestMain lets this program start itself, as the command does.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == wordServe || os.Args[1] == wordClient) {
		main()
		return
	}
	os.Exit(m.Run())
}

func testBench(t *testing.T) *bench {
	b, err := newBench(options{rounds: 1, window: 300 * time.Millisecond, idle: 100, tools: false})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(b.folder) })
	return b
}

// TestEveryContenderIsMeasured runs the real processes, few connections each.
func TestEveryContenderIsMeasured(t *testing.T) {
	b := testBench(t)
	// Each has two processes that want a core: more at a time and one may not get a turn within its window.
	turns := make(chan struct{}, 2)
	for _, e := range b.entries() {
		t.Run(e.workload.key+"/"+e.name, func(t *testing.T) {
			t.Parallel()
			turns <- struct{}{}
			defer func() { <-turns }()
			small := *e.workload
			small.connections = 20
			e.workload = &small
			s, err := b.measure(t.Context(), e)
			if err != nil {
				t.Fatal(err)
			}
			if s.value(&small) <= 0 {
				t.Errorf("it cost nothing: %+v", s)
			}
			if e.engine() && !small.memory && s.Checked == 0 {
				t.Error("no message was held to account")
			}
			if small.timed && s.P99 <= 0 {
				t.Error("it says no p99")
			}
		})
	}
}

// From the socket to the recorder nothing may be allocated for a message: what is allocated meanwhile must not grow with the messages.
func TestNoAllocationFromSocketToRecorder(t *testing.T) {
	for _, c := range []struct {
		name      string
		transport scenarios.Transport
		shape     func(job) scenarios.Scenario
	}{
		{"websocket", scenarios.WebSocket, echoScheduled(10_000)},
		{"longpoll", scenarios.LongPoll, func(j job) scenarios.Scenario {
			s := pollsParked(j)
			s.Rate = 200
			return s
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			messages, allocations := allocationsOf(t, c.transport, c.shape)
			t.Logf("%d allocations while %d messages were delivered", allocations, messages)
			if messages < 5000 {
				t.Fatalf("%d messages are too few to tell", messages)
			}
			if float64(allocations) > 0.05*float64(messages) { // one for each message would be all of them; the runtime and the race detector make some of their own
				t.Errorf("%d allocations while %d messages were delivered, want next to none", allocations, messages)
			}
		})
	}
}

// allocationsOf counts between the first and the last report of the steady phase.
func allocationsOf(t *testing.T, transport scenarios.Transport, shape func(job) scenarios.Scenario) (messages, allocations int64) {
	b := testBench(t)
	r, err := b.startServer(t.Context(), &workload{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.stop()
	j := job{addr: r.addr, connections: 50, span: 1500 * time.Millisecond}
	plan := loadgen.Plan{Transport: transport, Client: loadgen.Lean, Scenario: shape(j), Seed: 1, Server: loadgen.ServerInfo{URL: "http://" + j.addr.String()}}
	to, err := target.New(plan)
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	var first, last struct{ delivered, mallocs int64 }
	_, err = loadgen.Round(t.Context(), plan, to, func(p loadgen.Progress) {
		if p.Phase != "steady" || p.Elapsed < 300*time.Millisecond {
			return
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		last.delivered, last.mallocs = p.Delivered, int64(m.Mallocs)
		if first.mallocs == 0 {
			first = last
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return last.delivered - first.delivered, last.mallocs - first.mallocs
}

func TestUnmask(t *testing.T) {
	frame := append(maskedFrame(), 0x82)
	frame = append(frame[:6:6], frame[6:]...)
	want := []byte{'x' ^ 1, 'x' ^ 2, 'x' ^ 3, 'x' ^ 4}
	op, payload, length := unmask(frame)
	if op != 2 || len(payload) != payloadSize || !bytes.Equal(payload[:4], want) || length != 6+payloadSize {
		t.Errorf("unmask: opcode %d, %d bytes %x, length %d", op, len(payload), payload[:4], length)
	}
	for n := range 6 + payloadSize {
		if _, _, length := unmask(maskedFrame()[:n]); length != 0 {
			t.Errorf("%d bytes of a frame are taken for a whole one", n)
		}
	}
}

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   spread
	}{
		{nil, spread{}},
		{[]float64{3}, spread{3, 3, 3}},
		{[]float64{9, 1, 2}, spread{2, 1, 9}},
		{[]float64{4, 1, 2, 9}, spread{3, 1, 9}},
	} {
		if got := spreadOf(c.values); got != c.want {
			t.Errorf("%v: %v, want %v", c.values, got, c.want)
		}
	}
}

// Ratios are taken within a round: a machine that was slow in one must not show in them.
func TestRatiosAreOfOneRound(t *testing.T) {
	var r report
	for round, drift := range []float64{1, 10, 100} {
		r.Samples = append(r.Samples,
			sample{Workload: "parked", Contender: nameFloor, Round: round, CPUPerMessage: 1000 * drift},
			sample{Workload: "parked", Contender: nameOurs, Round: round, CPUPerMessage: 2000 * drift})
	}
	rows := r.rows(findWorkload("parked"))
	if len(rows) != 2 || rows[0].ratio != (spread{2, 2, 2}) || rows[0].value.median != 10 || rows[1].ratio != (spread{}) {
		t.Errorf("rows %+v", rows)
	}
	for _, line := range strings.Split(r.text(), "\n") {
		if n := len([]rune(line)); n > 80 {
			t.Errorf("%d characters: %s", n, line)
		}
	}
}

func TestP99OfTools(t *testing.T) {
	for _, c := range []struct {
		read   func(string) (time.Duration, error)
		output string
		want   time.Duration
	}{
		{tcpkaliP99, "Message latency at percentiles: 1.4 ms (99%)\n", 1400 * time.Microsecond},
		{k6P99, "p99_ms 195.5\n", 195500 * time.Microsecond},
	} {
		if got, err := c.read(c.output); err != nil || got != c.want {
			t.Errorf("%q: %v, %v", c.output, got, err)
		}
		if _, err := c.read("nothing"); err == nil {
			t.Error("a p99 was read where there is none")
		}
	}
}

func TestToolsCommandLines(t *testing.T) {
	folder := t.TempDir()
	for _, w := range workloads {
		for _, tool := range w.tools {
			words, err := tool.args(toolJob{job{connections: 7, span: 1500 * time.Millisecond}, folder})
			if err != nil || !strings.Contains(strings.Join(words, " "), "7") {
				t.Errorf("%s: %q, %v", tool.program, words, err)
			}
		}
	}
	script, err := os.ReadFile(filepath.Join(folder, "script.js"))
	if err != nil || bytes.Contains(script, []byte("ADDRESS")) {
		t.Errorf("k6's script: %v\n%s", err, script)
	}
}

func TestBadUsage(t *testing.T) {
	for _, args := range [][]string{{"--rounds", "0"}, {"--only", "nothing"}, {"--window", "1h"}, {"surplus"}, {"--nothing"}} {
		if err := run(context.Background(), args); !errors.Is(err, errUsage) {
			t.Errorf("%q: %v, want a usage error", args, err)
		}
	}
}

func TestJSONHoldsEverySample(t *testing.T) {
	var out bytes.Buffer
	r := report{Samples: []sample{{Workload: "parked", Contender: nameOurs, CPUPerMessage: 5, outcome: outcome{P99: 7}}}}
	if err := (options{json: true}).print(&out, r); err != nil {
		t.Fatal(err)
	}
	var back report
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || len(back.Samples) != 1 || back.Samples[0] != r.Samples[0] || back.Schema != 1 {
		t.Errorf("%v: %+v", err, back)
	}
}
