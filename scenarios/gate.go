package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	"go.yaml.in/yaml/v4"

	"pushbench/scenarios/document"
)

// Gate is how a candidate server is judged against a baseline under this scenario.
type Gate struct {
	// Tolerance is the rise that is accepted; Limit the rise that must be ruled out for a pass.
	Tolerance Fraction `yaml:"tolerance" json:"tolerance"`
	Limit     Fraction `yaml:"limit" json:"limit"`
	// Alpha is the chance of one false alarm over all rules of latency and cost.
	Alpha Fraction `yaml:"alpha" json:"alpha"`
	// MinPairs and MaxPairs bound the pairs of slices; at MinPairs the first decision is taken. MaxPairs 0 leaves it to the time budget.
	MinPairs int `yaml:"min_pairs" json:"min_pairs"`
	MaxPairs int `yaml:"max_pairs" json:"max_pairs,omitempty"`
	// Metrics are what is judged, by the keys of results.Quantities, over Transports.
	Metrics    []string    `yaml:"metrics" json:"metrics"`
	Transports []Transport `yaml:"transports" json:"transports"`
	// Accept lists known rises that do not fail, each until a day.
	Accept []Accepted `yaml:"accept" json:"accept,omitempty"`
}

// Accepted is a rise that somebody decided to live with for a while.
type Accepted struct {
	Metric    string    `yaml:"metric" json:"metric"`
	Transport Transport `yaml:"transport" json:"transport,omitempty"` // empty: every one
	Until     Date      `yaml:"until" json:"until"`                   // the last day
	Reason    string    `yaml:"reason" json:"reason"`
}

// Covers says whether the entry is about a metric over a transport.
func (a Accepted) Covers(metric string, t Transport) bool {
	return a.Metric == metric && (a.Transport == "" || a.Transport == t)
}

// Date is a day, written 2027-01-31.
type Date string

// Passed says whether the day is over, in UTC.
func (d Date) Passed(now time.Time) bool { return now.UTC().Format(time.DateOnly) > string(d) }

// Fraction is a share of one. In a file it is written `10%` or `0.1`.
type Fraction float64

const fractionForm = "a share such as 10% or 0.1"

// ParseFraction reads a share. Any error is a *UnitError.
func ParseFraction(s string) (Fraction, error) {
	number, percent := strings.CutSuffix(s, "%")
	v, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, &UnitError{"share", s, fractionForm}
	}
	if percent {
		v /= 100
	}
	return Fraction(v), nil
}

// String is the share as it was said, 0.1 as `0.1`: every value reads back as itself.
func (f Fraction) String() string { return strconv.FormatFloat(float64(f), 'g', -1, 64) }

var fractionCodec = codec[Fraction]{
	kind: "share", form: fractionForm, tags: []string{tagString, tagInt, tagFloat},
	pattern: `^[0-9]+(\.[0-9]+)?%?$`, parse: ParseFraction, print: Fraction.String,
}

// DefaultGate survives noisy machines: report/gate/README.md says how it was chosen.
func DefaultGate() Gate {
	return Gate{
		Tolerance: 0.10, Limit: 0.25, Alpha: 0.01, MinPairs: 10,
		Metrics: []string{"latency_p99", "overhead_bytes_p50", "missed", "duplicated"}, Transports: []Transport{WebSocket, LongPoll},
	}
}

// fraction makes the parameter for a share, which a file may also write as a plain number.
func fraction(path, doc string, at func(*Scenario) *Fraction, b bounds[Fraction]) Parameter {
	return number(path, doc, fractionCodec, at, b).with(func(p *Parameter) {
		p.schema = func() *jsonschema.Schema {
			return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: "string", Pattern: fractionCodec.pattern}, {Type: "number", Minimum: jsonschema.Ptr(0.0)}}}
		}
	})
}

func gateParameters() []Parameter {
	pairs := bounds[int]{0, 1000} // the exact test of more takes too long
	return []Parameter{
		fraction("gate.tolerance", "Rise of a metric that a gate accepts.", func(s *Scenario) *Fraction { return &s.Gate.Tolerance }, bounds[Fraction]{0, 10}).with(fixed),
		fraction("gate.limit", "Rise that a gate must rule out before it passes.", func(s *Scenario) *Fraction { return &s.Gate.Limit }, bounds[Fraction]{0.001, 100}).with(fixed),
		fraction("gate.alpha", "Chance that a gate fails identical servers by their latency or cost, over all rules.",
			func(s *Scenario) *Fraction { return &s.Gate.Alpha }, bounds[Fraction]{1e-6, 0.49}).with(fixed),
		number("gate.min_pairs", "Pairs at which a gate decides first.", countCodec, func(s *Scenario) *int { return &s.Gate.MinPairs }, pairs).with(fixed),
		number("gate.max_pairs", "Pairs at which a gate decides last; 0 leaves it to the time budget.", countCodec,
			func(s *Scenario) *int { return &s.Gate.MaxPairs }, pairs).with(fixed),
		listParameter("gate.metrics", "What a gate judges, such as latency_p99.", func(s *Scenario) *[]string { return &s.Gate.Metrics }),
		gateTransportsParameter(),
	}
}

// fixed keeps a parameter out of sweeps.
func fixed(p *Parameter) { p.fixed = true }

func gateTransportsParameter() Parameter {
	p := transportsParameter()
	p.Path, p.Doc = "gate.transports", "The transports that a gate measures, of the scenario's."
	p.items = func(s *Scenario) []string { return textsOf(s.Gate.Transports) }
	p.setItems = func(s *Scenario, items []string) {
		s.Gate.Transports = nil
		for _, item := range items {
			s.Gate.Transports = append(s.Gate.Transports, Transport(item))
		}
	}
	p.check = func(*Scenario) string { return "" }
	return p.asList()
}

func (g Gate) clone() Gate {
	g.Metrics, g.Transports, g.Accept = slices.Clone(g.Metrics), slices.Clone(g.Transports), slices.Clone(g.Accept)
	return g
}

// gateFindings checks what several values of a gate say together.
func gateFindings(s *Scenario) []finding {
	var found []finding
	g := s.Gate
	if g.Limit < g.Tolerance {
		found = append(found, finding{[]string{"gate.limit", "gate.tolerance"}, "lets gate.limit be below gate.tolerance", "a gate.limit of at least " + g.Tolerance.String()})
	}
	if g.MaxPairs > 0 && g.MaxPairs < g.MinPairs {
		found = append(found, finding{[]string{"gate.max_pairs", "gate.min_pairs"}, "is below gate.min_pairs", fmt.Sprintf("at least %d, or 0", g.MinPairs)})
	}
	for i, a := range g.Accept {
		if problem := a.problem(); problem != "" {
			found = append(found, finding{[]string{fmt.Sprintf("gate.accept[%d]", i)}, problem, acceptForm})
		}
	}
	return found
}

const acceptForm = "entries such as {metric: latency_p99, transport: longpoll, until: 2027-01-31, reason: why}; transport may be left out"

func (a Accepted) problem() string {
	_, err := time.Parse(time.DateOnly, string(a.Until))
	switch {
	case a.Metric == "":
		return "names no metric"
	case a.Transport != "" && !slices.Contains(Transports, a.Transport):
		return fmt.Sprintf("%q is not a transport", a.Transport)
	case err != nil:
		return fmt.Sprintf("until %q is not a day", a.Until)
	case a.Reason == "" || !isOneLine(a.Reason):
		return "gives no reason on one line"
	}
	return ""
}

// accepts decodes the entries of gate.accept.
func (d *Draft) accepts(key, value *yaml.Node) {
	if value.Kind != yaml.SequenceNode {
		d.reject("gate.accept", key, document.WrongType(value), acceptForm)
		return
	}
	d.said("gate.accept", d.at(key))
	d.scenario.Gate.Accept = nil
	for i, item := range value.Content {
		d.origins[fmt.Sprintf("gate.accept[%d]", i)] = d.at(item)
		d.scenario.Gate.Accept = append(d.scenario.Gate.Accept, d.accepted(item))
	}
}

func (d *Draft) accepted(item *yaml.Node) (a Accepted) {
	if item.Kind != yaml.MappingNode {
		d.report(d.at(item), "gate.accept", document.WrongType(item), acceptForm)
		return a
	}
	fields := map[string]*string{"metric": &a.Metric, "transport": (*string)(&a.Transport), "until": (*string)(&a.Until), "reason": &a.Reason}
	for i := 0; i+1 < len(item.Content); i += 2 {
		k, v := item.Content[i], item.Content[i+1]
		if field := fields[k.Value]; field == nil || v.Kind != yaml.ScalarNode {
			d.report(d.at(k), "gate.accept", fmt.Sprintf("%q is not a key with one value here", k.Value), acceptForm)
		} else {
			*field = strings.TrimSpace(v.Value)
		}
	}
	return a
}

func (g Gate) acceptNode() *yaml.Node {
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, a := range g.Accept {
		entry := mappingNode()
		addPair(entry, "metric", textNode(a.Metric))
		if a.Transport != "" {
			addPair(entry, "transport", textNode(string(a.Transport)))
		}
		addPair(entry, "until", textNode(string(a.Until)))
		addPair(entry, "reason", textNode(a.Reason))
		list.Content = append(list.Content, entry)
	}
	return list
}

func acceptSchema() *jsonschema.Schema {
	text := &jsonschema.Schema{Type: "string", MinLength: jsonschema.Ptr(1)}
	return &jsonschema.Schema{
		Type: "array", Description: "Known rises that do not fail a gate, each until a day: " + acceptForm + ".",
		Items: &jsonschema.Schema{
			Type: "object", Required: []string{"metric", "until", "reason"}, AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
			Properties: map[string]*jsonschema.Schema{
				"metric": text, "transport": enumSchema(Comparable), "reason": text, "until": {Type: "string", Pattern: `^\d{4}-\d\d-\d\d$`},
			},
			PropertyOrder: []string{"metric", "transport", "until", "reason"},
		},
	}
}
