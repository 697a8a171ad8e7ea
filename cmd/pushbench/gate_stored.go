package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pushbench/report/compare"
	"pushbench/report/gate"
	"pushbench/report/recorded"
	"pushbench/results"
	"pushbench/scenarios"
)

// storedFlags name finished runs as the sides of a gate.
type storedFlags struct {
	baseline, candidate string
	milliseconds        bool
}

func (f *storedFlags) register(flags *pflag.FlagSet) {
	givenVar(flags, &f.baseline, "baseline", "the baseline is a finished `run`: its folder, its run.json, or a folder of runs, of which the newest counts")
	givenVar(flags, &f.candidate, "candidate", "with --baseline: the candidate is this finished `run`; without it, one is measured now")
	flags.BoolVar(&f.milliseconds, "milliseconds", false, "with --baseline: judge latency and costs too; a change of the machine then counts as one of the server")
}

// Flags that say how servers are measured in pairs mean nothing to stored runs, and those that say how a candidate is measured nothing to a stored one.
// Rounds are the baseline's, and faults have --candidate-inject.
var (
	pairedFlags = []string{
		"rounds", "inject", "baseline-cmd", "baseline-ref", "baseline-inject", "record", "pairs", "server-life", "budget", "warm", "min-pairs", "max-pairs",
	}
	measuredFlags = []string{"candidate-cmd", "candidate-inject", "build-cmd", "ready", "ready-timeout", "client", "pin", "seed"}
)

// check refuses flags that contradict each other.
func (f *storedFlags) check(cmd *cobra.Command) error {
	if f.baseline == "" {
		if f.candidate != "" || f.milliseconds {
			return usage(errors.New("--candidate and --milliseconds need --baseline: a stored run to compare with"))
		}
		return nil
	}
	meaningless := pairedFlags
	if f.candidate != "" {
		meaningless = slices.Concat(pairedFlags, measuredFlags)
	}
	for _, name := range meaningless {
		if flag := cmd.Flags().Lookup(name); flag != nil && flag.Changed {
			return usage(fmt.Errorf("--%s stands beside a stored run (%s), of which nothing is measured that way: leave one of the two out", name, f.said()))
		}
	}
	return nil
}

// said are the flags that name stored runs, as they were given.
func (f *storedFlags) said() string {
	if f.candidate == "" {
		return "--baseline " + f.baseline
	}
	return "--baseline " + f.baseline + " --candidate " + f.candidate
}

// storedRuns is what a gate of stored runs knows beside its evidence.
type storedRuns struct {
	Baseline  storedRun `json:"baseline"`
	Candidate storedRun `json:"candidate"`
	// Milliseconds is true if quantities that depend on the machine were judged.
	Milliseconds bool `json:"milliseconds"`
	// Injected are faults that the baseline's server was told to make.
	Injected string `json:"baseline_injected,omitempty"`
	// Thresholds are the scenario's rules, held against the candidate.
	Thresholds []results.ThresholdResult `json:"thresholds,omitempty"`
}

// storedRun identifies a run.
type storedRun struct {
	ID      string       `json:"id"`
	Created time.Time    `json:"created"`
	Tool    results.Tool `json:"tool"`
}

func identify(run *results.Run) storedRun { return storedRun{run.ID, run.Created, run.Tool} }

// storedSide is a run in the place of a side, with what messages call it.
type storedSide struct {
	name string
	run  *results.Run
	// histograms are those of each cell's rounds; nil if they are not beside the run.
	histograms [][]results.Histograms
}

// gateStored judges a run, stored or measured now, against a stored one. Runs are not interleaved, so that only what repeats on any machine decides.
func gateStored(cmd *cobra.Command, flags *gateFlags, name string) error {
	s, arms, rules, err := flags.storedRules(cmd, name)
	if err != nil {
		return err
	}
	baseline, err := loadSide("--baseline", flags.stored.baseline)
	if err != nil {
		return err
	}
	if err := baseline.check(s, arms); err != nil {
		return err
	}
	if flags.stored.candidate == "" {
		return measureCandidate(cmd, flags, s, rules, baseline)
	}
	candidate, err := loadSide("--candidate", flags.stored.candidate)
	if err == nil {
		err = errors.Join(candidate.check(s, arms), refuse(baseline, baseline.conditions(s), candidate.name, candidate.conditions(s)))
	}
	if err != nil {
		return err
	}
	g := newStoredGate(s, flags.stored, baseline.run, candidate.run)
	folder, err := results.Store{Dir: flags.run.out}.Create(g.ID)
	if err != nil {
		return err
	}
	if err := g.judge(rules, baseline, candidate); err != nil {
		return err
	}
	return errors.Join(g.save(folder), g.say(cmd, flags, folder.Path))
}

// storedRules resolves the scenario to its arms and rules, of which only the exact ones are kept unless --milliseconds asks for all.
func (f *gateFlags) storedRules(cmd *cobra.Command, name string) (*scenarios.Scenario, []scenarios.Arm, []gate.Rule, error) {
	s, err := f.run.resolve(cmd, name)
	if err != nil {
		return nil, nil, nil, err
	}
	arms, err := gateArms(s, cmd.Flags().Changed("transport"))
	if err != nil {
		return nil, nil, nil, err
	}
	s.Transports = nil
	for _, arm := range arms {
		s.Transports = append(s.Transports, arm.Transport)
	}
	rules, err := checkedRules(s.Gate, arms, lifeRound) // a run has a fresh server for each round
	if err != nil {
		return nil, nil, nil, err
	}
	if !f.stored.milliseconds {
		rules = slices.DeleteFunc(rules, func(r gate.Rule) bool { return !r.Exact })
	}
	if len(rules) == 0 && len(s.Thresholds) == 0 {
		return nil, nil, nil, usage(fmt.Errorf("nothing to compare: gate.metrics of %s has nothing that repeats (overhead_bytes_p50, missed, duplicated), "+
			"and there are no thresholds; add some, or judge the others with --milliseconds", s.Name))
	}
	return s, arms, rules, nil
}

// loadSide reads a run from its folder, its file, or the newest of a folder of runs.
func loadSide(name, path string) (storedSide, error) {
	run, err := results.Load(path)
	if errors.Is(err, fs.ErrNotExist) {
		if newest, storeErr := (results.Store{Dir: path}).Latest(); storeErr == nil {
			path = newest.Path
			run, err = results.Load(path)
		}
	}
	if err != nil {
		return storedSide{}, usage(fmt.Errorf("%s: %w", name, err))
	}
	side := storedSide{name: name + " " + path, run: run}
	log, err := results.LoadLog(path)
	switch {
	case err == nil:
		side.histograms = recorded.FromLog(run, log).ByRound()
	case !errors.Is(err, fs.ErrNotExist): // a run file alone will do: its summaries hold the usual percentiles
		return storedSide{}, usage(fmt.Errorf("%s: %w", name, err))
	}
	return side, nil
}

// check refuses a run that does not hold what is to be judged: every arm, of this workload.
func (side storedSide) check(s *scenarios.Scenario, arms []scenarios.Arm) error {
	at := slices.IndexFunc(side.run.Scenarios, func(have scenarios.Scenario) bool { return have.Name == s.Name })
	if at < 0 {
		return usage(fmt.Errorf("%s is of another scenario: it holds %s, not %s; name the one it holds: pushbench gate SCENARIO …", side.name, side.names(), s.Name))
	}
	if side.run.Interrupted {
		return &exitError{exitInconclusive, fmt.Errorf("%s was cut short: measure it again", side.name)}
	}
	if d := compare.WorkloadDifferences(&side.run.Scenarios[at], s); len(d) > 0 {
		return &exitError{exitInconclusive, fmt.Errorf("%s measured another workload under the name %s (there → now): %s; measure it again, or set these back",
			side.name, s.Name, strings.Join(d, ", "))}
	}
	for _, arm := range arms {
		if side.cell(s.Name, arm.Transport) == nil {
			return &exitError{exitInconclusive, fmt.Errorf("%s has no cell %s/%s (it has %s): measure it again, or choose with --transport what it has",
				side.name, s.Name, arm.Transport, side.cells())}
		}
	}
	return nil
}

func (side storedSide) names() string {
	var names []string
	for _, s := range side.run.Scenarios {
		names = append(names, s.Name)
	}
	return cmp.Or(strings.Join(names, ", "), "none")
}

func (side storedSide) cells() string {
	var cells []string
	for _, c := range side.run.Cells {
		cells = append(cells, c.Scenario+"/"+results.ArmTag(c))
	}
	return cmp.Or(strings.Join(cells, ", "), "no cells")
}

// cell is the run's over a transport, nil if it has none. A cell of a sweep is another workload than the scenario's.
func (side storedSide) cell(scenario string, t scenarios.Transport) *results.Cell {
	for i := range side.run.Cells {
		if c := &side.run.Cells[i]; c.Scenario == scenario && c.Transport == t && len(c.Params) == 0 {
			return c
		}
	}
	return nil
}

// condition is something that must be the same on both sides for numbers to be comparable.
type condition struct{ name, value string }

// conditionsOf are the conditions of a run, or of one that would be measured now.
func conditionsOf(tool results.Tool, e results.Environment, client string, seed uint64) []condition {
	return []condition{
		{"operating system", e.OS},
		{"architecture", e.Arch},
		{"CPU model", e.CPUModel},
		{"CPUs", strconv.Itoa(e.CPUs)},
		{"usable CPUs", strconv.Itoa(e.UsableCPUs)},
		{"Go", tool.Go},
		{"pinning", fmt.Sprintf("%s (%d for the server, %d for the generator)", e.Pinning, len(e.ServerCPUs), len(e.GeneratorCPUs))},
		{"client", client},
		{"seed", strconv.FormatUint(seed, 10)},
	}
}

func (side storedSide) conditions(s *scenarios.Scenario) []condition {
	client := ""
	if c := side.cell(s.Name, s.Transports[0]); c != nil {
		client = c.Generator.Client
	}
	return conditionsOf(side.run.Tool, side.run.Environment, client, side.run.Seed)
}

// refuse is an error that names every condition in which the candidate's differ from the baseline's.
func refuse(baseline storedSide, there []condition, name string, here []condition) error {
	var differences []string
	for i, c := range there {
		if other := here[i]; c.value != other.value {
			differences = append(differences, fmt.Sprintf("%s: %s → %s", c.name, cmp.Or(c.value, "n/a"), cmp.Or(other.value, "n/a")))
		}
	}
	if len(differences) == 0 {
		return nil
	}
	return &exitError{exitInconclusive, fmt.Errorf("%s and %s differ in what matters, so nothing was compared:\n  %s\n"+
		"measure a baseline where the candidate is measured (make baseline), or both in pairs (--baseline-ref, --baseline-cmd)",
		baseline.name, name, strings.Join(differences, "\n  "))}
}

func newStoredGate(s *scenarios.Scenario, f storedFlags, baseline, candidate *results.Run) *gateFile {
	g := &gateFile{
		Schema: gateSchema, Created: time.Now().UTC(), Tool: tool(), Environment: candidate.Environment, Seed: candidate.Seed, ServerLife: string(lifeRound),
		Scenario: *s, Command: commandLine(),
		Stored: &storedRuns{Baseline: identify(baseline), Candidate: identify(candidate), Milliseconds: f.milliseconds},
	}
	g.ID = results.NewRunID(g.Created, "gate-"+s.Name, uint16(rand.Uint32()))
	for _, c := range baseline.Cells {
		if c.Server != nil && c.Scenario == s.Name {
			g.Stored.Injected = cmp.Or(g.Stored.Injected, c.Server.Injected)
		}
	}
	return g
}

// judge fills in evidence and decision. The rounds of the same index are a pair: they followed the same schedule, though not next to each other.
func (g *gateFile) judge(rules []gate.Rule, baseline, candidate storedSide) error {
	var err error
	if g.Stored.Thresholds, err = thresholdsOf(&g.Scenario, candidate); err != nil {
		return err
	}
	if len(rules) == 0 {
		g.Decision = gate.Decision{Final: true}
		return nil
	}
	measured, err := storedSlices(&g.Scenario, baseline, candidate)
	if err != nil {
		return err
	}
	g.Evidence = evidence(rules, measured)
	pairs := len(g.Evidence[0].Pairs)
	if pairs < fewestRounds {
		return &exitError{exitInconclusive, fmt.Errorf("%s and %s have %d rounds in common: what repeats shows only from %d on; measure both with --rounds 3",
			baseline.name, candidate.name, pairs, fewestRounds)}
	}
	g.Design = gate.Design{Alpha: float64(g.Scenario.Gate.Alpha), MinPairs: pairs, MaxPairs: pairs} // one look at all there is
	decision, err := gate.Decide(g.Design, g.Evidence)
	if err != nil {
		return &exitError{exitInconclusive, err}
	}
	g.Decision = accept(decision, g.Scenario.Gate.Accept, g.Created)
	return nil
}

// fewestRounds is the smallest number of rounds that can show a quantity to repeat: one is constant whatever it is.
const fewestRounds = 2

// thresholdsOf holds the scenario's rules against its cells of a run.
func thresholdsOf(s *scenarios.Scenario, side storedSide) ([]results.ThresholdResult, error) {
	judged := *side.run
	judged.Scenarios = []scenarios.Scenario{*s}
	return results.JudgeThresholds(&judged, side.histograms)
}

// storedSlices are the rounds of both sides as slices of pairs.
func storedSlices(s *scenarios.Scenario, baseline, candidate storedSide) ([]results.PairSlice, error) {
	var all []results.PairSlice
	for _, t := range s.Transports {
		b, c := baseline.cell(s.Name, t), candidate.cell(s.Name, t)
		if c == nil {
			continue // the run ended before it
		}
		if at := otherSchedule(b.Rounds, c.Rounds); at >= 0 {
			return nil, &exitError{exitInconclusive, fmt.Errorf("%s and %s followed different schedules in round %d of %s/%s, though seed and scenario are the same: "+
				"pushbench places messages in another way since; measure the baseline again", baseline.name, candidate.name, at+1, s.Name, t)}
		}
		all = append(all, slicesOf(b, results.Baseline)...)
		all = append(all, slicesOf(c, results.Candidate)...)
	}
	return all, nil
}

// otherSchedule is the index of the first round that two cells have in common with different schedules; -1 if there is none.
func otherSchedule(a, b []results.Round) int {
	for _, x := range a {
		for _, y := range b {
			if x.Index == y.Index && x.ScheduleDigest != y.ScheduleDigest {
				return x.Index
			}
		}
	}
	return -1
}

// slicesOf are the rounds of a cell. Those of an invalid one cannot be used, none of them: a bad round was measured again as often as it may be, and nothing
// of such a cell is quoted anywhere else.
func slicesOf(c *results.Cell, side string) []results.PairSlice {
	var all []results.PairSlice
	for _, r := range c.Rounds {
		slice := results.PairSlice{
			Pair: r.Index, Side: side, First: side == results.Baseline, Scenario: c.Scenario, Transport: c.Transport, ServerLife: string(lifeRound),
		}
		slice.Fill(r)
		if c.Verdict != results.Valid {
			slice.Problem = "the cell is invalid: " + invalidating(c.Warnings)
		}
		all = append(all, slice)
	}
	return all
}

// invalidating is the first warning that makes what it is about invalid.
func invalidating(warnings []results.Warning) string {
	for _, w := range warnings {
		if w.Invalidates {
			return w.Text
		}
	}
	return "its warnings say why"
}

// measureCandidate measures a run under the baseline's conditions and judges it.
func measureCandidate(cmd *cobra.Command, flags *gateFlags, s *scenarios.Scenario, rules []gate.Rule, baseline storedSide) error {
	if !cmd.Flags().Changed("seed") {
		flags.run.seed = baseline.run.Seed
	}
	s.Rounds = len(baseline.cell(s.Name, s.Transports[0]).Rounds)
	e, err := newExperiment(&flags.run)
	if err != nil {
		return err
	}
	here := conditionsOf(tool(), e.environment, string(s.ClientKind()), flags.run.seed)
	if err := refuse(baseline, baseline.conditions(s), "a run made here", here); err != nil {
		return err
	}
	if e.server, err = flags.sides.onlyCandidate(cmd.Context()); err != nil {
		return err
	}
	if err := e.addCandidate(s); err != nil {
		return err
	}
	return runCandidate(cmd, flags, e, rules, baseline)
}

// addCandidate adds a scenario whose cells say that the server is somebody's own, if it is.
func (e *experiment) addCandidate(s *scenarios.Scenario) error {
	if err := e.add(s); err != nil {
		return err
	}
	if len(e.server.command) > 0 {
		for _, c := range e.cells {
			c.template.Target = results.Candidate
		}
	}
	return e.checkLimits()
}

// runCandidate executes, saves and judges the candidate's run, all in one folder.
func runCandidate(cmd *cobra.Command, flags *gateFlags, e *experiment, rules []gate.Rule, baseline storedSide) error {
	out := newOutput(cmd, &flags.run)
	run := &results.Run{Created: e.created, Environment: e.environment, Seed: e.flags.seed, Tool: tool()}
	g := newStoredGate(e.scenarios[0], flags.stored, baseline.run, run)
	_, g.Candidate = flags.sides.named("")
	if err := out.prepare(g.ID); err != nil {
		return err
	}
	e.display = out.display(e)
	measured, err := e.run(cmd.Context())
	measured.run.ID, measured.run.Command, g.Took = g.ID, g.Command, time.Since(g.Created)
	g.Stored.Candidate = identify(measured.run)
	if runErr := endedRun(cmd.Context(), err); runErr != nil {
		g.Ended = runErr.Error()
		return errors.Join(runErr, out.saveGate(g, measured), g.say(cmd, flags, out.folder.Path))
	}
	candidate := storedSide{"the candidate", measured.run, measured.histograms}
	if err := g.judge(rules, baseline, candidate); err != nil {
		return errors.Join(err, out.saveGate(g, measured))
	}
	measured.run.Thresholds = g.Stored.Thresholds
	return errors.Join(out.saveGate(g, measured), g.say(cmd, flags, out.folder.Path))
}

// endedRun is ended, of a run that keeps what it has also without an error.
func endedRun(ctx context.Context, err error) error {
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return ended(ctx, err)
}

// saveGate saves the run, if there is any of it, and what the gate says of it.
func (o *output) saveGate(g *gateFile, measured outcome) error {
	var err error
	if len(measured.run.Cells) > 0 {
		err = o.save(measured)
	}
	return errors.Join(err, g.save(o.folder))
}
