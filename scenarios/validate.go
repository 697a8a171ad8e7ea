package scenarios

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// MaxPublishes is the most publishes of one round: every one has a due time in memory.
const MaxPublishes = 50_000_000

// finding is something wrong with the values themselves, wherever they were said.
// The first of the fields is the one to blame; a report points at the first that was said at all.
type finding struct {
	fields  []string
	problem string
	allowed string
}

// Validate lists everything wrong with the scenario: values out of bounds and contradictions between them.
// It knows no files, so its problems have no origin; Draft.Resolve adds those.
func (s *Scenario) Validate() Problems {
	var problems Problems
	for _, f := range s.findings() {
		problems = append(problems, Problem{Field: baseField(f.fields[0]), Problem: f.problem, Allowed: f.allowed})
	}
	return problems
}

// baseField is the field without an item's index: `transports` of `transports[2]`.
func baseField(field string) string {
	base, _, _ := strings.Cut(field, "[")
	return base
}

// Resolve validates and returns the scenario with RatePerClient resolved into Rate. The error is a Problems.
func (s *Scenario) Resolve() (*Scenario, error) {
	resolved := s.Clone()
	resolved.rescale()
	return resolved, resolved.Validate().Err()
}

// Clone is a deep copy.
func (s *Scenario) Clone() *Scenario {
	c := *s
	c.Answer = slices.Clone(s.Answer)
	c.Transports = slices.Clone(s.Transports)
	c.Stages = slices.Clone(s.Stages)
	c.Mix = slices.Clone(s.Mix)
	c.Thresholds = slices.Clone(s.Thresholds)
	c.PayloadMix = slices.Clone(s.PayloadMix)
	c.Gate = s.Gate.clone()
	c.Sweep = slices.Clone(s.Sweep)
	for i := range c.Sweep {
		c.Sweep[i].Values = slices.Clone(c.Sweep[i].Values)
	}
	return &c
}

// ClientKind is whose protocol code the clients run: lean where an older file does not say.
func (s *Scenario) ClientKind() ClientKind { return cmp.Or(s.Client, Lean) }

// Audience is how many clients receive each message, at most.
func (s *Scenario) Audience() int {
	switch s.Pattern {
	case Broadcast:
		return s.Clients
	case Rooms:
		return min(s.RoomSize, s.Clients)
	}
	return 1
}

// UplinkRate is how many messages a second the clients send to the application; 0 if the pattern has none.
func (s *Scenario) UplinkRate() Rate {
	if s.Pattern != Duplex {
		return 0
	}
	return cmp.Or(s.UpRate, s.Rate)
}

// Publishes is how many messages fall due in a phase of length d: rate × d, rounded to the nearest.
func (s *Scenario) Publishes(d time.Duration) int {
	return int(math.Round(float64(s.Rate) * d.Seconds()))
}

func (s *Scenario) findings() []finding {
	found := s.pointFindings()
	return append(found, s.sweepFindings()...)
}

// pointFindings is the findings of the values themselves, the sweep left aside.
func (s *Scenario) pointFindings() []finding {
	var found []finding
	for i := range parameters {
		found = append(found, parameters[i].findings(s)...)
	}
	checks := []func(*Scenario) []finding{
		rateFindings, publishFindings, roomFindings, slowFindings, mixFindings, payloadFindings, headerFindings, reconnectFindings, outageFindings, churnFindings,
		stageFindings, thresholdFindings, gateFindings,
	}
	for _, check := range checks {
		found = append(found, check(s)...)
	}
	return found
}

func (p *Parameter) findings(s *Scenario) []finding {
	var found []finding
	if problem := p.check(s); problem != "" {
		fields := append([]string{p.Path}, twins(p.Path)...) // one of which may be what was said
		found = append(found, finding{fields, problem, p.Allowed})
	}
	if p.items == nil {
		return found
	}
	items := p.items(s)
	for i := range items {
		if problem := p.checkItem(items, i); problem != "" {
			found = append(found, finding{[]string{fmt.Sprintf("%s[%d]", p.Path, i), p.Path}, problem, p.Allowed})
		}
	}
	return found
}

// rateFindings holds Rate to RatePerClient × Clients while the latter is in force.
func rateFindings(s *Scenario) []finding {
	if s.RatePerClient == 0 || s.Rate == s.RatePerClient*Rate(s.Clients) {
		return nil
	}
	return []finding{{
		[]string{"rate", "rate_per_client"},
		fmt.Sprintf("%v contradicts rate_per_client %v × %d clients", s.Rate, s.RatePerClient, s.Clients),
		"one of the two",
	}}
}

// publishFindings wants at least one publish to measure, and no more than fit in memory.
func publishFindings(s *Scenario) []finding {
	fields := []string{"rate", "rate_per_client", "duration"}
	if s.RatePerClient != 0 {
		fields = append(fields, "clients")
	}
	if !(s.Rate > 0) || s.Rate > rateBounds.most || s.Duration <= 0 || s.Duration > 24*time.Hour {
		return nil // said already, of the value itself
	}
	switch n := float64(s.Rate+s.UplinkRate()) * (s.Warmup + s.Duration).Seconds(); {
	case s.Publishes(s.Duration) < 1:
		return []finding{{fields, fmt.Sprintf("%v for %s gives no publish", s.Rate, printDuration(s.Duration)), "rate × duration of at least 1"}}
	case n > MaxPublishes:
		return []finding{{fields, fmt.Sprintf("%v for %s gives %.0f publishes", s.Rate, printDuration(s.Warmup+s.Duration), n), fmt.Sprintf("at most %d", MaxPublishes)}}
	}
	return nil
}

// SlowClients is how many of the clients read slowly.
func (s *Scenario) SlowClients() int {
	return int(math.Round(float64(s.Slow.Share) * float64(s.Clients)))
}

// IsSlow reports whether a client, by its number, is one that reads slowly. They stand evenly among the others.
func (s *Scenario) IsSlow(client int) bool {
	n := s.SlowClients()
	return client*n/s.Clients != (client+1)*n/s.Clients
}

// slowFindings wants there to be clients of both kinds: the question is what the slow ones do to the others.
func slowFindings(s *Scenario) []finding {
	if n := s.SlowClients(); s.Slow.Share == 0 || n > 0 && n < s.Clients {
		return nil
	}
	return []finding{{
		[]string{"slow.share", "clients"},
		fmt.Sprintf("%v of %d clients makes %d slow ones", s.Slow.Share, s.Clients, s.SlowClients()),
		"a share that makes at least one slow and leaves one that is not",
	}}
}

// maxRoomBooks is how many pairs of a speaker and a listener a round can keep books of: 320 MB.
const maxRoomBooks = 10_000_000

// roomFindings wants the books of who heard whom to fit in memory.
func roomFindings(s *Scenario) []finding {
	if s.Pattern != Rooms || s.Clients*s.Audience() <= maxRoomBooks {
		return nil
	}
	return []finding{{
		[]string{"room_size", "clients"},
		fmt.Sprintf("%d for %d clients makes too many pairs of a speaker and a listener", s.RoomSize, s.Clients),
		fmt.Sprintf("clients × room_size of at most %d", maxRoomBooks),
	}}
}

// payloadFindings wants messages to be sized in one way.
func payloadFindings(s *Scenario) []finding {
	switch sized := len(s.PayloadMix) == 0 && s.PayloadFile == ""; {
	case s.PayloadMax > 0 && !sized:
		return []finding{{[]string{"payload_max", "payload_mix", "payload_file"}, fmt.Sprintf("%v goes with payload only", s.PayloadMax), "payload and payload_max, or another way"}}
	case s.PayloadMax > 0 && s.PayloadMax < s.Payload:
		return []finding{{[]string{"payload_max", "payload"}, fmt.Sprintf("%v is less than payload %v", s.PayloadMax, s.Payload), "0B, or at least payload"}}
	case s.PayloadFile != "" && s.PayloadField == "":
		return []finding{{[]string{"payload_field", "payload_file"}, "is missing: " + s.PayloadFile + " has to say where the stamp goes", "the name of a field that holds text, such as text or message.body"}}
	case s.PayloadFile == "" && s.PayloadField != "":
		return []finding{{[]string{"payload_field"}, "goes with payload_file only", "both or neither"}}
	}
	return nil
}

// LargestPayload is the size of the largest message there can be.
func (s *Scenario) LargestPayload() Size {
	most := max(s.Payload, s.PayloadMax)
	for _, m := range s.PayloadMix {
		most = max(most, m.Size)
	}
	if s.PayloadSamples != nil {
		most = max(most, Size(s.PayloadSamples.MaxBytes))
	}
	return most
}

// headerFindings wants sizes only where the preset leaves room for them.
func headerFindings(s *Scenario) []finding {
	var found []finding
	add := func(field string, size Size, wrong bool) {
		if wrong && size != 0 {
			found = append(found, finding{
				[]string{field, "headers"},
				fmt.Sprintf("%v contradicts headers %s", size, s.Headers.Preset), "sizes without a preset, or a preset without this size",
			})
		}
	}
	none := s.Headers.Preset == HeadersNone
	add("headers.request", s.Headers.Request, none || s.Headers.Preset == HeadersBrowser)
	add("headers.cookie", s.Headers.Cookie, none)
	add("headers.response", s.Headers.Response, none)
	return found
}

// thresholdFindings wants rules that can be judged; what is no line of text at all has been said of the value itself.
func thresholdFindings(s *Scenario) []finding {
	var found []finding
	for i, rule := range s.Thresholds {
		if _, err := ParseThreshold(rule); err != nil && ruleProblem(s.Thresholds, i) == "" {
			found = append(found, finding{[]string{fmt.Sprintf("thresholds[%d]", i), "thresholds"}, fmt.Sprintf("%.60q %v", rule, err), thresholdForm})
		}
	}
	return found
}

// sweepFindings tries every point of the sweep and reports what is wrong there and not already at the base.
func (s *Scenario) sweepFindings() []finding {
	if found := s.axisFindings(); len(found) > 0 || len(s.Sweep) == 0 {
		return found
	}
	known := map[string]bool{}
	for _, f := range s.pointFindings() {
		known[f.fields[0]+f.problem] = true
	}
	var found []finding
	for _, point := range s.points() {
		for _, f := range point.scenario.pointFindings() {
			if key := f.fields[0] + f.problem; !known[key] {
				known[key] = true
				found = append(found, finding{sweptFields(f.fields, s.Sweep), "at " + paramsText(point.params) + ": " + f.problem, f.allowed})
			}
		}
	}
	return found
}

// sweptFields puts the blame on the axes among the fields, or else on the first axis.
func sweptFields(fields []string, sweep Sweep) []string {
	var swept []string
	for _, axis := range sweep {
		if slices.Contains(fields, axis.Parameter) {
			swept = append(swept, "sweep."+axis.Parameter)
		}
	}
	return append(swept, "sweep."+sweep[0].Parameter)
}

// axisFindings checks each axis by itself, and that the points can be counted.
func (s *Scenario) axisFindings() []finding {
	var found []finding
	points, seen := 1, map[string]bool{}
	for _, axis := range s.Sweep {
		err := axis.validate()
		same := append([]string{axis.Parameter}, twins(axis.Parameter)...)
		switch {
		case err != nil:
			found = append(found, finding{[]string{"sweep." + axis.Parameter, "sweep"}, err.Error(), axisForm})
		case slices.ContainsFunc(same, func(p string) bool { return seen[p] }):
			found = append(found, finding{[]string{"sweep." + axis.Parameter, "sweep"}, "is swept twice", "one of " + strings.Join(same, " and ") + ", once"})
		}
		seen[axis.Parameter] = true
		points *= max(1, min(len(axis.Values), MaxAxisValues))
		if points > MaxSweepPoints {
			return append(found, finding{[]string{"sweep." + axis.Parameter}, fmt.Sprintf("makes more than %d combinations", MaxSweepPoints), "fewer values or axes"})
		}
	}
	return found
}

// exclusive are the parameters that stand for the same quantity: of each group, one layer may set one.
var exclusive = [][]string{{"rate", "rate_per_client"}, {"payload", "payload_mix", "payload_file"}}

// twins are the others that stand for the same quantity as a parameter.
func twins(path string) []string {
	for _, group := range exclusive {
		if slices.Contains(group, path) {
			return slices.DeleteFunc(slices.Clone(group), func(p string) bool { return p == path })
		}
	}
	return nil
}
