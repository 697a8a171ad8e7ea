package loadgen

import (
	"testing"

	"pgregory.net/rapid"

	"pushbench/results"
)

// Whatever a session says of its bytes, and whatever share of a batch belongs to the steady phase, the parts of what was charged sum exactly and none is negative.
func TestPartsSumExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s split
		var now Parts
		var overhead int64
		bytes := rapid.Int64Range(0, 5000)
		for range rapid.IntRange(1, 20).Draw(t, "charges") {
			now.Headers += bytes.Draw(t, "headers")
			now.TLS += bytes.Draw(t, "TLS")
			now.EmptyPolls += bytes.Draw(t, "empty")
			charged := bytes.Draw(t, "charged")
			p := s.divide(now, charged)
			if p.Sum() != charged {
				t.Fatalf("%d bytes were divided into %+v", charged, p)
			}
			steady := rapid.Int64Range(0, charged).Draw(t, "steady")
			s.enter(p, steady, charged)
			overhead += steady
		}
		if p := s.spentOn; p.Sum() != overhead || min(p.Framing, p.Headers, p.TLS, p.EmptyPolls) < 0 {
			t.Fatalf("%d bytes went into %+v", overhead, p)
		}
		if a := s.assigned; a.Headers > now.Headers || a.TLS > now.TLS || a.EmptyPolls > now.EmptyPolls {
			t.Fatalf("%+v were charged of %+v", a, now)
		}
	})
}

// A part beyond what is left to charge, as with a library that read ahead, is not lost: the next charge has it.
func TestAPartThatExceedsItsChargeWaits(t *testing.T) {
	var s split
	if p := s.divide(Parts{Headers: 100, TLS: 44}, 120); p != (results.OverheadParts{Headers: 100, TLS: 20}) {
		t.Errorf("the first charge went into %+v", p)
	}
	if p := s.divide(Parts{Headers: 100, TLS: 66}, 50); p != (results.OverheadParts{TLS: 46, Framing: 4}) {
		t.Errorf("the second charge went into %+v", p)
	}
}

// Of sends that did not all come back, each part counts by the same share.
func TestPartsOfLostSends(t *testing.T) {
	var all posted
	for range 10 {
		all.add(Traffic{Sent: 130, Received: 30, Parts: Parts{Known: true, Headers: 33, TLS: 22}}, 100)
	}
	var s split
	s.chargePosted(all, 9*60)
	if s.spentOn != (results.OverheadParts{Headers: 9 * 33, TLS: 9 * 22, Framing: 9 * 5}) || all.untold {
		t.Errorf("nine of ten sends went into %+v, untold %v", s.spentOn, all.untold)
	}
}
