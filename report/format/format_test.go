package format

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"pushbench/results"
	"pushbench/scenarios"
)

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Sig(0), "0"},
		{Sig(9.018), "9.02"},
		{Sig(9.996), "10.0"},
		{Sig(999.6), "1000"},
		{Sig(60012), "60000"},
		{Sig(0.01234), "0.0123"},
		{Sig(-1.5), "-1.50"},
		{Sig(1e-9), "1.00e-09"},
		{Sig(1e12), "1.00e+12"},
		{Sig(math.NaN()), NA},
		{Sig(math.Inf(1)), NA},
		{Trim(2), "2"},
		{Trim(0.5), "0.5"},
		{Trim(100), "100"},
		{Count(9_999_999), "9999999"},
		{Count(12_345_678), "12.3M"},
		{Count(math.MinInt64), "-9.22E"},
		{Grouped(-1234567), "-1,234,567"},
		{Grouped(math.MinInt64), "-9,223,372,036,854,775,808"},
		{Nanoseconds(1_234_000), "1.23 ms"},
		{Nanoseconds(45_600), "45.6 µs"},
		{Nanoseconds(999_900), "1.00 ms"},
		{Nanoseconds(60e9), "60.0 s"},
		{Nanoseconds(math.NaN()), NA},
		{Bytes(12_345), "12.3 kB"},
		{Bytes(2), "2.00 B"},
		{Setting(1500 * time.Microsecond), "1.5 ms"},
		{Setting(25 * time.Second), "25 s"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestSigKeepsThreeDigits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Float64Range(-1e300, 1e300).Draw(t, "v")
		got, err := strconv.ParseFloat(Sig(v), 64)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got-v) > 0.0051*math.Abs(v) {
			t.Fatalf("%v reads %v", v, got)
		}
		if len(Sig(v)) > 11 {
			t.Fatalf("%q is wide", Sig(v))
		}
	})
}

func TestCommonUnit(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   string
	}{
		{[]float64{9e6, 15e6, 60e6, 1e9}, "ms"},
		{[]float64{50e3, 60e9}, "ms"},
		{[]float64{900e3}, "µs"},
		{[]float64{1.23e9}, "s"},
		{nil, "ns"},
		{[]float64{0, 0}, "ns"},
	} {
		if got := Common(TimeUnits, c.values); got.Name != c.want {
			t.Errorf("%v in %s, want %s", c.values, got.Name, c.want)
		}
	}
}

// TestNeededIsTheFewestThatCarry checks the closed form against its definition.
func TestNeededIsTheFewestThatCarry(t *testing.T) {
	for _, c := range []struct {
		q    float64
		want int64
	}{{0.5, 5}, {0.9, 29}, {0.99, 299}, {0.999, 2995}, {0.9999, 29956}} {
		n := Needed(c.q)
		if n != c.want {
			t.Errorf("%v needs %d, want %d", c.q, n, c.want)
		}
		bound := func(n int64) float64 { return 1 - math.Pow(c.q, float64(n)) }
		if bound(n) < 0.95 || bound(n-1) >= 0.95 {
			t.Errorf("%v: the bound holds with %v at %d and %v at one fewer", c.q, bound(n), n, bound(n-1))
		}
		if Carried(n) < c.q || Carried(n-1) >= c.q {
			t.Errorf("%d samples carry %v, one fewer %v", n, Carried(n), Carried(n-1))
		}
	}
	if Enough(1<<62, 1) || !Enough(1, 0) || Carried(0) != 0 {
		t.Error("the ends of the scale are wrong")
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                          "plain",
		"\x1b[31mred\x1b[0m":             "red",
		"a\x1b]0;title\x07b":             "ab",
		"a\x1b]8;;http://x\x1b\\b":       "ab",
		"a\u009b31mb":                    "ab",
		"a\x1bP1$r\x1b\\b":               "ab",
		"two\r\nlines\tand\u00a0a space": "two lines and a space",
		"rtl\u202eover\u2066ride":        "rtloverride",
		"zero\u200bwidth\ufeff":          "zerowidth",
		"bad\xffbyte":                    "bad\uFFFDbyte",
		"日本語 <b>":                        "日本語 <b>",
		"\x00\x07\x08":                   "",
	} {
		if got := Clean(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"\x1b[31m", "\x1b\x1b[[31m", "\u009d\x1b", "a\x1b", "\x1b]\x1b]\x07"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) || strings.ContainsFunc(got, func(r rune) bool { return unicode.Is(unicode.Cf, r) }) {
			t.Fatalf("%q becomes %q", s, got)
		}
		if Clean(got) != got {
			t.Fatalf("%q is not clean after one pass", got)
		}
	})
}

func TestWrapKeepsTextAndWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, width := Clean(rapid.String().Draw(t, "text")), rapid.IntRange(2, 40).Draw(t, "width")
		lines := Wrap(text, width)
		for _, l := range lines {
			if Width(l) > width {
				t.Fatalf("%q is wider than %d", l, width)
			}
		}
		squeeze := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if squeeze(strings.Join(lines, "")) != squeeze(text) {
			t.Fatalf("%q lost text in %q", text, lines)
		}
		if Width(Clip(text, width)) > width {
			t.Fatalf("%q is clipped to %q", text, Clip(text, width))
		}
	})
}

func TestArmNamesAreUnique(t *testing.T) {
	cell := func(target string, params map[string]string) results.Cell {
		return results.Cell{Scenario: "s", Transport: scenarios.WebSocket, Target: target, Params: params}
	}
	run := &results.Run{Cells: []results.Cell{
		cell("go", nil), cell("node", map[string]string{"hold": "5s"}), cell("node", map[string]string{"hold": "25s"}), cell("go", nil),
		{Scenario: "s", Transport: scenarios.LongPoll, Target: "go"},
	}}
	var names []string
	for _, a := range Groups(run)[0].Arms {
		names = append(names, a.Name)
	}
	want := "WebSocket @go; WebSocket @node @hold=5s; WebSocket @node @hold=25s; WebSocket @go #2; Long-poll"
	if got := strings.Join(names, "; "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestLooksDiffer(t *testing.T) {
	seen := map[any]scenarios.Transport{}
	for _, transport := range scenarios.Transports {
		look := LookOf(transport)
		for _, trait := range []any{look.Name, look.Colour, look.Marker} {
			if other, taken := seen[trait]; taken {
				t.Errorf("%s looks like %s: %v", transport, other, trait)
			}
			seen[trait] = transport
		}
	}
	if got := LookOf("carrier\x1b[1m-pigeon").Name; got != "carrier-pigeon" {
		t.Errorf("an unknown transport is called %q", got)
	}
}

func TestWorkloadAndMachine(t *testing.T) {
	s := scenarios.Default()
	s.Pattern, s.Network.Delay, s.TLS, s.LongPoll.Turnaround = scenarios.Broadcast, 50*time.Millisecond, scenarios.TLS13, 5*time.Millisecond
	want := "1,000 clients · broadcast, 2/s (poisson) · 128 B payload · 3 rounds of 5 s · 50 ms delay each way · TLS 1.3 · 5 ms turnaround · headers: browser"
	if got := Workload(s); got != want {
		t.Errorf("got %s", got)
	}
	s.Sweep = scenarios.Sweep{{Parameter: "rate", Values: []string{"1/s", "2/s", "4/s", "8/s", "16/s"}}, {Parameter: "network.delay", Values: []string{"0s", "50ms"}}}
	want = "1,000 clients · broadcast (poisson) · 128 B payload · 3 rounds of 5 s · TLS 1.3 · 5 ms turnaround · headers: browser · rate swept: 1/s … 16/s (5 values) · network.delay swept: 0s, 50ms"
	if got := Workload(s); got != want {
		t.Errorf("got %s", got)
	}
	if quick := (scenarios.Scenario{Clients: 2, TimeScale: 25}); !strings.Contains(Workload(quick), "25 times as fast as for real") {
		t.Errorf("got %s", Workload(quick))
	}
	for want, change := range map[string]func(*scenarios.Scenario){
		"rooms of 10, 5/s (poisson) · 128 B to 1.02 kB payload": func(s *scenarios.Scenario) { s.Pattern, s.Rate, s.PayloadMax = scenarios.Rooms, 5, 1024 },
		"duplex, 2/s down, 2/s up (bursts of 100) · 80 % 128 B, 20 % 1 MB payload": func(s *scenarios.Scenario) {
			s.Pattern, s.Arrivals = scenarios.Duplex, scenarios.Burst
			s.Payload, s.PayloadMix = 0, []scenarios.SizeShare{{Size: 128, Share: .8}, {Size: 1e6, Share: .2}}
		},
		"nothing is sent · 60 B to 900 B payload, 3 messages of your own": func(s *scenarios.Scenario) {
			s.Pattern, s.Rate, s.Payload = scenarios.Direct, 0, 0
			s.PayloadFile, s.PayloadSamples = "x", &scenarios.SampleStats{Messages: 3, MinBytes: 60, MaxBytes: 900}
		},
	} {
		s := scenarios.Default()
		change(&s)
		if got := Workload(s); got != "1,000 clients · "+want+" · 3 rounds of 5 s · headers: browser" {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for virtualised, want := range map[string]string{
		"": "linux/arm64, 1 CPU, CI github", "yes": "linux/arm64, 1 CPU, virtual machine, CI github", "kvm": "linux/arm64, 1 CPU, kvm, CI github",
	} {
		if got := Machine(results.Environment{OS: "linux", Arch: "arm64", CPUs: 1, CI: "github", Virtualised: virtualised}); got != want {
			t.Errorf("%q reads %s", virtualised, got)
		}
	}
}
