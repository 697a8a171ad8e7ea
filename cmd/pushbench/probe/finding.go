package probe

import (
	"slices"
	"strings"
	"time"
)

// Schema is the version of the report as JSON.
const Schema = 1

// Transport is what a finding bears on. The words are those of scenarios; every kind of polling that parks requests is longpoll.
type Transport string

// The transports that a path is judged for.
const (
	WebSocket Transport = "websocket"
	LongPoll  Transport = "longpoll"
	SSE       Transport = "sse"
)

// Transports lists them in the order of a report.
var Transports = []Transport{WebSocket, LongPoll, SSE}

// Verdict is how a finding bears on its transports.
type Verdict string

// The verdicts.
const (
	Fine     Verdict = "fine"     // nothing to do
	Impaired Verdict = "impaired" // works, at a cost or with a condition that the finding names
	Broken   Verdict = "broken"   // does not work over this path
	Untried  Verdict = "untried"  // nobody knows: the finding says why
)

// gravity orders verdicts: a transport is as well as its gravest finding. What was not tried outweighs nothing.
func (v Verdict) gravity() int {
	switch v {
	case Broken:
		return 3
	case Impaired:
		return 2
	case Fine:
		return 1
	}
	return 0
}

// Finding is one thing that was tried.
type Finding struct {
	// Check names the check it comes from, in words that stay.
	Check      string      `json:"check"`
	Verdict    Verdict     `json:"verdict"`
	Transports []Transport `json:"transports"`
	Tried      string      `json:"tried"`
	Happened   string      `json:"happened"`
	// Means says what follows for the transports.
	Means string `json:"means"`
	// Change has the settings to look at; none if nothing is wrong.
	Change []Change `json:"change"`
	// Measured has the numbers, whose keys carry units. What could not be measured is not there.
	Measured map[string]float64 `json:"measured"`
}

// Change is a setting of one product.
type Change struct {
	// Server is nginx, HAProxy, Envoy, AWS ALB, Apache, or "server" for what is the application's own.
	Server  string `json:"server"`
	Setting string `json:"setting"`
}

// Health is what all findings together say of a transport.
type Health struct {
	Transport Transport `json:"transport"`
	Verdict   Verdict   `json:"verdict"`
	// Why has the checks that made it so.
	Why []string `json:"why"`
}

// Report is what a probe found.
type Report struct {
	Schema  int       `json:"schema"`
	Tool    string    `json:"tool"`
	Target  string    `json:"target"` // masked
	Started time.Time `json:"started"`
	// Speaks is what is known of the server: reference, file or unknown.
	Speaks           string  `json:"speaks"`
	TookSeconds      float64 `json:"took_seconds"`
	IdleBoundSeconds float64 `json:"idle_bound_seconds"`
	Connections      int     `json:"connections"`
	Requests         int     `json:"requests"`
	Published        int     `json:"published"`
	SentBytes        int64   `json:"sent_bytes"`
	ReceivedBytes    int64   `json:"received_bytes"`
	// Proxies are the products that betrayed themselves.
	Proxies  []string  `json:"proxies"`
	Health   []Health  `json:"transports"`
	Findings []Finding `json:"findings"`
	// Interrupted says that the findings are not complete.
	Interrupted bool `json:"interrupted,omitempty"`
}

// Broken lists the transports that do not work over the path.
func (r *Report) Broken() []Transport {
	var broken []Transport
	for _, h := range r.Health {
		if h.Verdict == Broken {
			broken = append(broken, h.Transport)
		}
	}
	return broken
}

// byGravity is the findings in the order in which a reader wants them: what is broken first, what is fine behind it, what was not tried last.
func (r *Report) byGravity() []Finding {
	sorted := slices.Clone(r.Findings)
	slices.SortStableFunc(sorted, func(a, b Finding) int { return b.Verdict.gravity() - a.Verdict.gravity() })
	return sorted
}

// healths sums findings up by transport.
func healths(findings []Finding) []Health {
	var all []Health
	for _, t := range Transports {
		all = append(all, healthOf(t, findings))
	}
	return all
}

// healthOf sums findings up: a transport is as well as its gravest finding, but known to work only if it was seen to.
func healthOf(t Transport, findings []Finding) Health {
	h := Health{Transport: t, Verdict: Untried, Why: []string{}}
	seen := false
	for _, f := range findings {
		if !f.bearsOn(t) {
			continue
		}
		seen = seen || f.Verdict == Fine && f.provesUse()
		if f.Verdict == Broken || f.Verdict == Impaired || f.Verdict == Fine && f.provesUse() {
			h.add(f)
		}
	}
	if h.Verdict == Impaired && !seen {
		h.Verdict = Untried
	}
	return h
}

func (h *Health) add(f Finding) {
	switch {
	case f.Verdict.gravity() > h.Verdict.gravity():
		h.Verdict, h.Why = f.Verdict, []string{f.Check}
	case f.Verdict == h.Verdict && !slices.Contains(h.Why, f.Check):
		h.Why = append(h.Why, f.Check)
	}
}

func (f Finding) bearsOn(t Transport) bool { return slices.Contains(f.Transports, t) }

// provesUse says whether a finding that is fine shows that its transport works, and not only that something of the path does no harm.
func (f Finding) provesUse() bool {
	return strings.HasPrefix(f.Check, checkDelivery) || f.Check == checkUpgrade
}
