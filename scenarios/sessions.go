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
	// Kill lets the server's process die, and another take its place with a log of its own; otherwise it is the clients' network that fails.
	Kill bool `yaml:"kill" json:"kill,omitempty"`
}

// Churn is clients that leave, and come as new ones, without a cursor.
type Churn struct {
	// Share is how many of all clients leave each second; 0 is none. They take turns.
	Share Fraction `yaml:"share" json:"share_per_second,omitempty"`
	// Away is how long each is away.
	Away time.Duration `yaml:"away" json:"away_ns,omitempty"`
}

// mostAway is how many of all clients may be away at a time: beyond that a client's turn would come before it is back.
const mostAway = 0.8

// churnFindings wants clients that only listen, and are there most of the time.
func churnFindings(s *Scenario) []finding {
	c := s.Churn
	if c.Share == 0 {
		return nil
	}
	var found []finding
	if away := float64(c.Share) * c.Away.Seconds(); away > mostAway {
		found = append(found, finding{
			[]string{"churn.away", "churn.share"},
			fmt.Sprintf("lets %.0f%% of the clients be away at a time", 100*away), fmt.Sprintf("churn.share × churn.away of at most %g%%", 100*mostAway),
		})
	}
	if s.Pattern.ClientsSpeak() || s.Pattern == Duplex {
		found = append(found, finding{
			[]string{"churn.share", "pattern"}, fmt.Sprintf("contradicts pattern %s: a user who is away has nothing to send", s.Pattern), "pattern broadcast or direct",
		})
	}
	if s.Outage.At > 0 {
		found = append(found, finding{[]string{"churn.share", "outage.at"}, "contradicts outage.at: of a client that is away by plan nobody knows whether the outage met it", "one of the two"})
	}
	return found
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
		fraction("fallback", "How many of the clients of a WebSocket arm have their upgrade fail each time and fall back to long-polling.",
			func(s *Scenario) *Fraction { return &s.Fallback }, bounds[Fraction]{0, 1}),
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
		scalar("outage.kill", "Whether it is the server's process that dies, its log with it, and another takes its place after that time; else it is the clients' network that fails.",
			boolCodec, func(s *Scenario) *bool { return &s.Outage.Kill }),
		fraction("churn.share", "How many of all clients leave each second, each to come again later as a new user; 0 is none.",
			func(s *Scenario) *Fraction { return &s.Churn.Share }, bounds[Fraction]{0, 1}),
		number("churn.away", "How long a client that left is away.", durationCodec,
			func(s *Scenario) *time.Duration { return &s.Churn.Away }, pauseBounds).with(added),
	}
}

// outageFindings wants an outage within the steady phase, and clients that come back from it.
func outageFindings(s *Scenario) []finding {
	o := s.Outage
	switch {
	case o == Outage{}:
		return nil
	case o.At == 0:
		return []finding{{[]string{"outage.refuse", "outage.kill", "outage.at"}, "needs an outage.at", "an instant of the steady phase, such as outage.at 1s"}}
	}
	var found []finding
	if o.At >= s.Duration {
		found = append(found, finding{
			[]string{"outage.at", "duration"},
			fmt.Sprintf("puts the outage at %s behind the steady phase of %s", printDuration(o.At), printDuration(s.Duration)),
			"an outage.at below duration",
		})
	}
	if o.Kill && s.TLS != TLSOff {
		found = append(found, finding{
			[]string{"outage.kill", "tls"}, "contradicts tls " + string(s.TLS) + ": the process that takes over proves itself with a certificate of its own, which no client knows", "tls off",
		})
	}
	if o.Kill && s.Pattern == Duplex {
		found = append(found, finding{
			[]string{"outage.kill", "pattern"},
			"contradicts pattern duplex: the application listens to the server that is killed, and does not listen again",
			"another pattern, or outage.kill false",
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
