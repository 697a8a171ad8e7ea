// Package pace is about being on time: it waits until given instants, and releases the items
// of a schedule at theirs.
//
// A [Waker] sleeps until an instant. A [Pacer] walks a schedule with one Waker and calls Release
// for each item, open loop: item i belongs to the instant Start+Due(i), whatever happened to the
// items before it. When the pacer is late it releases all that is overdue at once, in order, and
// never moves the rest of the schedule: a load generator that re-bases its schedule after a
// stall hides the stall from its own results (coordinated omission).
//
// # Why not time.Sleep
//
// Go's timers on Linux sleep in epoll_wait, whose timeout counts milliseconds: Sleep(50µs) takes
// about 1 ms, and every instant is met about 1 ms late at the 99th percentile. A timerfd is a
// high-resolution timer that reports its expiry as a readable file, so Go's netpoller wakes the
// sleeping goroutine exactly as it would for a socket: no thread is blocked, and lateness is the
// scheduler's (tens of microseconds on an idle machine). Where there is no timerfd the Waker
// falls back to time.Timer; [Name] and [Resolution] say which one is at work, for reports.
//
// # Which clock
//
// The timerfd runs on CLOCK_MONOTONIC, which is also the clock inside Go's time.Time on Linux, so
// the two differ by a constant. The Waker reads both once, when it is made, and sets the timer to
// an absolute instant from then on. The alternative, a timer relative to the present, reads the
// clock and sets the timer in two steps: a thread that is preempted between them oversleeps by
// the length of the preemption, and does so most when the machine is busiest. The constant cannot
// drift, because NTP slews both readings alike and a suspended machine stops both. It is read so
// that its error (tens of nanoseconds) makes a wake late, never early.
//
// # Dense schedules
//
// Setting a timer, parking and waking costs some 10 µs of CPU, so a schedule of 100,000 releases a
// second must not do that for each. A pacer therefore never sleeps for less than [Grain]: what
// falls due within a grain of the last release is released together at the grain's end, up to a
// grain late.
//
// That is not all a release costs. A message sent alone wakes the server, whose answer wakes this
// process, and waking an idle processor costs more than the message. So where a schedule is dense,
// from some 12,000 items a second on, items leave in bundles, up to [Bundle] late: the schedule is
// known, so the pacer looks ahead and sees it. The price stands in the lag. Sparse schedules are
// exact. Rejected were spinning (a core burnt, and on a
// small machine it is the core the measured work needs), a locked thread in ppoll (as accurate,
// yet it takes a thread away from the scheduler on each wake), and a Go timer per item (1 ms late).
package pace
