package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pushbench/report/gate"
	"pushbench/results"
	"pushbench/scenarios"
)

// powerFlags are what gate-power can be told.
type powerFlags struct {
	aa, level, noise []string
	seed             uint64
	gates            int
	threshold        float64
	budget           time.Duration
	markdown         bool
}

const gatePowerHelp = `Play thousands of gates on recorded pairs (gate --record), and say how often they alarm on
identical servers, what share of a known rise they catch in how many minutes, and which scenario,
slice length and server life tells most for the time it takes.

A recording is NAME=FILE, or FILE alone, which goes by the file's name; files of one name are joined.`

func newGatePower() *cobra.Command {
	flags := &powerFlags{}
	cmd := &cobra.Command{
		Use: "gate-power", Short: "study recorded pairs: false alarms, power, noise", Long: gatePowerHelp, Hidden: true, Args: noArguments,
		Example: "  pushbench gate-power --aa aa.jsonl --level '+20 %=delay20.jsonl' --noise 'direct 2 s=d2.jsonl' --markdown",
		RunE:    func(cmd *cobra.Command, _ []string) error { return gatePower(cmd, flags) },
	}
	f := cmd.Flags()
	f.StringArrayVar(&flags.aa, "aa", nil, "a `recording` of identical servers; may be repeated")
	f.StringArrayVar(&flags.level, "level", nil, "a `recording` whose candidate is worse; may be repeated")
	f.StringArrayVar(&flags.noise, "noise", nil, "a `recording` of identical servers whose noise is compared with others'; may be repeated")
	f.Uint64Var(&flags.seed, "seed", defaultSeed, "seed of the gates that are played")
	f.IntVar(&flags.gates, "gates", 5000, "how many gates are played on each recording")
	f.Float64Var(&flags.threshold, "threshold", 0.1, "the rise at which the usual rule, one run against a stored one, alarms")
	f.DurationVar(&flags.budget, "budget", defaultBudget, "how long a gate may take")
	f.BoolVar(&flags.markdown, "markdown", false, "print Markdown")
	for _, p := range gateParameterFlags {
		registerParameter(f, p.flag, p.short, p.path)
	}
	return cmd
}

func gatePower(cmd *cobra.Command, flags *powerFlags) error {
	if len(flags.aa)+len(flags.level)+len(flags.noise) == 0 {
		return usage(errors.New("gate-power needs recordings: some of --aa, --level and --noise (make them with gate --record FILE --pairs N)"))
	}
	if flags.gates < 1 || flags.budget <= 0 {
		return usage(fmt.Errorf("--gates %d, --budget %v: want more than 0", flags.gates, flags.budget))
	}
	s, err := (&runFlags{}).resolve(cmd, defaultGateScenario)
	if err != nil {
		return err
	}
	study := powerStudy{*flags, s.Gate}
	var tables []studyTable
	for _, part := range []struct {
		flag       string
		recordings []string
		tables     func([]*recording) ([]studyTable, error)
	}{{"--noise", flags.noise, study.noiseTables}, {"--aa", flags.aa, study.alarmTables}, {"--level", flags.level, study.powerTables}} {
		recordings, err := readRecordings(part.recordings)
		if err != nil {
			return usage(fmt.Errorf("%s: %w", part.flag, err))
		}
		if len(recordings) == 0 {
			continue
		}
		more, err := part.tables(recordings)
		if err != nil {
			return unjudged(fmt.Errorf("%s: %w", part.flag, err))
		}
		tables = append(tables, more...)
	}
	return printStudy(cmd.OutOrStdout(), tables, flags.markdown)
}

// unjudged gives recordings that say too little their exit code; what is the caller's mistake stays that.
func unjudged(err error) error {
	if _, coded := errors.AsType[*exitError](err); coded {
		return err
	}
	return &exitError{exitInconclusive, err}
}

// recording is pairs of one workload that were measured alike.
type recording struct {
	name   string
	slices []results.PairSlice
}

// readRecordings reads NAME=FILE and FILE, and joins the files of one name in the order given.
func readRecordings(words []string) ([]*recording, error) {
	var all []*recording
	for _, word := range words {
		name, path, named := strings.Cut(word, "=")
		if !named {
			path = name
		}
		i := slices.IndexFunc(all, func(r *recording) bool { return r.name == name })
		if i < 0 {
			i, all = len(all), append(all, &recording{name: name})
		}
		if err := all[i].read(path); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// read appends a file's slices, with pairs numbered on from those there are. A file that was recorded in several goes counts from 0 again in each.
func (r *recording) read(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read a recording: %w", err)
	}
	defer file.Close() // it was only read
	more, err := results.ReadPairSlices(file)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if len(more) == 0 {
		return fmt.Errorf("%s holds no slices", path)
	}
	next := 0
	for _, s := range r.slices {
		next = max(next, s.Pair+1)
	}
	first, before := next, 0
	for _, s := range more {
		if s.Pair < before {
			first = next
		}
		before = s.Pair
		s.Pair += first
		next = max(next, s.Pair+1)
		r.slices = append(r.slices, s)
	}
	return r.check(path)
}

// check refuses to join what was not measured alike.
func (r *recording) check(path string) error {
	first := r.slices[0]
	for _, s := range r.slices {
		if s.Scenario != first.Scenario || s.ServerLife != first.ServerLife {
			return fmt.Errorf("%s: %q holds scenario %s with server life %s, and scenario %s with %s: give each a name of its own, NAME=FILE",
				path, r.name, first.Scenario, first.ServerLife, s.Scenario, s.ServerLife)
		}
	}
	return nil
}

// arms are the transports in the order they first ran.
func (r *recording) arms() []scenarios.Arm {
	var arms []scenarios.Arm
	for _, s := range r.slices {
		if !slices.ContainsFunc(arms, func(a scenarios.Arm) bool { return a.Transport == s.Transport }) {
			arms = append(arms, scenarios.Arm{Scenario: &scenarios.Scenario{Name: s.Scenario}, Transport: s.Transport})
		}
	}
	slices.SortFunc(arms, func(a, b scenarios.Arm) int {
		return slices.Index(scenarios.Transports, a.Transport) - slices.Index(scenarios.Transports, b.Transport)
	})
	return arms
}

// evidence is the recording under rules for the metrics, without the pairs that any of them cannot use.
func (r *recording) evidence(g scenarios.Gate, metrics ...string) (kept []gate.Evidence, dropped int, err error) {
	g.Metrics = metrics
	rules, err := gateRules(g, r.arms(), serverLife(r.slices[0].ServerLife))
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", r.name, err)
	}
	kept, dropped, err = gate.Usable(evidence(rules, r.slices))
	if err != nil {
		return nil, dropped, fmt.Errorf("%s: %w", r.name, err)
	}
	return kept, dropped, nil
}

// perPair is the time that one pair of all transports takes.
func (r *recording) perPair() time.Duration {
	var total time.Duration
	pairs := map[int]bool{}
	for _, s := range r.slices {
		total += s.Wall
		pairs[s.Pair] = true
	}
	return total / time.Duration(len(pairs))
}

// steady is the measured part of a slice.
func (r *recording) steady() time.Duration {
	for _, s := range r.slices {
		for _, phase := range s.Round.Phases {
			if phase.Name == results.SteadyPhase {
				return phase.End - phase.Start
			}
		}
	}
	return 0
}

// affordable is how many pairs a gate judges in its budget, which leaves those to spare out.
func (r *recording) affordable(budget time.Duration) int {
	return planned(gate.Design{}, min(mostPairs, int(fits*float64(budget)/float64(max(1, r.perPair()))))).MaxPairs
}

// printStudy prints tables.
func printStudy(w io.Writer, tables []studyTable, markdown bool) error {
	var b strings.Builder
	for i, t := range tables {
		if i > 0 {
			b.WriteString("\n")
		}
		if markdown {
			t.markdown(&b)
		} else if err := t.text(&b); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
