package pace

import "time"

// goTimer is the mechanism for platforms without a timerfd. It is built everywhere, so that it is tested
// everywhere and can be measured beside the timerfd.
var goTimer = mechanism{name: "time.Timer", resolution: time.Millisecond, open: openTimer}

// A timer is an alarm on Go's own timers.
type timer struct {
	timer  *time.Timer
	closed chan struct{}
}

func openTimer() (alarm, error) {
	t := &timer{timer: time.NewTimer(time.Hour), closed: make(chan struct{})}
	t.timer.Stop()
	return t, nil
}

func (t *timer) park(arm func()) error {
	arm()
	select {
	case <-t.timer.C:
		return nil
	case <-t.closed:
		return ErrClosed
	}
}

func (t *timer) arm(at time.Time) { t.timer.Reset(time.Until(at)) }

func (t *timer) close() error {
	t.timer.Stop()
	close(t.closed)
	return nil
}
