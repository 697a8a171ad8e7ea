package scenarios

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// As many clients are slow as the share says, and they stand evenly: no two stretches of the same length differ by more than one.
func TestSlowClientsStandEvenly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Default()
		s.Clients = rapid.IntRange(1, 5000).Draw(t, "clients")
		s.Slow.Share = Fraction(rapid.Float64Range(0, 0.9).Draw(t, "share"))
		n, before := 0, []int{0}
		for i := range s.Clients {
			if s.IsSlow(i) {
				n++
			}
			before = append(before, n)
		}
		if n != s.SlowClients() {
			t.Fatalf("%d clients are slow, want %d", n, s.SlowClients())
		}
		length := rapid.IntRange(1, s.Clients).Draw(t, "length")
		least, most := s.Clients, 0
		for i := length; i < len(before); i++ {
			least, most = min(least, before[i]-before[i-length]), max(most, before[i]-before[i-length])
		}
		if most-least > 1 {
			t.Fatalf("of %d clients in a row between %d and %d are slow", length, least, most)
		}
	})
}

func TestSlowFindings(t *testing.T) {
	for _, tc := range []struct {
		share   Fraction
		clients int
		want    string
	}{
		{0, 1, ""}, {0.05, 20, ""}, {0.05, 9, "slow.share: 0.05 of 9 clients makes 0 slow ones"}, {0.9, 2, "slow.share: 0.9 of 2 clients makes 2 slow ones"},
	} {
		s := Default()
		s.Name, s.Pattern, s.Clients, s.Slow.Share = "x", Broadcast, tc.clients, tc.share
		problems := s.Validate()
		if got := problems.Error(); (len(problems) > 0) != (tc.want != "") || !strings.HasPrefix(got, tc.want) {
			t.Errorf("%v of %d: %q, want %q", tc.share, tc.clients, got, tc.want)
		}
	}
}
