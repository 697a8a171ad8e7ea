package loadgen

import (
	"testing"

	"pgregory.net/rapid"
)

// The tracker agrees with the plain way to keep the books: a set of what arrived and the highest number seen.
func TestTrackerAgainstAPlainModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const numbers = 30
		var tracked tracker
		seen, highest := map[uint32]int{}, -1
		var wantLate, wantDuplicate, gotLate, gotDuplicate int
		for _, seq := range rapid.SliceOf(rapid.Uint32Range(0, numbers-1)).Draw(t, "arrivals") {
			switch {
			case seen[seq] > 0:
				wantDuplicate++
			case int(seq) < highest:
				wantLate++
			}
			seen[seq]++
			highest = max(highest, int(seq))
			switch tracked.receive(seq) {
			case late:
				gotLate++
			case duplicate:
				gotDuplicate++
			}
		}
		if gotLate != wantLate || gotDuplicate != wantDuplicate {
			t.Fatalf("late %d, duplicate %d; want %d and %d", gotLate, gotDuplicate, wantLate, wantDuplicate)
		}
		first := rapid.Uint32Range(0, numbers).Draw(t, "first")
		end := rapid.Uint32Range(first, numbers).Draw(t, "end")
		var wantMissed, wantUndelivered int64
		for seq := first; seq < end; seq++ {
			switch {
			case seen[seq] > 0:
			case int(seq) < highest:
				wantMissed++
			default:
				wantUndelivered++
			}
		}
		if missed, undelivered := tracked.lost(first, end); missed != wantMissed || undelivered != wantUndelivered {
			t.Fatalf("missed %d, undelivered %d of [%d, %d); want %d and %d", missed, undelivered, first, end, wantMissed, wantUndelivered)
		}
	})
}
