package chart

import (
	"testing"
	"time"

	"pushbench/results"
)

// A stage is marked at its first second, and stays so where seconds are joined.
func TestStagesAreMarked(t *testing.T) {
	all := seconds(1000, -1)
	stages := []results.Stage{
		{Start: time.Second, End: 500 * time.Second, FromClients: 200, Clients: 200, FromRate: 2, Rate: 2},
		{Start: 500 * time.Second, End: 1000 * time.Second, FromClients: 200, Clients: 2000, FromRate: 2, Rate: 20.5},
	}
	var got []string
	for _, s := range thinned(marked(inARow(all), all, stages)) {
		if s.mark != "" {
			got = append(got, s.from.String()+" "+s.mark)
		}
	}
	if len(got) != 2 || got[0] != "1s 200 users, 2/s" || got[1] != "8m20s to 2,000 users, 20.5/s" {
		t.Errorf("marks %q", got)
	}
}
