package server

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestParseInject(t *testing.T) {
	for text, want := range map[string]Inject{
		"": {},
		"stall=500ms@5s,drop=0.1%,duplicate=0.2%,reorder=0.3%,delay=2%:20ms,cpu=50us": {
			Stall: 500 * time.Millisecond, StallAfter: 5 * time.Second,
			Drop: .1, Duplicate: .2, Reorder: .3, Delay: 2, DelayBy: 20 * time.Millisecond, CPU: 50 * time.Microsecond,
		},
		"stall=1s/10s":  {Stall: time.Second, StallEvery: 10 * time.Second},
		"stall=1s@0s":   {Stall: time.Second},
		"delay=100%:1h": {Delay: 100, DelayBy: time.Hour},
	} {
		got, err := ParseInject(text)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", text, got, err, want)
		}
		if again, err := ParseInject(got.String()); err != nil || again != got {
			t.Errorf("%q is written %q, which is read as %+v, %v", text, got, again, err)
		}
	}
}

func TestParseInjectErrors(t *testing.T) {
	for text, want := range map[string]string{
		"drop":            "not a percentage",
		"drop=1":          "not a percentage",
		"drop=-1%":        "not a percentage",
		"drop=NaN%":       "not a percentage",
		"drop=1e1%":       "not a percentage",
		"drop=1.2.3%":     "from 0% to 100%",
		"drop=%":          "from 0% to 100%",
		"drop=101%":       "from 0% to 100%",
		"drop=1%,drop=2%": "drop is given twice",
		"drop=1%,":        "after the last comma",
		",drop=1%":        "unknown fault",
		"flood=1%":        "unknown fault",
		" drop=1%":        "unknown fault",
		"delay=2%":        "the share and the time",
		"delay=2%:0s":     "must be over 0",
		"delay=2%:-1s":    "not a duration",
		"cpu=50":          "not a duration",
		"stall=1s":        "the length and when",
		"stall=0s@1s":     "must be over 0",
		"stall=1s/1s":     "leaves no time",
		"stall=1s@x":      "not a duration",
	} {
		if _, err := ParseInject(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want an error with %q", text, err, want)
		}
	}
}

func FuzzParseInject(f *testing.F) {
	for _, s := range []string{"", "stall=500ms@5s", "stall=1s/3s,drop=0.1%", "delay=2%:20ms,cpu=50us", "reorder=1%,duplicate=2%", "drop=0%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		in, err := ParseInject(s)
		if err != nil {
			return
		}
		again, err := ParseInject(in.String())
		if err != nil {
			t.Fatalf("%q is written %q, which is refused: %v", s, in, err)
		}
		if again.String() != in.String() {
			t.Fatalf("%q is written %q, then %q", s, in, again)
		}
	})
}

func TestStallWindows(t *testing.T) {
	once := Inject{Stall: 2 * time.Second, StallAfter: 5 * time.Second}
	every := Inject{Stall: 2 * time.Second, StallEvery: 5 * time.Second}
	for _, tc := range []struct {
		at                  time.Duration
		once, every         time.Duration // left
		onceBegun, allBegun uint64
	}{
		{at: 0},
		{at: 4 * time.Second},
		{5 * time.Second, 2 * time.Second, 2 * time.Second, 1, 1},
		{6 * time.Second, time.Second, time.Second, 1, 1},
		{7 * time.Second, 0, 0, 1, 1},
		{11 * time.Second, 0, time.Second, 1, 2},
	} {
		if got := once.stallLeft(tc.at); got != tc.once {
			t.Errorf("once, at %v: %v left, want %v", tc.at, got, tc.once)
		}
		if got := every.stallLeft(tc.at); got != tc.every {
			t.Errorf("every, at %v: %v left, want %v", tc.at, got, tc.every)
		}
		if a, b := once.stallsBegun(tc.at), every.stallsBegun(tc.at); a != tc.onceBegun || b != tc.allBegun {
			t.Errorf("at %v: %d and %d begun, want %d and %d", tc.at, a, b, tc.onceBegun, tc.allBegun)
		}
	}
}

func TestGateWaitsForTheStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newInjector(Inject{Stall: 500 * time.Millisecond, StallAfter: 5 * time.Second}, 1)
		time.Sleep(time.Hour) // a stall counts from the first publish, not from the start
		in.published()
		start := time.Now()
		in.gate(stopper{})
		if d := time.Since(start); d != 0 {
			t.Errorf("held %v before the stall", d)
		}
		time.Sleep(5100 * time.Millisecond)
		in.published() // only the first counts
		in.gate(stopper{})
		if d := time.Since(start); d != 5500*time.Millisecond {
			t.Errorf("released %v after the first publish, want 5.5s", d)
		}
	})
}

func TestDelaysRunTogetherAndKeepOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newInjector(Inject{Delay: 100, DelayBy: 20 * time.Millisecond}, 1)
		tp := testTopic(t)
		for _, m := range []string{"a", "b", "c"} {
			_ = tp.append([]byte(m))
		}
		f, start := in.stream(), time.Now()
		var b batch
		f.read(readAt{tp, 0, drainLimit}, &b, stopper{})
		order := ""
		for i, m := range b.messages {
			f.before(&b, i, stopper{})
			order += string(m)
		}
		if d := time.Since(start); d != 20*time.Millisecond || order != "abc" || b.faults.delayed != 3 {
			t.Errorf("delivered %q after %v, %d delayed; want abc after 20ms, 3", order, d, b.faults.delayed)
		}
	})
}

func TestReorder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newInjector(Inject{Reorder: 100}, 1)
		tp := testTopic(t)
		read := func(pos uint64) (string, uint64) {
			var b batch
			in.stream().read(readAt{tp, pos, drainLimit}, &b, stopper{})
			order := ""
			for _, m := range b.messages {
				order += string(m)
			}
			return order, b.faults.reordered
		}
		for _, m := range []string{"a", "b", "c", "d"} {
			_ = tp.append([]byte(m))
		}
		if got, n := read(0); got != "badc" || n != 2 {
			t.Errorf("got %q, %d reordered; want badc, 2", got, n)
		}
		start := time.Now()
		if got, n := read(3); got != "d" || n != 0 || time.Since(start) != reorderPatience {
			t.Errorf("without a successor: %q, %d reordered, after %v", got, n, time.Since(start))
		}
		time.AfterFunc(time.Millisecond, func() { _ = tp.append([]byte("e")) })
		if got, n := read(3); got != "ed" || n != 1 {
			t.Errorf("with a late successor: %q, %d reordered; want ed, 1", got, n)
		}
	})
}

func TestSameSeedSameFaults(t *testing.T) {
	tp := testTopic(t)
	for i := range 1000 {
		_ = tp.append([]byte{byte(i)})
	}
	run := func(seed uint64) (t1 tally) {
		in := newInjector(Inject{Drop: 5, Duplicate: 5, Reorder: 5}, seed)
		var b batch
		in.stream().read(readAt{tp, 0, readLimit{999, 1 << 20}}, &b, stopper{})
		return b.faults
	}
	if a, b := run(7), run(7); a != b {
		t.Errorf("seed 7 gave %+v and %+v", a, b)
	}
	if run(7) == run(8) {
		t.Error("seeds 7 and 8 gave the same faults")
	}
}

func TestBurnSpendsProcessorTime(t *testing.T) {
	before := processCPU()
	if before == nil {
		t.Skip("processor time is not read on this platform")
	}
	burn(20 * time.Millisecond)
	if spent := *processCPU() - *before; spent < 0.020 {
		t.Errorf("burnt %v s of processor time, want at least 0.020", spent)
	}
}
