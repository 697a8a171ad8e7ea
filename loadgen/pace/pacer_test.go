package pace

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestPacerReleasesAllInOrderNeverEarly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		gaps := rapid.SliceOfN(rapid.IntRange(0, 300), 0, 60).Draw(t, "gaps in microseconds")
		due := make([]time.Duration, len(gaps))
		for i, gap := range gaps {
			due[i] = time.Duration(gap) * time.Microsecond
			if i > 0 {
				due[i] += due[i-1]
			}
		}
		start, next := time.Now(), 0
		p := &Pacer{Start: start, Count: len(due), Due: func(i int) time.Duration { return due[i] }}
		p.Release = func(i int, released time.Time) {
			if i != next {
				t.Fatalf("released item %d, want %d", i, next)
			}
			if early := due[i] - released.Sub(start); early > 0 {
				t.Fatalf("item %d released %v early", i, early)
			}
			next++
		}
		if err := p.Run(context.Background()); err != nil || next != len(due) {
			t.Fatalf("released %d of %d, error %v", next, len(due), err)
		}
	})
}

// TestPacerDoesNotRebase stalls in one release. The items that came due meanwhile must all follow at once,
// and the items after the stall keep their instants.
func TestPacerDoesNotRebase(t *testing.T) {
	const step, stall, count = 5 * time.Millisecond, 42 * time.Millisecond, 20
	start := time.Now()
	var stallEnd time.Time
	released := make([]time.Time, count)
	p := &Pacer{Start: start, Count: count, Due: func(i int) time.Duration { return time.Duration(i) * step }}
	w, err := NewWaker()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	sleeps := &countingAlarm{alarm: w.alarm}
	w.alarm = sleeps
	overdue, before := 0, 0
	p.Release = func(i int, now time.Time) {
		released[i] = now
		if i == 2 {
			busyUntil(now.Add(stall))
			stallEnd, before = time.Now(), sleeps.parks
		} else if i > 2 && start.Add(p.Due(i)).Before(stallEnd) {
			overdue++
			if sleeps.parks != before {
				t.Errorf("slept before releasing item %d, which was overdue", i)
			}
		}
	}
	if err := p.run(context.Background(), w); err != nil {
		t.Fatal(err)
	}
	if overdue < 7 {
		t.Errorf("%d items were overdue after the stall, want 7 or more", overdue)
	}
	for i, at := range released {
		if early := start.Add(p.Due(i)).Sub(at); early > 0 {
			t.Errorf("item %d released %v early", i, early)
		}
	}
}

type countingAlarm struct {
	alarm
	parks int
}

func (c *countingAlarm) park(arm func()) error {
	c.parks++
	return c.alarm.park(arm)
}

func busyUntil(t time.Time) {
	for time.Now().Before(t) {
	}
}

func TestPacerStops(t *testing.T) {
	errEnough := errors.New("enough")
	hourly := func(i int) time.Duration { return time.Duration(i) * time.Hour }
	atOnce := func(int) time.Duration { return 0 }
	tests := []struct {
		name     string
		due      func(int) time.Duration
		stopAt   int // cancel in the release of this item; -1 before Run
		released int // -1 for "not all"
	}{
		{"before it starts", atOnce, -1, 0},
		{"while it sleeps", hourly, 0, 1},
		{"in a burst", atOnce, 3, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(context.Background())
			defer cancel(nil)
			released := 0
			p := &Pacer{Start: time.Now(), Count: 1 << 30, Due: tt.due}
			p.Release = func(i int, _ time.Time) {
				released++
				if i == tt.stopAt {
					cancel(errEnough)
				}
			}
			if tt.stopAt < 0 {
				cancel(errEnough)
			}
			if err := p.Run(ctx); !errors.Is(err, errEnough) {
				t.Errorf("Run = %v, want the cause", err)
			}
			if tt.released >= 0 && released != tt.released || released == p.Count {
				t.Errorf("released %d, want %d", released, tt.released)
			}
		})
	}
}

func TestPacerOfNothing(t *testing.T) {
	if err := new(Pacer).Run(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestDenseScheduleSleepsOncePerBundle(t *testing.T) {
	w, err := NewWaker()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	sleeps := &countingAlarm{alarm: w.alarm}
	w.alarm = sleeps
	const gap = time.Microsecond
	p := &Pacer{
		Start: time.Now(), Count: 20_000, Release: func(int, time.Time) {},
		Due: func(i int) time.Duration { return time.Duration(i) * gap },
	}
	if err := p.run(context.Background(), w); err != nil {
		t.Fatal(err)
	}
	// A park may end early and be repeated, hence the factor.
	if most := 3 * int(time.Duration(p.Count)*gap/Bundle); sleeps.parks > most {
		t.Errorf("parked %d times, want at most %d", sleeps.parks, most)
	}
}

func TestOnlyDenseItemsAreBundled(t *testing.T) {
	const µs = time.Microsecond
	for _, c := range []struct {
		name string
		due  []time.Duration
		want time.Duration
	}{
		{"one alone", []time.Duration{100 * µs}, 100 * µs},
		{"five close together", []time.Duration{0, 1 * µs, 2 * µs, 3 * µs, 4 * µs}, 0},
		{"six within a bundle", []time.Duration{0, 1 * µs, 2 * µs, 3 * µs, 4 * µs, Bundle - 1}, Bundle},
		{"six at one instant", []time.Duration{0, 0, 0, 0, 0, 0}, 0},
		{"six over a bundle", []time.Duration{0, 1 * µs, 2 * µs, 3 * µs, 4 * µs, Bundle}, 0},
	} {
		p := &Pacer{Count: len(c.due), Due: func(i int) time.Duration { return c.due[i] }}
		if got := p.wake(0); got != c.want {
			t.Errorf("%s: released at %v, want %v", c.name, got, c.want)
		}
	}
}

// TestHelpKeepsBundles: whoever helps must not take a bundle apart.
func TestHelpKeepsBundles(t *testing.T) {
	released := 0
	p := &Pacer{
		Start: time.Now().Add(-time.Hour), Count: 20, Release: func(int, time.Time) { released++ },
		Due: func(i int) time.Duration { return 2*time.Hour + time.Duration(i)*time.Microsecond },
	}
	p.Help(p.Start)
	p.Help(p.Start.Add(p.Due(0) + Bundle - 1))
	if next := time.Duration(p.nextWake.Load()); next != p.Due(0)+Bundle || released > 0 {
		t.Fatalf("helpers act from %v on and released %d, want %v and none", next, released, p.Due(0)+Bundle)
	}
}

// TestHelpReleasesInTheCallersPlace keeps the pacer's own goroutine asleep, as on a busy machine, and lets others do its work.
func TestHelpReleasesInTheCallersPlace(t *testing.T) {
	const count = 50
	var released []int
	start := time.Now().Add(-time.Hour)
	p := &Pacer{
		Start: start, Count: count, Due: func(i int) time.Duration { return time.Duration(i) * time.Millisecond },
		Release: func(i int, _ time.Time) { released = append(released, i) },
	}
	var helpers sync.WaitGroup
	for range 4 {
		helpers.Go(func() { p.Help(time.Now()) })
	}
	helpers.Wait()
	p.Help(time.Now())
	if len(released) != count || !slices.IsSorted(released) {
		t.Fatalf("released %v, want %d in order, each once", released, count)
	}
	if err := p.Run(context.Background()); err != nil || len(released) != count {
		t.Fatalf("Run after everything was released: %v, %d released", err, len(released))
	}
}

func TestHelpReleasesNothingEarlyAndNothingAfterAStop(t *testing.T) {
	released := 0
	p := &Pacer{
		Start: time.Now().Add(time.Hour), Count: 1, Due: func(int) time.Duration { return 0 },
		Release: func(int, time.Time) { released++ },
	}
	p.Help(time.Now())
	p.Help(time.Now().Add(2 * time.Hour)) // a caller's clock does not decide, the pacer's own does
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := p.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("Run: %v, want %v", err, context.Canceled)
	}
	p.Start = time.Now().Add(-time.Hour)
	p.nextWake.Store(0)
	p.Help(time.Now())
	if released != 0 {
		t.Fatalf("%d released, want none", released)
	}
}

func BenchmarkHelpWithNothingDue(b *testing.B) {
	p := &Pacer{Start: time.Now().Add(time.Hour), Count: 1, Due: func(int) time.Duration { return 0 }, Release: func(int, time.Time) {}}
	now := time.Now()
	p.Help(now)
	b.ReportAllocs()
	for b.Loop() {
		p.Help(now)
	}
}
