package loadgen

import (
	"errors"
	"fmt"
	"maps"
	"testing"
)

type kindly struct{ error }

func (kindly) Kind() string { return "http 503" }

func TestErrorCounts(t *testing.T) {
	var e errorCounts
	if counts, first := e.snapshot(); counts != nil || first != nil {
		t.Errorf("no errors are %v, %v", counts, first)
	}
	first := errors.New("reset")
	e.add(first)
	e.add(fmt.Errorf("poll: %w", kindly{errors.New("busy")}))
	e.add(kindly{errors.New("busy again")})
	counts, example := e.snapshot()
	if want := map[string]int64{"connection": 1, "http 503": 2}; !maps.Equal(counts, want) || example != first {
		t.Errorf("counted %v with %v, want %v with %v", counts, example, want, first)
	}
	counts["connection"] = 9
	if again, _ := e.snapshot(); again["connection"] != 1 {
		t.Error("a snapshot changed the counts")
	}
}
