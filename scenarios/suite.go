package scenarios

import (
	"cmp"
	"embed"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v4"

	"pushbench/scenarios/document"
)

//go:embed suites/*.yaml
var suiteFiles embed.FS

// Suite is several scenarios that are run one after the other into one run file, each with a few values of its own.
//
//	name: claims
//	title: …
//	question: …
//	scenarios:
//	  - scenario: internet
//	    rounds: 3          # any value of a scenario file but what says what the scenario is
type Suite struct {
	Name, Title, Question string
	Members               []Member
}

// Member is a built-in scenario in a suite. Its values lie above those of the scenario's file and below the environment and the flags.
type Member struct {
	Scenario string
	settings []Setting
}

// Draft is the member's scenario with the suite's values.
func (m Member) Draft() (*Draft, error) {
	d, err := Lookup(m.Scenario)
	if err != nil {
		return nil, err
	}
	d.applyLayer(m.settings)
	return d, nil
}

// Drafts are those of all members, in the suite's order.
func (s *Suite) Drafts() ([]*Draft, error) {
	var drafts []*Draft
	for _, m := range s.Members {
		d, err := m.Draft()
		if err != nil {
			return nil, err
		}
		drafts = append(drafts, d)
	}
	return drafts, nil
}

// suites reads the embedded files once. They are part of the program: one that does not resolve is a bug, and a test says so.
var suites = sync.OnceValue(func() []*Suite {
	paths, err := fs.Glob(suiteFiles, "suites/*.yaml")
	if err != nil {
		panic(err)
	}
	var all []*Suite
	for _, path := range paths {
		data, err := suiteFiles.ReadFile(path)
		if err != nil {
			panic(err)
		}
		s, err := parseSuite("built-in "+path, data)
		if err != nil {
			panic("scenarios: embedded " + err.Error())
		}
		all = append(all, s)
	}
	slices.SortStableFunc(all, func(a, b *Suite) int { return cmp.Compare(a.Name, b.Name) })
	return all
})

// Suites lists the built-in suites by name. They are shared: do not modify them.
func Suites() []*Suite { return slices.Clone(suites()) }

// SuiteNames lists the names of the built-in suites.
func SuiteNames() []string {
	names := make([]string, len(suites()))
	for i, s := range suites() {
		names[i] = s.Name
	}
	return names
}

// LookupSuite finds a built-in suite by its name.
func LookupSuite(name string) (s *Suite, ok bool) {
	at := slices.Index(SuiteNames(), name)
	if at < 0 {
		return nil, false
	}
	return suites()[at], true
}

// LoadAll returns what a command line names: the scenarios of a suite, or the one scenario that Load returns.
func LoadAll(nameOrPath string) ([]*Draft, error) {
	if s, ok := LookupSuite(nameOrPath); ok {
		return s.Drafts()
	}
	d, err := Load(nameOrPath)
	if unknown, ok := errors.AsType[*UnknownError](err); ok {
		unknown.Suites = SuiteNames()
	}
	if err != nil {
		return nil, err
	}
	return []*Draft{d}, nil
}

// suiteReader reads one file.
type suiteReader struct {
	file     string
	suite    Suite
	problems Problems
}

const (
	suiteForm  = "name, title, question, scenarios"
	memberForm = "a mapping of `scenario:` and the values that differ"
)

// parseSuite reads a file strictly; the values of members are for Draft.Resolve to judge.
func parseSuite(file string, data []byte) (*Suite, error) {
	r := &suiteReader{file: file}
	top, problems := document.Parse(file, data, "`name: mine` and `scenarios: [{scenario: default}]`")
	if len(problems) > 0 {
		return nil, problems
	}
	texts := map[string]*string{"name": &r.suite.Name, "title": &r.suite.Title, "question": &r.suite.Question}
	r.entries(top, func(key, value *yaml.Node) {
		switch field := texts[key.Value]; {
		case field != nil && value.Kind == yaml.ScalarNode && value.ShortTag() == tagString:
			*field = strings.TrimSpace(value.Value)
		case key.Value == "scenarios" && value.Kind == yaml.SequenceNode:
			r.members(value)
		case field != nil || key.Value == "scenarios":
			r.report(value, key.Value, document.WrongType(value), "a text, and of scenarios a list")
		default:
			r.report(key, key.Value, "is not a key of a suite", suiteForm)
		}
	})
	r.finish(top)
	return &r.suite, r.problems.Sorted().Err()
}

func (r *suiteReader) report(n *yaml.Node, field, problem, allowed string) {
	r.problems = append(r.problems, Problem{Origin: document.OriginOf(r.file, n), Field: field, Problem: problem, Allowed: allowed})
}

func (r *suiteReader) entries(n *yaml.Node, visit func(key, value *yaml.Node)) {
	document.Entries(n, func(key *yaml.Node, p Problem) { r.report(key, p.Field, p.Problem, p.Allowed) }, visit)
}

// finish wants what a list of suites shows.
func (r *suiteReader) finish(top *yaml.Node) {
	switch s := r.suite; {
	case !nameExpression.MatchString(s.Name):
		r.report(top, "name", "is missing or cannot be a name", "lower-case letters, digits, '-', '_' and '.'")
	case !isOneLine(s.Title) || !isOneLine(s.Question):
		r.report(top, "title", "or question is not one line of printable text", "one line each")
	case len(s.Members) == 0:
		r.report(top, "scenarios", "is missing or empty", memberForm)
	}
}

// members reads the list of scenarios, each of which may stand once: a run file tells its scenarios apart by name.
func (r *suiteReader) members(list *yaml.Node) {
	for _, item := range list.Content {
		if item.Kind != yaml.MappingNode {
			r.report(item, "scenarios", document.WrongType(item), memberForm)
			continue
		}
		m := r.member(item)
		switch twice := slices.ContainsFunc(r.suite.Members, func(o Member) bool { return o.Scenario == m.Scenario }); {
		case twice:
			r.report(item, "scenarios", m.Scenario+" is there already", "each scenario once")
		case !slices.Contains(Names(), m.Scenario):
			r.report(item, "scenarios", (&UnknownError{Name: m.Scenario, Names: Names()}).Error(), memberForm)
		default:
			r.suite.Members = append(r.suite.Members, m)
		}
	}
}

func (r *suiteReader) member(item *yaml.Node) (m Member) {
	r.entries(item, func(key, value *yaml.Node) {
		if key.Value == "scenario" {
			m.Scenario = value.Value
			return
		}
		m.settings = append(m.settings, r.settings(key.Value, value)...)
	})
	return m
}

// settings writes a value as flags would: sections by path, lists with commas between.
func (r *suiteReader) settings(path string, value *yaml.Node) []Setting {
	var all []Setting
	switch value.Kind {
	case yaml.MappingNode:
		r.entries(value, func(key, inner *yaml.Node) {
			below := joinPath(path, key.Value)
			if below == "headers.preset" {
				below = "headers"
			}
			all = append(all, r.settings(below, inner)...)
		})
		return all
	case yaml.SequenceNode:
		items, ok := axisItems(value)
		if !ok || slices.ContainsFunc(items, func(s string) bool { return strings.Contains(s, ",") }) {
			r.report(value, path, "is not a list of plain values", "values without commas")
		}
		return append(all, r.setting(path, strings.Join(items, ","), value))
	}
	return append(all, r.setting(path, value.Value, value))
}

func (r *suiteReader) setting(path, text string, at *yaml.Node) Setting {
	return Setting{Path: path, Value: text, Name: document.OriginOf(r.file, at).String()}
}
