package finding

import (
	"strings"
	"testing"
	"time"

	"pushbench/report"
	"pushbench/results"
	"pushbench/scenarios"
)

// overValues is a run with the first two golden arms at each value of a parameter; change may alter a cell by the value's index and the arm's.
func overValues(path string, values []string, figures []scenarios.Figure, change func(c *results.Cell, value, arm int)) *results.Run {
	run := runOf(figures)
	run.Scenarios[0].Sweep = scenarios.Sweep{{Parameter: path, Values: values}}
	for i, value := range values {
		for j, a := range golden()[:2] {
			a.params = map[string]string{path: value}
			c := a.cell()
			change(&c, i, j)
			run.Cells = append(run.Cells, c)
		}
	}
	return run
}

func lasting(d time.Duration) *results.Summary {
	return &results.Summary{Count: 9000, Independent: 9000, P50: int64(d / 2), P99: int64(d)}
}

func TestSweptQuestions(t *testing.T) {
	for name, c := range map[string]struct {
		run   *results.Run
		want  []string
		trust report.FindingTrust
	}{
		"opening": {
			overValues("tls", []string{"off", "tls1.3"}, []scenarios.Figure{scenarios.AnswerOpening}, func(c *results.Cell, value, arm int) {
				rate, cpu := float64(4000/(value+1)), 1e5
				c.Opening = &results.Opening{PerSession: &results.OpeningCost{Bytes: float64(800 * (value + 1)), ServerCPU: &cpu}, PerSecond: &rate}
			}),
			[]string{
				"From no encryption to TLS 1.3, opening a session took 800 B → 1.60 kB over a WebSocket and 800 B → 1.60 kB with long-polling; " +
					"sessions were opened at 4000 a second → 2000 a second over a WebSocket",
			},
			report.NoInterval,
		},
		"churn, of which there is none at first": {
			overValues("churn.share", []string{"0", "0.1"}, []scenarios.Figure{scenarios.AnswerJoin, scenarios.AnswerLost}, func(c *results.Cell, value, arm int) {
				if value > 0 {
					c.Attendance = &results.Attendance{Join: lasting(18 * ms)}
				}
			}),
			[]string{
				"With 0% to 10% of the users exchanged each second, p99 of coming was 18.0 ms over a WebSocket and 18.0 ms with long-polling (no interval); nobody missed a message; " +
					"server CPU per message was 18.3 µs over a WebSocket",
			},
			report.NoInterval,
		},
		"slow readers": {
			overValues("slow.share", []string{"0", "0.2"}, []scenarios.Figure{scenarios.AnswerLatency}, func(c *results.Cell, value, arm int) {
				if value > 0 {
					c.Slow = &results.SlowReaders{Clients: 20, Expected: 1600, Delivered: 600, Latency: lasting(2610 * ms)}
				}
			}),
			[]string{
				"With 0% to 20% slow readers, p99 of the others was 20.6 ms over a WebSocket and 29.4 ms",
				"; slow readers' own p99 was 2.61 s over a WebSocket (37.5 % delivered) and 2.61 s with long-polling (37.5 %)",
			},
			report.Firm,
		},
		"transits": {
			overValues("network.delay", []string{"10ms", "100ms"}, []scenarios.Figure{scenarios.AnswerLatency}, func(c *results.Cell, value, arm int) {
				c.Latency = lasting(time.Duration(1+2*arm) * 100 * ms)
			}),
			[]string{"With users 10ms to 100ms away, p99 was ", "; that is at last 1.00 transits of 100ms over a WebSocket and 3.00 with long-polling."},
			report.NoInterval,
		},
		"recovery": {
			overValues("reconnect.jitter", []string{"full", "none"}, []scenarios.Figure{scenarios.AnswerRecovery}, func(c *results.Cell, value, arm int) {
				c.Recovery = &results.Recovery{Clients: 100, Back: 100, Full: new(int64(2e9)), ServerCPU: new(int64(700e6)), Total: lasting(time.Second)}
			}),
			[]string{"From random waits to equal waits, the server's CPU until all were back was 700 ms over a WebSocket and 700 ms with long-polling; the time until all were back was 2.00 s"},
			report.NoInterval,
		},
		"more processors than there are": {
			overValues("server.procs", []string{"1", "4"}, []scenarios.Figure{scenarios.AnswerLatency}, func(c *results.Cell, value, arm int) {
				c.Server = &results.Server{Cores: 1, Procs: 1 + 3*value}
			}),
			[]string{"With a server on 1 to 4 processors, p99 was ", "; the server could use 1 processor: told to run on more, its threads took turns."},
			report.TookTurns,
		},
	} {
		f := Of(c.run)[0]
		for _, want := range c.want {
			if !strings.Contains(f.Sentence, want) || f.Trust != c.trust {
				t.Errorf("%s: %s (%s)\nlacks %s (%s)", name, f.Sentence, f.Trust, want, c.trust)
			}
		}
	}
}

// TestAlternatives: HTTP/1.1 is held against HTTP/2 whatever else is swept, and what there is no alternative for says so once.
func TestAlternatives(t *testing.T) {
	run := runOf([]scenarios.Figure{scenarios.AnswerOverhead, scenarios.AnswerServerCPU})
	run.Scenarios[0].Sweep = scenarios.Sweep{{Parameter: "tls", Values: []string{"off", "tls1.3"}}, {Parameter: "http", Values: []string{"http/1.1", "h2"}}}
	for i, tls := range run.Scenarios[0].Sweep[0].Values {
		for j, http := range run.Scenarios[0].Sweep[1].Values {
			for _, a := range golden()[j:2] { // no WebSocket over HTTP/2
				a.overhead, a.params = 1000/float64(1+3*j)+float64(i), map[string]string{"tls": tls, "http": http}
				run.Cells = append(run.Cells, a.cell())
			}
		}
	}
	want := "From HTTP/1.1 to HTTP/2, with no encryption the overhead of a message was 1.00 kB over a WebSocket (HTTP/1.1 only) and 1.00 kB → 250 B with long-polling; " +
		"with TLS 1.3 1.00 kB over a WebSocket (HTTP/1.1 only) and 1.00 kB → 251 B with long-polling; server CPU per message was 37.3 µs with long-polling (no interval)."
	if f := Of(run)[0]; f.Sentence != want || f.Trust != report.NoInterval {
		t.Errorf("got  %s (%s)\nwant %s", f.Sentence, f.Trust, want)
	}
}
