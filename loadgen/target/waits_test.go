package target

import (
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"pushbench/loadgen"
	"pushbench/scenarios"
)

func TestPollWaits(t *testing.T) {
	anchor := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(ms int) time.Time { return anchor.Add(time.Duration(ms) * time.Millisecond) }
	const interval = 100 * time.Millisecond
	for name, test := range map[string]struct {
		waits pollWaits
		now   time.Time
		want  time.Duration // 0 for at once
	}{
		"long-poll, first":                   {pollWaits{}, at(0), 0},
		"long-poll, after an answer":         {pollWaits{last: at(5)}, at(5), 0},
		"turnaround, first":                  {pollWaits{turnaround: interval}, at(0), 0},
		"turnaround, after an answer":        {pollWaits{turnaround: interval, last: at(10)}, at(30), 80 * time.Millisecond},
		"turnaround, overdue":                {pollWaits{turnaround: interval, last: at(10)}, at(200), 0},
		"fixed, before its anchor":           {pollWaits{interval: interval, anchor: anchor}, at(-30), 30 * time.Millisecond},
		"fixed, between two polls":           {pollWaits{interval: interval, anchor: anchor}, at(130), 70 * time.Millisecond},
		"fixed, whatever the answer did":     {pollWaits{interval: interval, anchor: anchor, last: at(129)}, at(130), 70 * time.Millisecond},
		"fixed, an answer of many intervals": {pollWaits{interval: interval, anchor: anchor, last: at(990)}, at(990), 10 * time.Millisecond},
		"fixed, just polled":                 {pollWaits{interval: interval, anchor: anchor}, at(100), interval},
		"sleep, first at its phase":          {pollWaits{interval: interval, anchor: at(40), sleeps: true}, at(0), 40 * time.Millisecond},
		"sleep, after an answer":             {pollWaits{interval: interval, anchor: at(40), sleeps: true, last: at(47)}, at(50), 97 * time.Millisecond},
		"sleep, overdue":                     {pollWaits{interval: interval, anchor: at(40), sleeps: true, last: at(47)}, at(500), 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := max(0, test.waits.next(test.now)); got != test.want {
				t.Errorf("waits %v, want %v", got, test.want)
			}
		})
	}
}

// Polls of a fixed schedule stay on it; those that sleep after each answer drift by what the answers take.
func TestPollSchedules(t *testing.T) {
	for schedule, want := range map[scenarios.PollSchedule]time.Duration{scenarios.PollFixed: 900 * time.Millisecond, scenarios.PollSleep: 9 * 107 * time.Millisecond} {
		t.Run(string(schedule), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := plan("http://127.0.0.1:1", loadgen.Lean, scenarios.ShortPoll)
				p.Scenario.ShortPoll = scenarios.ShortPolling{Interval: 100 * time.Millisecond, Schedule: schedule}
				target := newTarget(t, p)
				w := target.waits(loadgen.ClientSpec{Transport: scenarios.ShortPoll, Phase: .25})
				began, polls := time.Now(), []time.Duration(nil)
				for range 10 {
					if err := w.pause(nil); err != nil {
						t.Fatal(err)
					}
					polls = append(polls, time.Since(began))
					time.Sleep(7 * time.Millisecond) // the server's answer
					w.answered(time.Now())
				}
				if polls[0] != 25*time.Millisecond || polls[9]-polls[0] != want {
					t.Errorf("polls at %v; want the first after 25ms, the tenth %v later", polls, want)
				}
			})
		})
	}
}

func TestPauseEndsWithItsSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, over := pollWaits{interval: time.Hour, anchor: time.Now()}, make(chan struct{})
		time.AfterFunc(time.Second, func() { close(over) })
		began := time.Now()
		if err := w.pause(over); !errors.Is(err, net.ErrClosed) || time.Since(began) != time.Second {
			t.Errorf("error %v after %v", err, time.Since(began))
		}
	})
}
