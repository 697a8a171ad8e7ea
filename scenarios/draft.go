package scenarios

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"pushbench/scenarios/document"
)

// Draft is a scenario being put together: what its file says, then what the environment and the flags say on top.
// It remembers where each value was said, so that whatever turns out wrong is reported there.
type Draft struct {
	scenario   Scenario
	start      Origin            // of the file, for what was said nowhere
	origins    map[string]Origin // by path; also of list items, as `transports[1]`
	layer      map[string]bool   // the paths said by the layer being applied
	broken     map[string]bool   // paths whose value could not be read and is still the default
	problems   Problems
	unreadable bool // the file is no YAML mapping: nothing more can be said of it
}

// Setting is one value for a parameter, as said outside a file.
type Setting struct {
	// Path is the parameter's, such as `network.delay`, or `sweep.` and a path, whose value ParseAxis reads.
	Path  string
	Value string
	Name  string // how the user said it, such as `--delay`: what a problem is reported under
}

// Overrides are the layers above the file. The later of them wins: flags > environment > file > defaults.
type Overrides struct {
	Environment []string // as os.Environ gives it; variables of no parameter, and empty ones, are passed over
	Flags       []Setting
	// Thresholds are rules added to those of the scenario, whichever layer said them; ThresholdName is how the user says one, such as `--threshold`.
	Thresholds    []string
	ThresholdName string
}

// Override applies the environment, then the flags. A layer's rate replaces a lower layer's rate_per_client and the reverse;
// a value replaces a lower layer's sweep of the same parameter. What is wrong with them is reported by Resolve.
func (d *Draft) Override(o Overrides) {
	d.applyLayer(environmentSettings(o.Environment))
	d.applyLayer(o.Flags)
	for _, rule := range o.Thresholds {
		d.origins[fmt.Sprintf("thresholds[%d]", len(d.scenario.Thresholds))] = Origin{Name: o.ThresholdName}
		d.scenario.Thresholds = append(slices.Clip(d.scenario.Thresholds), rule)
	}
}

// Origin is where the value at path was said; the zero Origin if it is a default.
func (d *Draft) Origin(path string) Origin { return d.origins[path] }

// Resolve finishes the scenario: RatePerClient is in Rate, and every value and every combination of them is checked.
// The error is a Problems with everything wrong in the file, the environment and the flags. The Draft can be used further.
func (d *Draft) Resolve() (*Scenario, error) {
	problems := slices.Clone(d.problems)
	if d.unreadable {
		return nil, problems
	}
	resolved := d.scenario.Clone()
	resolved.rescale()
	for _, f := range resolved.findings() {
		if !slices.ContainsFunc(f.fields, func(field string) bool { return d.broken[baseField(field)] }) {
			problems = append(problems, d.locate(f))
		}
	}
	if err := problems.Sorted().Err(); err != nil {
		return nil, err
	}
	return resolved, nil
}

// locate blames the first of the finding's fields that a flag or variable set, else the first that the file set.
func (d *Draft) locate(f finding) Problem {
	p := Problem{Origin: d.start, Field: baseField(f.fields[0]), Problem: f.problem, Allowed: f.allowed}
	for _, overridden := range []bool{true, false} {
		for _, field := range f.fields {
			if o, said := d.origins[field]; said && (o.Name != "") == overridden {
				p.Origin, p.Field = o, baseField(field)
				return p
			}
		}
	}
	return p
}

// environmentSettings picks the parameters' variables out of an environment, in the order of the table.
func environmentSettings(environment []string) []Setting {
	values := map[string]string{}
	for _, entry := range environment {
		if name, value, _ := strings.Cut(entry, "="); strings.HasPrefix(name, EnvPrefix) {
			values[name] = value
		}
	}
	var settings []Setting
	for _, p := range parameters {
		if value := values[p.Env()]; value != "" && p.Overridable() {
			settings = append(settings, Setting{p.Path, value, p.Env()})
		}
	}
	return settings
}

// Variables are the entries of an environment that [Draft.Override] takes from it, in the order of the table.
func Variables(environment []string) []string {
	var used []string
	for _, s := range environmentSettings(environment) {
		used = append(used, s.Name+"="+s.Value)
	}
	return used
}

func (d *Draft) beginLayer() { d.layer = map[string]bool{} }

// applyLayer applies settings in the order of the table, so that theirs does not matter: a preset before its sizes,
// values before the sweeps, which they would remove. Of two for the same path the later wins.
func (d *Draft) applyLayer(settings []Setting) {
	d.beginLayer()
	settings = slices.Clone(settings)
	slices.SortStableFunc(settings, func(a, b Setting) int { return cmp.Compare(tableIndex(a.Path), tableIndex(b.Path)) })
	for i, s := range settings {
		if i+1 < len(settings) && settings[i+1].Path == s.Path {
			continue
		}
		d.apply(s)
	}
}

// tableIndex is the parameter's place in the table; sweeps and unknown paths come after all.
func tableIndex(path string) int {
	if i := slices.IndexFunc(parameters, func(p Parameter) bool { return p.Path == path }); i >= 0 {
		return i
	}
	return len(parameters)
}

func (d *Draft) apply(s Setting) {
	o := Origin{Name: s.Name}
	if path, swept := strings.CutPrefix(s.Path, "sweep."); swept {
		d.addAxis(path, splitList(s.Value), o)
		return
	}
	p, err := LookupParameter(s.Path)
	switch {
	case err != nil:
		d.report(o, s.Path, err.Error(), strings.Join(parameterPaths(), ", "))
	case !p.Overridable():
		d.report(o, s.Path, "can be set in a file only", "")
	default:
		d.removeAxis(p.Path)
		for _, twin := range twins(p.Path) {
			d.removeAxis(twin)
		}
		d.assign(p, s.Value, o)
	}
}

// assign sets a parameter to a flag's text, or to the mapping that the text holds as a file would.
func (d *Draft) assign(p *Parameter, text string, o Origin) {
	if !strings.HasPrefix(strings.TrimSpace(text), "{") || !p.mapping && p.Path != "headers" {
		d.set(p, text, o)
		return
	}
	parts, ok := flowMapping(text)
	switch {
	case !ok:
		d.report(o, p.Path, fmt.Sprintf("%q is not a mapping", text), p.Allowed)
		d.broken[p.Path] = true
	case p.mapping:
		var shares []string
		for _, part := range parts {
			shares = append(shares, part.key+":"+part.value)
		}
		d.set(p, strings.Join(shares, ","), o)
	default:
		d.set(p, string(HeadersSized), o)
		for _, part := range parts {
			d.apply(Setting{joinPath(p.Path, part.key), part.value, o.Name})
		}
	}
}

// flowPart is one pair of a mapping in a flag.
type flowPart struct{ key, value string }

// flowMapping reads a mapping of words to words in the flow style of YAML: {websocket: 97%, longpoll: 3%}.
func flowMapping(text string) (parts []flowPart, ok bool) {
	n, problems := document.Parse("", []byte(text), "")
	if len(problems) > 0 || n.Kind != yaml.MappingNode {
		return nil, false
	}
	ok = true
	document.Entries(n, func(*yaml.Node, Problem) { ok = false }, func(key, value *yaml.Node) {
		ok = ok && value.Kind == yaml.ScalarNode
		parts = append(parts, flowPart{key.Value, value.Value})
	})
	return parts, ok && len(parts) > 0
}

// set gives a parameter its value, unless the same layer gave one to what it excludes.
func (d *Draft) set(p *Parameter, value string, o Origin) {
	for _, twin := range twins(p.Path) {
		if d.layer[twin] {
			d.report(o, p.Path, "stands beside "+twin, "one of the two")
			return
		}
	}
	d.said(p.Path, o)
	for _, twin := range twins(p.Path) {
		delete(d.origins, twin)
	}
	if err := p.set(&d.scenario, d.located(p, value, o)); err != nil {
		d.report(o, p.Path, p.problemOf(value, err), p.Allowed)
		d.broken[p.Path] = true
	}
}

// located is a value as it is meant from anywhere: a file named in a file is beside that.
func (d *Draft) located(p *Parameter, value string, o Origin) string {
	if p.Path != "payload_file" || o.File == "" || value == "" || filepath.IsAbs(value) {
		return value
	}
	return filepath.Join(filepath.Dir(o.File), value)
}

// said notes who set a path.
func (d *Draft) said(path string, o Origin) {
	d.layer[path] = true
	d.origins[path] = o
}

// addAxis adds an axis to the sweep, or replaces a lower layer's of the same parameter.
func (d *Draft) addAxis(path string, items []string, o Origin) {
	axis, err := parseAxis(path, items)
	if err != nil {
		d.report(o, "sweep."+path, err.Error(), axisForm)
		return
	}
	same := append(twins(path), path)
	if !slices.ContainsFunc(same, func(p string) bool { return d.layer["sweep."+p] }) {
		for _, p := range same {
			d.removeAxis(p)
		}
	}
	d.said("sweep."+path, o)
	d.scenario.Sweep = append(d.scenario.Sweep, axis)
}

func (d *Draft) removeAxis(path string) {
	d.scenario.Sweep = slices.DeleteFunc(d.scenario.Sweep, func(a Axis) bool { return a.Parameter == path })
}
