package scenarios

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseThreshold(t *testing.T) {
	for text, want := range map[string]Threshold{
		"p(99)<50ms":                    {Metric: "latency", Statistic: Statistic{"p", 99}, Op: "<", Limit: 50e6, Unit: UnitNanoseconds},
		" websocket :  p( 99.9 ) <= 1s": {Transport: WebSocket, Metric: "latency", Statistic: Statistic{"p", 99.9}, Op: "<=", Limit: 1e9, Unit: UnitNanoseconds},
		"missed==0":                     {Metric: "missed", Op: "==", Unit: UnitMessages},
		"missed<0.1%":                   {Metric: "missed", Op: "<", Limit: 0.1, Unit: UnitPercent},
		"delivered >= 1.5k":             {Metric: "delivered", Op: ">=", Limit: 1500, Unit: UnitMessages},
		"overhead_bytes: avg<200":       {Metric: "overhead_bytes", Statistic: Statistic{Name: "avg"}, Op: "<", Limit: 200, Unit: UnitBytes},
		"overhead_bytes: max!=1.5KiB":   {Metric: "overhead_bytes", Statistic: Statistic{Name: "max"}, Op: "!=", Limit: 1536, Unit: UnitBytes},
		"overhead_bytes: avg<2.25B":     {Metric: "overhead_bytes", Statistic: Statistic{Name: "avg"}, Op: "<", Limit: 2.25, Unit: UnitBytes},
		"longpoll: server_cpu<60us":     {Transport: LongPoll, Metric: "server_cpu", Op: "<", Limit: 60e3, Unit: UnitNanoseconds},
		"server_cpu_share<80%":          {Metric: "server_cpu_share", Op: "<", Limit: 80, Unit: UnitPercent},
		"server_memory<=20KiB":          {Metric: "server_memory", Op: "<=", Limit: 20480, Unit: UnitBytes},
		"requests<1.5":                  {Metric: "requests", Op: "<", Limit: 1.5, Unit: UnitNumber},
		"longpoll-newconn: connect: med>0": {
			Transport: LongPollNewConn, Metric: "connect", Statistic: Statistic{Name: "med"}, Op: ">", Unit: UnitNanoseconds,
		},
		"websocket{rate=600/min clients=1k}: min<1us": {
			Transport: WebSocket, Params: map[string]string{"rate": "10/s", "clients": "1000"},
			Metric: "latency", Statistic: Statistic{Name: "min"}, Op: "<", Limit: 1e3, Unit: UnitNanoseconds,
		},
		"{network.delay=50ms}: missed==0": {Params: map[string]string{"network.delay": "50ms"}, Metric: "missed", Op: "==", Unit: UnitMessages},
	} {
		want.Text = strings.TrimSpace(text)
		have, err := ParseThreshold(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("%s:\n%s", text, diff)
		}
	}
}

func TestParseThresholdRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"p(99)":                         "has no comparison; want one of <=",
		"":                              "has no comparison",
		"p(99)<50":                      `"50" cannot be its limit; want a duration with its unit such as 50ms`,
		"p(99)<-1ms":                    "want a duration",
		"p99<50ms":                      `did you mean "p(99)"?`,
		"p(100)<50ms":                   "N between 0 and 100",
		"p(0)<50ms":                     "N between 0 and 100",
		"p(1e1)<50ms":                   "N between 0 and 100",
		"p(99)=50ms":                    `"=" is no comparison; want one of <=, >=, ==, !=, <, >`,
		"p(99)<==50ms":                  "is no comparison",
		"p(99)===50ms":                  `"===" is no comparison`,
		"latency<50ms":                  "want a statistic of it, such as latency: p(99)",
		"websoket: p(99)<50ms":          `did you mean "websocket"?`,
		"latancy: p(99)<50ms":           `did you mean "latency"?`,
		"mised==0":                      `did you mean "missed"?`,
		"missed: avg<1":                 "missed and a comparison, without colon",
		"missed==0.5":                   "a whole number of messages",
		"missed==0B":                    "a whole number of messages",
		"server_cpu_share<80":           "a percentage such as 80%",
		"requests<1.5%":                 "a number such as 1.5",
		"overhead_bytes: avg<200ms":     "bytes such as 200",
		"latency: websocket: p(99)<1ms": "after the metric latency",
		"websocket: longpoll: p(99)<1s": `has "longpoll" in the wrong place`,
		"websocket{}: p(99)<1s":         "empty braces",
		"websocket{rate=10/s p(99)<1s":  "braces that do not end",
		"websocket{rate}: p(99)<1s":     "want path=value",
		"websocket{rate=5}: p(99)<1s":   `"5" is not a rate`,
		"websocket{raet=5/s}: avg<1s":   `did you mean "rate"?`,
		"websocket{name=x}: avg<1s":     "cannot be swept",
		"{rate=1/s rate=2/s}: avg<1s":   "rate twice",
		"{rate=1/s}{rate=2/s}: avg<1s":  "braces that do not end",
		"{rate=1..4:x2}: avg<1s":        "several values",
		"latency{rate=1/s}: avg<1s":     "in the wrong place",
	} {
		have, err := ParseThreshold(text)
		if err == nil {
			t.Errorf("%s passes as %+v", text, have)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q in it", text, err, want)
		}
	}
}

func TestThresholdHolds(t *testing.T) {
	for op, want := range map[string][3]bool{ // at 1, 2 and 3 against 2
		"<": {true, false, false}, "<=": {true, true, false}, ">": {false, false, true}, ">=": {false, true, true},
		"==": {false, true, false}, "!=": {true, false, true},
	} {
		rule, err := ParseThreshold("missed" + op + "2")
		if err != nil {
			t.Fatal(err)
		}
		if have := [3]bool{rule.Holds(1), rule.Holds(2), rule.Holds(3)}; have != want {
			t.Errorf("%s: have %v, want %v", op, have, want)
		}
	}
}

func TestThresholdBinds(t *testing.T) {
	rule, err := ParseThreshold("websocket{rate=10/s}: missed==0")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		transport Transport
		params    map[string]string
		want      bool
	}{
		{WebSocket, map[string]string{"rate": "10/s", "clients": "5"}, true},
		{WebSocket, map[string]string{"rate": "20/s"}, false},
		{WebSocket, nil, false},
		{LongPoll, map[string]string{"rate": "10/s"}, false},
	} {
		if have := rule.Binds(c.transport, c.params); have != c.want {
			t.Errorf("%s %v: %v, want %v", c.transport, c.params, have, c.want)
		}
	}
	if everywhere, _ := ParseThreshold("missed==0"); !everywhere.Binds(LongPoll, map[string]string{"rate": "1/s"}) {
		t.Error("a rule without a transport must bind every arm")
	}
}

// TestThresholdProblems holds what is wrong with a rule to the place where it was said.
func TestThresholdProblems(t *testing.T) {
	d := Parse("x.yaml", []byte(head+"thresholds:\n  - missed==0\n  - websocket: p99<5ms\n"))
	d.Override(Overrides{Thresholds: []string{"avg<1ms", "avg<1"}, ThresholdName: "--threshold"})
	_, err := d.Resolve()
	if err == nil {
		t.Fatal("it passes")
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d problems, want 2:\n%v", len(lines), err)
	}
	for i, want := range []string{"x.yaml:5:5: thresholds: ", `--threshold: thresholds: "avg<1" "1" cannot be its limit`} {
		if !strings.HasPrefix(lines[i], want) || !strings.Contains(lines[i], "(allowed: rules such as") {
			t.Errorf("have %s, want it to begin with %s", lines[i], want)
		}
	}
}

func TestThresholdsAreAdded(t *testing.T) {
	d := Parse("x.yaml", []byte(head+"thresholds: [missed==0]\n"))
	d.Override(Overrides{Thresholds: []string{"avg<1ms"}, ThresholdName: "--threshold"})
	s, err := d.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"missed==0", "avg<1ms"}, s.Thresholds); diff != "" {
		t.Error(diff)
	}
}

// FuzzParseThreshold holds that any text is either refused in one line or a rule whose parts are all known, and that spaces mean nothing.
func FuzzParseThreshold(f *testing.F) {
	for _, seed := range []string{"websocket: p(99)<50ms", "missed==0", "{rate=10/s tls=off}: overhead_bytes: avg<1.5kB", "p(", "{}:", "a{b", "::", "<", "server_cpu_share<1%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rule, err := ParseThreshold(text)
		if err != nil {
			return
		}
		m, known := thresholdMetric(rule.Metric)
		switch {
		case !known || m.Distribution != (rule.Statistic.Name != ""):
			t.Errorf("%q: metric %q with statistic %+v", text, rule.Metric, rule.Statistic)
		case rule.Statistic.Name == "p" && !(rule.Statistic.Percentile > 0 && rule.Statistic.Percentile < 100):
			t.Errorf("%q: percentile %v", text, rule.Statistic.Percentile)
		case !(rule.Limit >= 0):
			t.Errorf("%q: limit %v", text, rule.Limit)
		case rule.Holds(rule.Limit) == strings.Contains("< > !=", rule.Op):
			t.Errorf("%q: at the limit it is %v", text, rule.Holds(rule.Limit))
		}
		wide, err := ParseThreshold(strings.ReplaceAll(text, ":", " : "))
		wide.Text = rule.Text
		if diff := cmp.Diff(rule, wide); err == nil && diff != "" {
			t.Errorf("%q means something else with spaces:\n%s", text, diff)
		}
	})
}
