package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pushbench/report/chart"
	"pushbench/report/format"
	"pushbench/report/gate"
	"pushbench/report/review"
	"pushbench/results"
	"pushbench/scenarios"
)

// The names of the files in a gate's folder.
const (
	gateFileName   = "gate.json"
	slicesFileName = "slices.jsonl"
	gateReportName = "gate.md"
	gatePageName   = "gate.html"
)

// gateSchema is the version of gate.json.
const gateSchema = 1

// gateFile is what a gate found, with everything needed to decide again.
type gateFile struct {
	Schema int    `json:"gate_schema"`
	ID     string `json:"id"`
	// Verdict is the whole gate's, as the text and the exit code have it: the decision's, unless the gate ended early or breaks a threshold. It is entered when the
	// file is written.
	Verdict     gate.Verdict        `json:"verdict"`
	Created     time.Time           `json:"created"`
	Tool        results.Tool        `json:"tool"`
	Environment results.Environment `json:"environment"`
	Seed        uint64              `json:"seed"`
	Command     string              `json:"command"`
	ServerLife  string              `json:"server_life"`
	Scenario    scenarios.Scenario  `json:"scenario"`
	Design      gate.Design         `json:"design"`
	Evidence    []gate.Evidence     `json:"evidence"`
	Decision    gate.Decision       `json:"decision"`
	// Baseline and Candidate say what was measured; nil of a side that is a finished run.
	Baseline  *gateSide `json:"baseline,omitempty"`
	Candidate *gateSide `json:"candidate,omitempty"`
	// Stored is there if the sides are runs of their own, made one after the other.
	Stored *storedRuns `json:"stored,omitempty"`
	// Calibration is what gates like this one can see here; nil if nobody found out.
	Calibration *calibration `json:"calibration,omitempty"`
	// WarmUp is the load before the first pair; nil if there was none.
	WarmUp *warming `json:"warm_up,omitempty"`
	// Ended says what ended the measuring before it was decided; empty if nothing did.
	Ended string        `json:"ended,omitempty"`
	Took  time.Duration `json:"took_ns"`
	// Budget is how long it might take; 0 if nobody measured anything.
	Budget time.Duration `json:"budget_ns,omitempty"`
}

// readGateFile reads a gate.json, or that of a folder.
func readGateFile(path string) (*gateFile, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, gateFileName)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, usage(fmt.Errorf("read a gate: %w: give the folder of a gate, or its %s", err, gateFileName))
	}
	var g gateFile
	if err := json.Unmarshal(text, &g); err != nil {
		at := ""
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			at = fmt.Sprintf(" at line %d", 1+strings.Count(string(text[:min(int64(len(text)), syntax.Offset)]), "\n"))
		}
		return nil, usage(fmt.Errorf("%s is damaged%s: %w; its slices may still be in %s", path, at, err, slicesFileName))
	}
	if g.Schema != gateSchema {
		return nil, usage(fmt.Errorf("%s has gate_schema %d, this pushbench reads %d", path, g.Schema, gateSchema))
	}
	return &g, nil
}

func (g *gateFile) encode(w io.Writer) error {
	g.Verdict = g.verdict()
	return encodeIndented(w, g)
}

// save writes gate.json, the reports and the charts of the pairs.
func (g *gateFile) save(folder results.Folder) error {
	err := errors.Join(folder.WriteFile(gateFileName, g.encode), folder.WriteFile(gateReportName, g.markdown), folder.WriteFile(gatePageName, g.page))
	drawn := g.Scenario
	if g.Stored == nil {
		drawn.Rounds = 0 // pairs have none
	}
	_, chartErr := chart.WritePairs(folder.Path, chart.Pairs{Scenario: drawn, Environment: g.Environment, Evidence: g.Evidence, Findings: g.Decision.Findings})
	return errors.Join(err, chartErr)
}

// text prints the gate for a terminal of 80 columns.
func (g *gateFile) text(w io.Writer) error {
	var b strings.Builder
	once := onceEach()
	for _, f := range g.Decision.Findings {
		fmt.Fprintf(&b, "%-12s  %-16s  %-22s  %s\n", f.Verdict, f.Rule.Transport, review.RuleName(f.Rule), review.RuleChange(f))
		if f.Pairs > 0 {
			fmt.Fprintf(&b, "              %s\n", sidesText(f))
		}
		if needsReason(f) {
			wrap(&b, "              ", f.Reason, 80)
		}
		for _, text := range once(f) {
			wrap(&b, "              ", "warning: "+text, 80)
		}
	}
	g.Stored.text(&b)
	if g.WarmUp != nil {
		wrap(&b, "", g.WarmUp.String(), 80)
	}
	fmt.Fprintf(&b, "\n%s\n", strings.ToUpper(string(g.verdict())))
	if baseline, candidate := g.sides(); baseline != "" && g.Stored == nil { // what is said of stored runs names them
		wrap(&b, "", "Baseline: "+format.Clean(baseline)+"; candidate: "+format.Clean(candidate)+".", 80)
	}
	if text := g.mismatch(); text != "" {
		wrap(&b, "", text, 80)
	}
	wrap(&b, "", g.sensitivity(), 80)
	if text := g.calibrated(); text != "" {
		wrap(&b, "", text, 80)
	}
	if g.Ended != "" {
		wrap(&b, "", "ended early: "+g.Ended, 80)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// needsReason says that a finding is not explained by its figures: whatever is no pass, one that somebody accepted, and one of a rise above the limit that is too
// small to count.
func needsReason(f gate.Finding) bool {
	return f.Verdict != gate.Pass || strings.HasPrefix(f.Reason, acceptedWord) || !f.Rule.Exact && f.ChangeHi >= f.Rule.Limit
}

// sidesText is what was found of both sides, in how many pairs.
func sidesText(f gate.Finding) string {
	baseline, candidate := review.RuleSides(f)
	of := ""
	if f.Totals != nil {
		of = " in all"
	}
	return fmt.Sprintf("%s → %s%s, %s", baseline, candidate, of, review.PairsText(f.Pairs))
}

// verdict joins what was decided with the thresholds; of a gate that never came to a decision it is inconclusive.
func (g *gateFile) verdict() gate.Verdict {
	if g.Ended != "" {
		return gate.Inconclusive
	}
	return worst(slices.Concat(g.Decision.Findings, g.Stored.findings()))
}

// overrun says that the gate took longer than it might; empty if it did not.
func (g *gateFile) overrun() string {
	if over := g.Took - g.Budget; g.Budget > 0 && over > 0 {
		return fmt.Sprintf(", %s more than the budget of %s", format.Setting(over.Round(100*time.Millisecond)), format.Setting(g.Budget))
	}
	return ""
}

// warn says before anything is measured what would be regretted after it.
func (g *gateFile) warn(w io.Writer, leastPair time.Duration) {
	if text := g.mismatch(); text != "" {
		fmt.Fprintln(w, text)
	}
	if g.Budget < leastPair {
		fmt.Fprintf(w, "warning: --budget %s is less than a pair takes (%s and more): one pair is measured all the same, which decides nothing\n",
			format.Setting(g.Budget), format.Setting(leastPair))
	}
}

// failure says in a sentence what made the gate fail.
func (g *gateFile) failure() string {
	if g.Decision.Verdict == gate.Fail {
		return "the gate failed: the candidate is worse than the baseline by more than is tolerated"
	}
	return "the gate failed: the candidate breaks a threshold of the scenario"
}

// remedy says what to do about a gate that cannot tell.
func (g *gateFile) remedy() string {
	if g.Stored != nil {
		return "measure the sides in pairs (--baseline-ref, --baseline-cmd), or both runs again on a quieter machine"
	}
	return "give it a larger --budget, or a quieter machine"
}

// sensitivity says what rise this gate would have caught.
func (g *gateFile) sensitivity() string {
	if g.Stored != nil {
		return g.Stored.statement(g.Evidence)
	}
	largest, known := 0.0, false
	for _, f := range g.Decision.Findings {
		if !f.Rule.Exact && !math.IsInf(f.Detectable, 0) {
			largest, known = max(largest, f.Detectable), true
		}
	}
	pairs := 0
	if len(g.Evidence) > 0 {
		pairs = len(g.Evidence[0].Pairs)
	}
	took := fmt.Sprintf("%s in %s%s", review.PairsText(pairs), g.Took.Round(time.Second), g.overrun())
	if !known {
		return took + ": too few to say what rise would have been caught."
	}
	return fmt.Sprintf("%s: with noise as here, the smallest rise caught 80 %% of the time is about %.0f %%.", took, 100*largest)
}

// markdown is the report for a pull request or a job's summary.
func (g *gateFile) markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## pushbench gate: %s\n\n", g.verdict())
	if g.Ended != "" {
		fmt.Fprintf(&b, "Ended early: %s\n\n", cell(g.Ended))
	}
	fmt.Fprintf(&b, "| verdict | transport | metric | baseline | candidate | change | pairs |\n|---|---|---|---:|---:|---:|---:|\n")
	for _, f := range g.Decision.Findings {
		baseline, candidate := review.RuleSides(f)
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %d |\n", f.Verdict, f.Rule.Transport, review.RuleName(f.Rule), baseline, candidate, review.RuleChange(f), f.Pairs)
	}
	b.WriteString("\n")
	for _, f := range g.Decision.Findings {
		if needsReason(f) {
			fmt.Fprintf(&b, "- %s %s: %s\n", f.Rule.Transport, review.RuleName(f.Rule), cell(f.Reason))
		}
	}
	once := onceEach()
	for _, f := range g.Decision.Findings {
		for _, text := range once(f) {
			fmt.Fprintf(&b, "- warning, %s: %s\n", f.Rule.Transport, cell(text))
		}
	}
	g.Stored.markdown(&b)
	if baseline, candidate := g.sides(); baseline != "" {
		fmt.Fprintf(&b, "\nBaseline: %s. Candidate: %s.\n", code(baseline), code(candidate))
	}
	if text := g.mismatch(); text != "" {
		fmt.Fprintf(&b, "\n%s\n", text)
	}
	if g.WarmUp != nil {
		fmt.Fprintf(&b, "\n%s\n", g.WarmUp)
	}
	if text := g.calibrated(); text != "" {
		fmt.Fprintf(&b, "\n%s\n", cell(text))
	}
	fmt.Fprintf(&b, "\n%s Scenario %s: %s. %s.\n", g.sensitivity(), g.Scenario.Name, g.workload(), format.Machine(g.Environment))
	_, err := io.WriteString(w, b.String())
	return err
}

// onceEach gives each finding's warnings once for its transport: what is true of a transport's pairs is a warning of each of its rules.
func onceEach() func(gate.Finding) []string {
	said := map[string]bool{}
	return func(f gate.Finding) (texts []string) {
		for _, warning := range f.Warnings {
			if about := string(f.Rule.Transport) + " " + warning.Text; !said[about] {
				said[about] = true
				texts = append(texts, warning.Text)
			}
		}
		return texts
	}
}

// workload says what both sides were asked to do.
func (g *gateFile) workload() string {
	if g.Stored != nil {
		return format.Workload(g.Scenario)
	}
	return format.PairsWorkload(g.Scenario)
}

// code is text as it was typed, which cannot end the code that it is.
func code(s string) string { return "`" + strings.ReplaceAll(format.Clean(s), "`", "'") + "`" }

// cell is text that cannot break a table or become markup.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "\n", " ", "`", "'").Replace(s)
}

// wrap writes words in lines of at most width columns.
func wrap(b *strings.Builder, indent, text string, width int) {
	line := indent
	for _, word := range strings.Fields(text) {
		if line != indent && len([]rune(line))+1+len([]rune(word)) > width {
			b.WriteString(line + "\n")
			line = indent
		}
		if line != indent {
			line += " "
		}
		line += word
	}
	b.WriteString(line + "\n")
}
