package target

import (
	"errors"
	"testing"

	"pushbench/loadgen"
)

// A message may come back before the goroutine that sent it has counted it. The receiving one must not take the frame for the session's own.
func TestTheSessionsOwnBytesWhileSending(t *testing.T) {
	for _, sends := range []bool{true, false} {
		var s sending
		l := ledger{own: true}
		l.sent.Add(170)
		s.opening(loadgen.ClientSpec{Sends: sends}, flow{bytes: 170})
		if !sends {
			l.sent.Add(6) // a pong
			if got := s.own(flow{bytes: l.traffic().Sent}).bytes; got != 176 {
				t.Errorf("a client that never sends has sent %d bytes of its own, want 176", got)
			}
			continue
		}
		cost, err := s.write(&l, func() error {
			l.sent.Add(50) // on the wire, and perhaps back already
			if got := s.own(flow{bytes: l.traffic().Sent}).bytes; got != 170 {
				t.Errorf("in the middle of a write the session has sent %d bytes of its own, want the 170 of its upgrade", got)
			}
			return nil
		})
		if cost.Sent != 50 || err != nil {
			t.Errorf("the write took %+v, %v; want 50 bytes", cost, err)
		}
		failed, err := s.write(&l, func() error { l.sent.Add(20); return errors.New("reset") })
		if failed.Sent != 20 || err == nil {
			t.Errorf("the write that failed took %+v, %v; want the 20 bytes that left", failed, err)
		}
		l.sent.Add(8) // the farewell
		s.over.Store(true)
		if got := s.own(flow{bytes: l.traffic().Sent}).bytes; got != 178 {
			t.Errorf("after its end the session has sent %d bytes of its own, want 178", got)
		}
	}
}
