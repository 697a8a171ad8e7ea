package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// Parameter is one value of a scenario by its path in the file, such as `network.delay`.
// The table of parameters is the one place that knows how each is named, written, bounded and set:
// files, flags, environment variables, sweeps and the schema all go through it.
type Parameter struct {
	Path    string
	Doc     string // one line, for help and the schema
	Kind    string // one word for its type, such as "rate"
	Allowed string // how a value is written and what bounds it

	tags     []string // the YAML tags its scalar may have
	words    []string // of a choice: the values there are
	identity bool     // says what the scenario is, so no flag changes it
	added    bool     // older run files do not have it
	fixed    bool     // the same for all arms of a run, so no sweep varies it
	mapping  bool     // a mapping in the file, whose pairs stand with colons and commas in flags
	set      func(*Scenario, string) error
	get      func(*Scenario) string
	check    func(*Scenario) string // what is wrong with the value, or ""
	schema   func() *jsonschema.Schema

	span func(rangeSpec) ([]string, error) // of a quantity: the values of a range

	// Of a list: a sequence in the file, commas between in flags.
	items     func(*Scenario) []string
	setItems  func(*Scenario, []string)
	checkItem func(items []string, i int) string
}

// Env is the environment variable that sets the parameter: PUSHBENCH_NETWORK_DELAY for network.delay.
func (p *Parameter) Env() string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(p.Path, ".", "_"))
}

// Overridable reports whether flags and environment variables may set the parameter.
func (p *Parameter) Overridable() bool { return !p.identity }

// Sweepable reports whether a sweep may vary the parameter.
func (p *Parameter) Sweepable() bool { return !p.identity && !p.fixed && p.items == nil }

// Get is the parameter's value in s, as Set reads it.
func (p *Parameter) Get(s *Scenario) string { return p.get(s) }

// Meant is Get, but for a scenario out of a run file that is older than the parameter: there it is the default, by which such a run was made.
func (p *Parameter) Meant(s *Scenario) string {
	value := p.get(s)
	if standard := Default(); p.added && value == p.get(&Scenario{}) {
		return p.get(&standard)
	}
	return value
}

// EnvPrefix starts the names of the environment variables that set parameters.
const EnvPrefix = "PUSHBENCH_"

// Parameters lists every parameter in the order of a scenario file.
func Parameters() []Parameter { return slices.Clone(parameters) }

// LookupParameter finds a parameter by its path. The error of an unknown one suggests what was meant.
func LookupParameter(path string) (*Parameter, error) {
	for i := range parameters {
		if parameters[i].Path == path {
			return &parameters[i], nil
		}
	}
	return nil, fmt.Errorf("unknown parameter %q%s", path, didYouMean(path, parameterPaths()))
}

func parameterPaths() []string {
	paths := make([]string, len(parameters))
	for i, p := range parameters {
		paths[i] = p.Path
	}
	return paths
}

// Set gives the parameter at path the value written in text, as flags and sweeps do, and keeps what depends on it in step:
// rate and rate_per_client replace each other, clients rescales Rate while RatePerClient is in force,
// headers resets the sizes. The error says how the value is written; bounds are Validate's to judge.
func (s *Scenario) Set(path, text string) error {
	p, err := LookupParameter(path)
	if err != nil {
		return err
	}
	if err := p.set(s, text); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// scalar makes the parameter for a field that a codec writes.
func scalar[T any](path, doc string, c codec[T], at func(*Scenario) *T) Parameter {
	return Parameter{
		Path: path, Doc: doc, Kind: c.kind, Allowed: c.form, tags: c.tags,
		set: func(s *Scenario, text string) error {
			v, err := c.parse(text)
			return assign(at(s), v, err)
		},
		get:    func(s *Scenario) string { return c.print(*at(s)) },
		check:  func(*Scenario) string { return "" },
		schema: c.schemaOf,
	}
}

// bounds are the least and the greatest value allowed.
type bounds[T quantity] struct{ least, most T }

// number makes the parameter for a quantity within bounds; it can be swept over a range.
func number[T quantity](path, doc string, c codec[T], at func(*Scenario) *T, b bounds[T]) Parameter {
	p := scalar(path, doc, c, at)
	p.Allowed = fmt.Sprintf("%s, from %s to %s", c.form, c.print(b.least), c.print(b.most))
	p.check = func(s *Scenario) string {
		if v := *at(s); !(v >= b.least && v <= b.most) { // written so that NaN fails
			return c.print(v) + " is out of range"
		}
		return ""
	}
	p.span = func(r rangeSpec) ([]string, error) { return spanOf(c, r) }
	return p
}

// choice makes the parameter for one of a few words.
func choice[T ~string](path, doc string, values []T, at func(*Scenario) *T) Parameter {
	p := scalar(path, doc, choiceCodec(values), at)
	p.Allowed = joined(values)
	p.words = textsOf(values)
	p.check = func(s *Scenario) string {
		switch v := *at(s); {
		case v == "":
			return "is missing"
		case !slices.Contains(values, v):
			return p.problemOf(string(v), nil)
		}
		return ""
	}
	p.schema = func() *jsonschema.Schema { return enumSchema(values) }
	return p
}

// text makes the parameter for a line of free text of at most limit bytes.
func text(path, doc string, limit int, at func(*Scenario) *string) Parameter {
	allowed := fmt.Sprintf("one line of printable text, at most %d bytes", limit)
	return Parameter{
		Path: path, Doc: doc, Kind: "text", Allowed: allowed, tags: []string{tagString}, identity: true,
		// A folded block (`>`) ends with a newline that nobody meant.
		set: func(s *Scenario, v string) error { *at(s) = strings.TrimSpace(v); return nil },
		get: func(s *Scenario) string { return *at(s) },
		check: func(s *Scenario) string {
			if v := *at(s); len(v) > limit || !isOneLine(v) {
				return "is too long or not one line of printable text"
			}
			return ""
		},
		schema: func() *jsonschema.Schema {
			return &jsonschema.Schema{Type: "string", MaxLength: jsonschema.Ptr(limit)}
		},
	}
}

// with returns p after changes, for the rows of the table that need more than their kind gives.
func (p Parameter) with(change func(*Parameter)) Parameter {
	change(&p)
	return p
}

// before runs before a value is set, unless that is none; what cannot be set leaves all as it was.
func (p Parameter) before(clear func(*Scenario)) Parameter {
	set := p.set
	p.set = func(s *Scenario, text string) error {
		tried := s.Clone()
		if text != "" {
			clear(tried)
		}
		err := set(tried, text)
		if err == nil {
			*s = *tried
		}
		return err
	}
	return p
}

// then runs after a value was set.
func (p Parameter) then(after func(*Scenario)) Parameter {
	set := p.set
	p.set = func(s *Scenario, text string) error {
		err := set(s, text)
		if err == nil {
			after(s)
		}
		return err
	}
	return p
}

// problemOf turns a parse error of the parameter's value into the words of a Problem.
func (p *Parameter) problemOf(value string, err error) string {
	if p.words != nil {
		return fmt.Sprintf("%q is unknown%s", value, didYouMean(value, p.words))
	}
	if unit, ok := errors.AsType[*UnitError](err); ok {
		return fmt.Sprintf("%q is not a %s", unit.Value, unit.Kind)
	}
	return fmt.Sprintf("%q: %v", value, err)
}
