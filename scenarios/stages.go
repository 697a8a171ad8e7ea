package scenarios

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	"go.yaml.in/yaml/v4"

	"pushbench/scenarios/document"
)

// Stage is a part of a steady phase whose load changes. The number of clients and the rate go evenly from those of the stage before to its own; the first stage
// begins with its own and holds them. A stage that takes no time is a step.
type Stage struct {
	Duration time.Duration `json:"duration_ns"`
	Clients  int           `json:"clients"`
	Rate     Rate          `json:"rate_per_second"`
}

// Stages are a steady phase's, in order. Where there are any they say the scenario's Duration, its Clients (the largest number of them) and its Rate (the mean).
type Stages []Stage

const (
	stageForm  = "duration:clients:rate such as 5s:200:10/s"
	stagesForm = "a list of {duration: 5s, clients: 200, rate: 10/s}, or as one text " + stageForm + " with commas between"
	mostStages = 100
)

// String is the stages as ParseStages reads them.
func (s Stages) String() string {
	texts := make([]string, len(s))
	for i, stage := range s {
		texts[i] = fmt.Sprintf("%s:%d:%s", printDuration(stage.Duration), stage.Clients, stage.Rate)
	}
	return strings.Join(texts, ",")
}

// ParseStages reads stages as a flag has them; none are an empty text. Any error is a *UnitError.
func ParseStages(text string) (Stages, error) {
	var all Stages
	for _, item := range splitList(text) {
		stage, err := parseStage(item)
		if err != nil {
			return nil, err
		}
		all = append(all, stage)
	}
	return all, nil
}

func parseStage(text string) (stage Stage, err error) {
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return stage, &UnitError{"stage", text, stageForm}
	}
	if stage.Duration, err = ParseDuration(strings.TrimSpace(parts[0])); err != nil {
		return stage, err
	}
	if stage.Clients, err = ParseCount(strings.TrimSpace(parts[1])); err != nil {
		return stage, err
	}
	stage.Rate, err = ParseRate(strings.TrimSpace(parts[2]))
	return stage, err
}

var stagesCodec = codec[Stages]{kind: "stages", form: stagesForm, tags: []string{tagString}, parse: ParseStages, print: Stages.String}

// Duration is how long all stages take.
func (s Stages) Duration() (d time.Duration) {
	for _, stage := range s {
		d += stage.Duration
	}
	return d
}

// Clients is the largest number of clients of any stage.
func (s Stages) Clients() (n int) {
	for _, stage := range s {
		n = max(n, stage.Clients)
	}
	return n
}

// Busiest is the index of the stage with most deliveries at its end, of those that take time, the first of several alike; −1 without any.
func (s Stages) Busiest() int {
	busiest, most := -1, -1.0
	for i, stage := range s {
		if load := float64(stage.Clients) * float64(stage.Rate); stage.Duration > 0 && load > most {
			busiest, most = i, load
		}
	}
	return busiest
}

// Before is the stage before that of an index, as far as the load goes from it; the first one's is itself.
func (s Stages) Before(i int) Stage { return s[max(0, i-1)] }

// Publishes is how many messages fall due in the stage of an index: its duration × the mean of the rates that it begins and ends with.
func (s Stages) Publishes(i int) float64 {
	return float64(s.Before(i).Rate+s[i].Rate) / 2 * s[i].Duration.Seconds()
}

// Rate is the mean over all stages.
func (s Stages) Rate() Rate {
	var n float64
	for i := range s {
		n += s.Publishes(i)
	}
	if d := s.Duration(); d > 0 {
		return Rate(n / d.Seconds())
	}
	return 0
}

// restage has the stages say what they do.
func (s *Scenario) restage() {
	if len(s.Stages) > 0 {
		s.Duration, s.Clients, s.Rate, s.RatePerClient = s.Stages.Duration(), s.Stages.Clients(), s.Stages.Rate(), 0
	}
}

func stagesParameter() Parameter {
	p := scalar("stages", "How clients and rate change during the steady phase, each evenly to a stage's own; they stand for clients, rate and duration.", stagesCodec,
		func(s *Scenario) *Stages { return &s.Stages }).then((*Scenario).restage).with(fixed)
	p.check = func(s *Scenario) string {
		if n := len(s.Stages); n > mostStages {
			return fmt.Sprintf("has %d stages, more than %d", n, mostStages)
		}
		return ""
	}
	p.schema = stagesSchema
	return p
}

func stagesSchema() *jsonschema.Schema {
	stage := &jsonschema.Schema{
		Type: "object", Required: []string{"duration", "clients", "rate"}, PropertyOrder: []string{"duration", "clients", "rate"},
		Properties:           map[string]*jsonschema.Schema{"duration": durationCodec.schemaOf(), "clients": countCodec.schemaOf(), "rate": rateCodec.schemaOf()},
		AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
	}
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: "string"}, {Type: "array", MaxItems: jsonschema.Ptr(mostStages), Items: stage}}}
}

// stageFindings holds what the stages say against what is said beside them, and wants stages that can be told apart in the results.
func stageFindings(s *Scenario) []finding {
	if len(s.Stages) == 0 {
		return nil
	}
	var found []finding
	add := func(problem, allowed string, fields ...string) {
		found = append(found, finding{fields, problem, allowed})
	}
	for i, stage := range s.Stages {
		switch {
		case stage.Duration < 0 || stage.Duration%time.Second != 0:
			add(fmt.Sprintf("has a stage of %s: results are kept by the second", printDuration(stage.Duration)), "stages of whole seconds, or of 0s, which is a step", fmt.Sprintf("stages[%d]", i), "stages")
		case stage.Clients < 0 || stage.Rate < 0:
			add(fmt.Sprintf("has a stage with %d clients at %v", stage.Clients, stage.Rate), "nothing below 0", fmt.Sprintf("stages[%d]", i), "stages")
		}
	}
	if s.Warmup%time.Second != 0 {
		add(fmt.Sprintf("lets the stages begin after %s: results are kept by the second", printDuration(s.Warmup)), "a warmup of whole seconds", "warmup", "stages")
	}
	if n := s.Stages.Clients(); s.Clients != n {
		add(fmt.Sprintf("%d contradicts the stages, of which the largest has %d", s.Clients, n), "stages alone", "clients", "stages")
	}
	if d := s.Stages.Duration(); s.Duration != d {
		add(fmt.Sprintf("%s contradicts the stages, which take %s", printDuration(s.Duration), printDuration(d)), "stages alone", "duration", "stages")
	}
	if r := s.Stages.Rate(); math.Abs(float64(s.Rate-r)) > 1e-9*float64(r) {
		add(fmt.Sprintf("%v contradicts the stages, whose mean is %v", s.Rate, r), "stages alone", "rate", "rate_per_client", "stages")
	}
	return append(found, stagedPatternFindings(s)...)
}

// stagedPatternFindings wants clients that only listen where their number changes, and one plan of who is there.
func stagedPatternFindings(s *Scenario) []finding {
	var found []finding
	if s.Pattern.ClientsSpeak() || s.Pattern == Duplex {
		found = append(found, finding{
			[]string{"stages", "pattern"}, fmt.Sprintf("contradict pattern %s: a user who is away has nothing to send", s.Pattern), "pattern broadcast or direct",
		})
	}
	if s.Churn.Share > 0 {
		found = append(found, finding{[]string{"stages", "churn.share"}, "contradict churn.share: both say who is there", "one of the two"})
	}
	if s.Outage.At > 0 {
		found = append(found, finding{[]string{"stages", "outage.at"}, "contradict outage.at: of a client that is away by plan nobody knows whether the outage met it", "one of the two"})
	}
	return found
}

// stages decodes a list of stages, each a mapping, or one text.
func (d *Draft) stages(p *Parameter, key, value *yaml.Node) {
	if value.Kind != yaml.SequenceNode {
		d.scalar(p, key, value)
		return
	}
	var texts []string
	for i, item := range value.Content {
		text, ok := d.stageText(item)
		if _, err := parseStage(text); ok && err != nil {
			d.report(d.at(item), p.Path, err.Error(), stagesForm)
			ok = false
		}
		d.broken[p.Path] = d.broken[p.Path] || !ok
		d.origins[fmt.Sprintf("%s[%d]", p.Path, i)] = d.at(item)
		texts = append(texts, text)
	}
	if !d.broken[p.Path] {
		d.set(p, strings.Join(texts, ","), d.at(key))
	}
}

// stageText is a stage's mapping as the text that flags have.
func (d *Draft) stageText(item *yaml.Node) (string, bool) {
	if item.Kind != yaml.MappingNode {
		text, ok := itemText(item, []string{tagString})
		if !ok {
			d.report(d.at(item), "stages", document.WrongType(item), stagesForm)
		}
		return text, ok
	}
	said := map[string]string{}
	names := []string{"duration", "clients", "rate"}
	ok := true
	d.entries(item, "stages", func(k, v *yaml.Node) {
		if !slices.Contains(names, k.Value) || v.Kind != yaml.ScalarNode {
			d.report(d.at(k), "stages", fmt.Sprintf("%q is no number of a stage", k.Value), stagesForm)
			ok = false
		}
		said[k.Value] = v.Value
	})
	for _, name := range names {
		if _, there := said[name]; !there && ok {
			d.report(d.at(item), "stages", "has a stage without "+name, stagesForm)
			ok = false
		}
	}
	return said["duration"] + ":" + said["clients"] + ":" + said["rate"], ok
}
