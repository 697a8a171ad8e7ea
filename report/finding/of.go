package finding

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"pushbench/report"
	"pushbench/report/format"
	"pushbench/report/review"
	"pushbench/report/sweep"
	"pushbench/results"
	"pushbench/scenarios"
)

// Of are the findings of a run, one for each of its scenarios in the run's order.
func Of(run *results.Run) []report.Finding {
	if run == nil {
		return nil
	}
	var all []report.Finding
	for _, g := range format.Groups(run) {
		all = append(all, ofGroup(g, run.Interrupted))
	}
	return all
}

func ofGroup(g format.Group, interrupted bool) report.Finding {
	s := g.Scenario
	f := report.Finding{
		Scenario: format.Clean(s.Name), Title: g.Title(), Question: format.Clean(s.Question), Caveat: format.Clean(s.Caveat), Chart: chartOf(g),
	}
	said := answer(g)
	if interrupted {
		said = said.and(saying{trust: report.CutShort, text: "the run was cut short"})
	}
	f.Sentence, f.Trust = said.sentence(), said.trust
	return f
}

// chartOf is the chart of the first figure; a sweep has its own.
func chartOf(g format.Group) string {
	first := figures[known(g.Scenario)[0]]
	if _, swept := sweep.Of(g); swept {
		return first.sweepChart
	}
	return first.chart
}

// known are the figures that this version can say: a file of a later one may name others.
func known(s scenarios.Scenario) []scenarios.Figure {
	unknown := func(f scenarios.Figure) bool { _, ok := figures[f]; return !ok }
	if all := slices.DeleteFunc(slices.Clone(s.Answers()), unknown); len(all) > 0 {
		return all
	}
	return []scenarios.Figure{scenarios.AnswerLatency}
}

// answer says all figures of a scenario.
func answer(g format.Group) saying {
	if len(g.Arms) == 0 {
		return saying{report.NotMeasured, "no answer: nothing was measured of this scenario"}
	}
	if !anyValid(g) {
		return saying{report.NotValid, "no answer: every arm is invalid, and the warnings say why and what to do"}
	}
	said := figuresOf(g).and(turns(g))
	if strings.Contains(said.text, roughMark) {
		said = said.and(saying{text: fmt.Sprintf("%s marks a percentile that fewer than %d independent messages carry", roughMark, format.Needed(0.99))})
	}
	return said
}

// figuresOf says each figure, over the sweep where there is one, and what is known besides of what each client received.
func figuresOf(g format.Group) saying {
	all := toSay(g.Scenario)
	if s, chosen, swept := sweepOf(g); swept {
		return told{s, g, chosen}.say(all).and(slowReaders(g))
	}
	var said saying
	for _, f := range all {
		said = said.and(clause(g, f))
		if f == scenarios.AnswerLatency {
			said = said.and(withinMixes(g)).and(slowReaders(g))
		}
	}
	return said
}

// toSay are the scenario's figures, and the server's CPU where users come and go: what that costs is asked with it.
func toSay(s scenarios.Scenario) []scenarios.Figure {
	all := known(s)
	if slices.Contains(all, scenarios.AnswerJoin) && !slices.Contains(all, scenarios.AnswerServerCPU) {
		all = append(slices.Clip(all), scenarios.AnswerServerCPU)
	}
	return all
}

const roughMark = "~"

func anyValid(g format.Group) bool {
	for _, a := range g.Arms {
		if !a.Invalid() {
			return true
		}
	}
	return false
}

// saying is a part of a sentence with what it stands on.
type saying struct {
	trust report.FindingTrust
	text  string
}

// and joins two parts; the whole stands on the weaker.
func (s saying) and(o saying) saying {
	out := saying{s.trust.Worse(o.trust), s.text}
	switch {
	case s.text == "":
		out.text = o.text
	case o.text != "":
		out.text += "; " + o.text
	}
	return out
}

// sentence begins with a capital letter and ends with a full stop.
func (s saying) sentence() string {
	first, size := utf8.DecodeRuneInString(s.text)
	return string(unicode.ToUpper(first)) + s.text[size:] + "."
}

// way is how an arm stands in a sentence: by its transport's prose, or by its name where that holds more.
func way(a review.ArmRef) string {
	if a.Name == format.LookOf(a.Transport).Name {
		return format.ProseOf(a.Transport).Way
	}
	return "with " + a.Name
}

// place is where users are: "20 ms away", or nothing on one machine.
func place(s scenarios.Scenario) string {
	if s.Network.Delay <= 0 {
		return ""
	}
	return " " + format.Setting(s.Network.Delay) + " away"
}
