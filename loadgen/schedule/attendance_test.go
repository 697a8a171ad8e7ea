package schedule

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Everyone has a turn before anyone has a second, as many leave each second as were asked for, and the seed alone decides who.
func TestChurn(t *testing.T) {
	c := Churn{Seed: 3, Clients: 50, Share: 0.2, Away: 700 * time.Millisecond}
	all := c.Absences(10 * time.Second)
	if len(all) != 100 {
		t.Fatalf("%d absences, want 20 %% of 50 in each of 10 s", len(all))
	}
	var turns [2][]int
	for i, a := range all {
		turns[i/50] = append(turns[i/50], a.Client)
		if want := time.Duration(i)*100*time.Millisecond + 50*time.Millisecond; a.From != want || a.To-a.From != c.Away {
			t.Fatalf("absence %d is %+v, want it from %v on", i, a, want)
		}
	}
	if !slices.Equal(turns[0], turns[1]) || slices.IsSorted(turns[0]) {
		t.Errorf("turns %v", turns)
	}
	slices.Sort(turns[0])
	if everyone := slices.Compact(turns[0]); len(everyone) != 50 || everyone[49] != 49 {
		t.Errorf("not everyone had a turn: %v", turns[0])
	}
	if again := c.Absences(10 * time.Second); !slices.Equal(all, again) {
		t.Error("the same seed gave other absences")
	}
	if c.Seed++; slices.Equal(all, c.Absences(10*time.Second)) {
		t.Error("another seed gave the same absences")
	}
}

func TestAttendance(t *testing.T) {
	s := time.Second
	got := Attendance(4, []Level{{0, 1}, {2 * s, 3}, {2 * s, 4}, {4 * s, 4}, {6 * s, 0}})
	want := []Absence{
		{1, -1, s / 2},
		{2, -1, 3 * s / 2},
		{3, -1, 2 * s},
		{3, 4*s + s/4, ForGood},
		{2, 4*s + 3*s/4, ForGood},
		{1, 5*s + s/4, ForGood},
		{0, 5*s + 3*s/4, ForGood},
	}
	if !slices.Equal(got, want) {
		t.Errorf("absences %v, want %v", got, want)
	}
}

// At the end of each part as many clients are there as were asked for, and a client's absences do not overlap.
func TestAttendanceIsWhatWasAskedFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clients := rapid.IntRange(1, 40).Draw(t, "clients")
		levels := []Level{{0, float64(rapid.IntRange(0, clients).Draw(t, "first"))}}
		for range rapid.IntRange(1, 6).Draw(t, "parts") {
			last := levels[len(levels)-1]
			levels = append(levels, Level{last.At + time.Duration(rapid.IntRange(0, 3).Draw(t, "s"))*time.Second, float64(rapid.IntRange(0, clients).Draw(t, "level"))})
		}
		all := Attendance(clients, levels)
		end := map[int]time.Duration{}
		for _, a := range all {
			if a.From > a.To || a.From < end[a.Client] && a.From != -1 {
				t.Fatalf("absence %+v after one until %v", a, end[a.Client])
			}
			end[a.Client] = a.To
		}
		last := levels[len(levels)-1]
		there := clients
		for _, a := range all {
			if a.To == ForGood {
				there--
			}
		}
		if there != int(last.Clients) {
			t.Fatalf("%d clients at the end of %v, want %g", there, levels, last.Clients)
		}
	})
}
