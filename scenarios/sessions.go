package scenarios

import (
	"fmt"
	"time"
)

// Reconnecting is how a client that lost its session comes back.
type Reconnecting struct {
	// Backoff is the wait before the first attempt; each further one waits twice as long, up to Max. 0 is a client that does not come back.
	Backoff time.Duration `yaml:"backoff" json:"backoff_ns"`
	Max     time.Duration `yaml:"max" json:"max_ns"`
	Jitter  Jitter        `yaml:"jitter" json:"jitter"`
	// Resume lets a client go on where it was; without it a session begins with what is published from then on.
	Resume bool `yaml:"resume" json:"resume"`
}

// Jitter is how a wait is drawn, given its longest.
type Jitter string

// The kinds of jitter.
const (
	FullJitter Jitter = "full" // evenly between nothing and the whole wait
	NoJitter   Jitter = "none" // the whole wait: clients lost together come back together
)

// Jitters lists every kind.
var Jitters = []Jitter{FullJitter, NoJitter}

func sessionParameters() []Parameter {
	return []Parameter{
		number("reconnect.backoff", "The wait before a client that lost its session tries to come back, doubled after each failure; 0s is never.", durationCodec,
			func(s *Scenario) *time.Duration { return &s.Reconnect.Backoff }, bounds[time.Duration]{0, time.Hour}),
		number("reconnect.max", "The longest such wait.", durationCodec,
			func(s *Scenario) *time.Duration { return &s.Reconnect.Max }, bounds[time.Duration]{0, time.Hour}),
		choice("reconnect.jitter", "Whether a wait is drawn between nothing and its length, or is as long for all.", Jitters,
			func(s *Scenario) *Jitter { return &s.Reconnect.Jitter }),
		scalar("reconnect.resume", "Whether a client that comes back goes on where it was, or begins with what is published from then on.", boolCodec,
			func(s *Scenario) *bool { return &s.Reconnect.Resume }),
	}
}

// reconnectFindings wants a longest wait that the first one does not exceed.
func reconnectFindings(s *Scenario) []finding {
	if r := s.Reconnect; r.Backoff > r.Max {
		return []finding{{
			[]string{"reconnect.max", "reconnect.backoff"},
			fmt.Sprintf("lets reconnect.max %s be below reconnect.backoff %s", printDuration(r.Max), printDuration(r.Backoff)), "a reconnect.max of at least reconnect.backoff",
		}}
	}
	return nil
}
