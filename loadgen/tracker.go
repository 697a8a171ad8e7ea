package loadgen

import (
	"slices"

	"pushbench/results"
)

// tracker accounts for one flow at one client: which sequence numbers arrived, in which order, how often.
// It stays 32 bytes for a well-behaved server; only gaps cost memory.
type tracker struct {
	next uint32
	// gaps are the numbers passed over so far, ascending and disjoint.
	gaps []span
}

// span is the numbers from lo up to, not including, hi.
type span struct{ lo, hi uint32 }

// arrival says what a sequence number was when it arrived.
type arrival int

const (
	inOrder arrival = iota
	late            // it had been passed over: delivered, but reordered
	duplicate
)

// receive accounts for one arrival.
func (t *tracker) receive(seq uint32) arrival {
	switch {
	case seq == t.next:
		t.next++
		return inOrder
	case seq > t.next:
		t.gaps = append(t.gaps, span{t.next, seq})
		t.next = seq + 1
		return inOrder
	default:
		return t.fill(seq)
	}
}

// fill takes seq out of the gaps, or finds that it was there already.
func (t *tracker) fill(seq uint32) arrival {
	i, found := slices.BinarySearchFunc(t.gaps, seq, func(g span, seq uint32) int {
		switch {
		case g.hi <= seq:
			return -1
		case g.lo > seq:
			return 1
		}
		return 0
	})
	if !found {
		return duplicate
	}
	g := t.gaps[i]
	switch {
	case g.hi-g.lo == 1:
		t.gaps = slices.Delete(t.gaps, i, i+1)
	case seq == g.lo:
		t.gaps[i].lo++
	case seq == g.hi-1:
		t.gaps[i].hi--
	default:
		t.gaps[i].hi = seq
		t.gaps = slices.Insert(t.gaps, i+1, span{seq + 1, g.hi})
	}
	return late
}

// lost counts, among the numbers from first up to end, those passed over and those still awaited.
func (t *tracker) lost(first, end uint32) (missed, undelivered int64) {
	for _, g := range t.gaps {
		if lo, hi := max(g.lo, first), min(g.hi, end); hi > lo {
			missed += int64(hi - lo)
		}
	}
	if from := max(t.next, first); end > from {
		undelivered = int64(end - from)
	}
	return missed, undelivered
}

// addTo adds the numbers from first up to end to what was expected, and those that did not arrive to what is missing.
func (t *tracker) addTo(d *results.Delivery, first, end uint32) {
	if end > first {
		d.Expected += int64(end - first)
	}
	missed, undelivered := t.lost(first, end)
	d.Missed += missed
	d.Undelivered += undelivered
}

// excuse takes the numbers that did not arrive out of what was expected, from first on and as far as they are within the spans, and returns how many.
func (t *tracker) excuse(d *results.Delivery, first uint32, spans []span) (n int64) {
	for _, s := range spans {
		missed, undelivered := t.lost(max(s.lo, first), s.hi)
		d.Missed -= missed
		d.Undelivered -= undelivered
		n += missed + undelivered
	}
	d.Expected -= n
	return n
}

// has says whether seq arrived.
func (t *tracker) has(seq uint32) bool {
	missed, undelivered := t.lost(seq, seq+1)
	return missed+undelivered == 0
}
