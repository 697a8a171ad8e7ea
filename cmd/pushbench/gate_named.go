package main

import (
	"cmp"

	"pushbench/results"
)

// gateSide says what a side of a gate was: somebody's command, or pushbench's own serve.
type gateSide struct {
	// Command is somebody's, without secrets; empty is serve.
	Command string `json:"command,omitempty"`
	// Ref is the git revision that was asked for, Commit the one that this was; empty where the side is the program that measured.
	Ref    string `json:"ref,omitempty"`
	Commit string `json:"commit,omitempty"`
	// Inject are the faults that serve was told to make.
	Inject string `json:"inject,omitempty"`
}

// String names the server.
func (s gateSide) String() string {
	text := cmp.Or(s.Command, "pushbench serve")
	if s.Inject != "" {
		text += " --inject " + s.Inject
	}
	if s.Ref != "" {
		text += " of " + s.Ref + " (" + cmp.Or(s.Commit, "unknown") + ")"
	}
	return text
}

// redactedCommand is a command as it may be kept: without secrets.
func redactedCommand(line string) string {
	if line == "" {
		return ""
	}
	words, err := splitWords(line)
	if err != nil { // no server was started by it
		return results.Redacted
	}
	return results.RedactArgs(words)
}

// named says what both sides are that were asked for. The commit is that of the baseline's revision.
func (f *sideFlags) named(commit string) (baseline, candidate *gateSide) {
	return &gateSide{Command: redactedCommand(f.baselineCmd), Ref: f.baselineRef, Commit: commit, Inject: f.baselineInject},
		&gateSide{Command: redactedCommand(f.candidateCmd), Inject: f.candidateInject}
}

// sides names both sides; empty where the file does not know them.
func (g *gateFile) sides() (baseline, candidate string) {
	if g.Baseline != nil {
		baseline = g.Baseline.String()
	}
	if g.Candidate != nil {
		candidate = g.Candidate.String()
	}
	if g.Stored != nil {
		baseline, candidate = "run "+g.Stored.Baseline.ID, cmp.Or(candidate, "run "+g.Stored.Candidate.ID)
	}
	return baseline, candidate
}

// mismatch warns of sides that are different programs; empty if they are not, as far as is known.
func (g *gateFile) mismatch() string {
	if g.Baseline == nil || g.Candidate == nil || (g.Baseline.Command == "") == (g.Candidate.Command == "") {
		return ""
	}
	return "warning: the sides are different servers, one is pushbench's own: what differs is no change of either. Name the other side too (--baseline-cmd, --candidate-cmd)."
}
