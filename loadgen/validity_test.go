package loadgen

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pushbench/results"
)

func TestJudge(t *testing.T) {
	const ms = int64(time.Millisecond)
	lag := func(lag, latency int64) results.Measured {
		return results.Measured{Lag: &results.Summary{P99: lag}, Latency: &results.Summary{P99: latency}}
	}
	generator := func(g results.Generator) results.Measured {
		return results.Measured{Generator: g, Latency: &results.Summary{P99: 10 * ms}}
	}
	for name, test := range map[string]struct {
		m       results.Measured
		early   bool
		want    string // code, "" for none
		invalid bool
		text    string
	}{
		"nothing measured":                   {},
		"lag at its floor":                   {m: lag(ms, ms)},
		"lag above its floor":                {m: lag(ms+1, ms), want: "lag", invalid: true},
		"lag at a tenth of the latency":      {m: lag(5*ms, 50*ms)},
		"lag above a tenth of the latency":   {m: lag(5*ms+1, 50*ms), want: "lag", invalid: true},
		"lag without any latency":            {m: results.Measured{Lag: &results.Summary{P99: 2 * ms}}, want: "lag", invalid: true},
		"lag in three digits":                {m: lag(2345678, ms), want: "lag", invalid: true, text: "lag p99 2.35ms, more than 1ms"},
		"one sample unrecorded":              {m: generator(results.Generator{Unrecorded: 1}), want: "unrecorded", invalid: true},
		"rate at its bound":                  {m: generator(results.Generator{OfferedRate: 100, AchievedRate: 99})},
		"rate below its bound":               {m: generator(results.Generator{OfferedRate: 100, AchievedRate: 98.9}), want: "rate", invalid: true},
		"rate of a round that ended early":   {m: generator(results.Generator{OfferedRate: 100, AchievedRate: 20}), early: true},
		"cores at their bound":               {m: generator(results.Generator{CPUShare: new(0.95)})},
		"cores above their bound":            {m: generator(results.Generator{CPUShare: new(0.951), Cores: 2}), want: "saturated", invalid: true, text: "95 % of its 2 core(s)"},
		"half of the latency its own":        {m: generator(results.Generator{SchedLatencyP99: new(5 * ms)})},
		"more than half of latency its own":  {m: generator(results.Generator{SchedLatencyP99: new(5*ms + 1)}), want: "own_queue"},
		"emulated network late at its floor": {m: generator(results.Generator{NetworkLateP99: new(ms)})},
		"emulated network above its floor":   {m: generator(results.Generator{NetworkLateP99: new(ms + 1)}), want: "network_late"},
		"own queue without any latency":      {m: results.Measured{Generator: results.Generator{SchedLatencyP99: new(5 * ms)}}},
		"a slow server that loses messages":  {m: results.Measured{Latency: &results.Summary{P99: 9e9}, SendDelay: &results.Summary{P99: 9e9}, Delivery: results.Delivery{Missed: 5, Errors: map[string]int64{"connection": 3}}}},
		"a server that used all of its time": {m: results.Measured{Server: &results.Server{CPUShare: new(1.0)}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := judge(test.m, !test.early)
			var codes []string
			for _, w := range got {
				codes = append(codes, w.Code)
			}
			if want := slices.DeleteFunc([]string{test.want}, func(s string) bool { return s == "" }); !slices.Equal(codes, want) {
				t.Fatalf("warnings %v, want %v", got, want)
			}
			if invalid := verdict(got) == results.Invalid; invalid != test.invalid {
				t.Errorf("invalid is %v, want %v", invalid, test.invalid)
			}
			if test.text != "" && !strings.Contains(got[0].Text, test.text) {
				t.Errorf("the text is %q, want %q in it", got[0].Text, test.text)
			}
		})
	}
}

func TestBrief(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 999: "999ns", 1234: "1.23µs", 1235: "1.24µs", 98765: "98.8µs", 9999999: "10ms", 16723456: "16.7ms",
		1234567890: "1.23s", 72 * time.Second: "1m12s", -1234567: "-1.23ms",
	} {
		if got := brief(d).String(); got != want {
			t.Errorf("%d ns read %s, want %s", d, got, want)
		}
	}
}
