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

// Outage is a failure that all clients' connections end with. The zero value is none.
type Outage struct {
	// At is when, from the beginning of the steady phase; 0 is never.
	At time.Duration `yaml:"at" json:"at_ns,omitempty"`
	// Refuse is for how long nothing can be connected to.
	Refuse time.Duration `yaml:"refuse" json:"refuse_ns,omitempty"`
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
		number("outage.at", "When all clients' connections are cut, from the beginning of the steady phase; 0s is never.", durationCodec,
			func(s *Scenario) *time.Duration { return &s.Outage.At }, bounds[time.Duration]{0, 24 * time.Hour}),
		number("outage.refuse", "For how long nobody can connect after that.", durationCodec,
			func(s *Scenario) *time.Duration { return &s.Outage.Refuse }, pauseBounds),
	}
}

// outageFindings wants an outage within the steady phase, and clients that come back from it.
func outageFindings(s *Scenario) []finding {
	o := s.Outage
	switch {
	case o == Outage{}:
		return nil
	case o.At == 0:
		return []finding{{[]string{"outage.refuse", "outage.at"}, "needs an outage.at", "an instant of the steady phase, such as outage.at 1s"}}
	}
	var found []finding
	if o.At >= s.Duration {
		found = append(found, finding{
			[]string{"outage.at", "duration"},
			fmt.Sprintf("puts the outage at %s behind the steady phase of %s", printDuration(o.At), printDuration(s.Duration)),
			"an outage.at below duration",
		})
	}
	if s.Reconnect.Backoff == 0 {
		found = append(found, finding{[]string{"outage.at", "reconnect.backoff"}, "needs clients that come back", "a reconnect.backoff above 0s, such as 200ms"})
	}
	return found
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
