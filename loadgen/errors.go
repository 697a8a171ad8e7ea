package loadgen

import (
	"errors"
	"maps"
	"sync"
)

// errRoundOver is for a session that was opened when the round had ended.
var errRoundOver = errors.New("the round is over")

// errorCounts counts what went wrong on connections, by kind. The zero value works.
type errorCounts struct {
	mu     sync.Mutex
	counts map[string]int64
	// example is the first error, for a message that a person reads.
	example error
}

func (e *errorCounts) add(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.counts == nil {
		e.counts, e.example = map[string]int64{}, err
	}
	e.counts[errorKind(err)]++
}

// snapshot returns a copy of the counts and the first error; nil and nil if there was none.
func (e *errorCounts) snapshot() (map[string]int64, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.counts), e.example
}

// errorKind is the short name under which an error is counted. Targets name theirs with a method Kind.
func errorKind(err error) string {
	var named interface{ Kind() string }
	if errors.As(err, &named) {
		return named.Kind()
	}
	return "connection"
}
