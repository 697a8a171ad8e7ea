package scenarios

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// TestSuitesResolve: what is embedded can be run, under a name that no scenario has, and says what a list shows.
func TestSuitesResolve(t *testing.T) {
	if len(Suites()) == 0 {
		t.Fatal("there are no suites")
	}
	for _, s := range Suites() {
		if s.Title == "" || !strings.HasSuffix(s.Question, "?") || slices.Contains(Names(), s.Name) {
			t.Errorf("%+v", s)
		}
		drafts, err := s.Drafts()
		if err != nil || len(drafts) != len(s.Members) {
			t.Fatal(len(drafts), err)
		}
		for i, d := range drafts {
			if resolved, err := d.Resolve(); err != nil || resolved.Name != s.Members[i].Scenario {
				t.Errorf("%s: %v", s.Name, err)
			}
		}
	}
	if s, ok := LookupSuite("bench"); !ok || len(s.Members) != 2 {
		t.Errorf("bench: %v, %v", s, ok)
	}
}

// TestSuiteOverrides: a member's values lie above its scenario's file and below flags, whatever their shape.
func TestSuiteOverrides(t *testing.T) {
	s, err := parseSuite("s.yaml", []byte(`
name: mine
title: A title
question: Does it work?
scenarios:
  - scenario: internet
    clients: 50
    rate_per_client: 2/s
    network: {delay: 5ms}
    transports: [longpoll, websocket]
    headers: {preset: browser, cookie: 1kB}
    sweep: {network.delay: [1ms, 2ms], rounds: 3..5:+1}
  - scenario: default
    rounds: 7
`))
	if err != nil {
		t.Fatal(err)
	}
	drafts, err := s.Drafts()
	if err != nil {
		t.Fatal(err)
	}
	_, err = drafts[0].Resolve()
	if err == nil || !strings.Contains(err.Error(), "s.yaml:12:48: sweep.rounds:") {
		t.Errorf("what cannot be swept: %v", err)
	}
	drafts[1].Override(Overrides{Flags: []Setting{{"clients", "9", "-c"}}})
	if d, err := drafts[1].Resolve(); err != nil || d.Rounds != 7 || d.Clients != 9 {
		t.Errorf("%+v, %v", d, err)
	}
	for _, m := range s.Members[:1] {
		m.settings = slices.DeleteFunc(m.settings, func(s Setting) bool { return s.Path == "sweep.rounds" })
		d, err := m.Draft()
		if err != nil {
			t.Fatal(err)
		}
		got, err := d.Resolve()
		if err != nil {
			t.Fatal(err)
		}
		if got.Clients != 50 || got.Rate != 100 || got.Transports[0] != LongPoll || got.Headers != (Headers{Preset: HeadersBrowser, Cookie: 1000}) ||
			len(got.Sweep) != 1 || len(got.Sweep[0].Values) != 2 || got.TLS != TLS13 {
			t.Errorf("%+v", got)
		}
	}
}

func TestSuiteProblems(t *testing.T) {
	const ok = "name: x\ntitle: t\nquestion: q?\n"
	for text, want := range map[string]string{
		"[]":                                "s.yaml:1:1: is a list",
		ok:                                  "s.yaml:1:1: scenarios: is missing or empty",
		ok + "scenarios: {}":                "scenarios: is a mapping",
		ok + "scenarios: [default]":         "s.yaml:4:13: scenarios: \"default\" is text",
		ok + "scenarios: [{scenario: def}]": "no scenario is called \"def\"",
		ok + "scenarios: [{scenario: quick}, {scenario: quick}]": "quick is there already",
		ok + "scenarios: [{scenario: quick, a: [{b: c}]}]":       "a: is not a list of plain values",
		ok + "scenario: []": "scenario: is not a key of a suite",
		"title: 5\n":        "title: \"5\" is a number",
		"name: A\nscenarios: [{scenario: quick}]\n":                          "cannot be a name",
		ok + "name: y\nscenarios: [{scenario: quick, rate: 1/s, rate: 2/s}]": "rate: is set already",
	} {
		if _, err := parseSuite("s.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestLoadAll(t *testing.T) {
	for name, n := range map[string]int{"bench": 2, "quick": 1} {
		if drafts, err := LoadAll(name); err != nil || len(drafts) != n {
			t.Errorf("%s: %d, %v", name, len(drafts), err)
		}
	}
	_, err := LoadAll("banch")
	if unknown, ok := errors.AsType[*UnknownError](err); !ok || !strings.Contains(err.Error(), `did you mean "bench"?`) || !slices.Contains(unknown.Suites, "bench") {
		t.Errorf("%v", err)
	}
	if _, err := Load("bench"); err == nil || !strings.Contains(err.Error(), "is a suite of several scenarios") {
		t.Errorf("%v", err)
	}
}
