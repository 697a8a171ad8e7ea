package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pushbench/report/format"
	"pushbench/report/gate"
	"pushbench/report/review"
	"pushbench/results"
	"pushbench/scenarios"
)

// calibrationFileName is the file in the folder of all runs (--out) that keeps what gates can see here.
const calibrationFileName = "calibration.json"

// calibrationSchema is the version of calibration.json.
const calibrationSchema = 1

// calibrationKey says what a calibration holds for. A gate that differs in any of it may be noisier.
type calibrationKey struct {
	// ScenarioDigest is of everything in the scenario that decides what is measured and how it is judged.
	ScenarioDigest string        `json:"scenario_digest"`
	ServerLife     string        `json:"server_life"`
	Budget         time.Duration `json:"budget_ns"`
	// Server is the command that starts the baseline's server, without secrets; Client the generator's protocol code.
	Server  string `json:"server"`
	Client  string `json:"client"`
	Machine string `json:"machine"`
}

// calibration is what gates can see here, by pairs of identical sides.
type calibration struct {
	calibrationKey
	Created  time.Time    `json:"created"`
	Tool     results.Tool `json:"tool"`
	Scenario string       `json:"scenario"`
	// Pairs is how many fit in the budget, those to spare included, and Power how often a rise is to be caught.
	Pairs int                `json:"pairs"`
	Power float64            `json:"power"`
	Rules []gate.Sensitivity `json:"rules"`
	// Verdict is the gate's on these pairs. A failure is a false alarm.
	Verdict gate.Verdict `json:"verdict"`
	// Recording is the folder, beside this file, that holds the pairs.
	Recording string `json:"recording"`
}

type calibrationFile struct {
	Schema       int           `json:"calibration_schema"`
	Calibrations []calibration `json:"calibrations"`
}

// newCalibrationKey is the key of a gate that the pairing measures.
func newCalibrationKey(p *pairing, flags *gateFlags) (calibrationKey, error) {
	digest, err := workloadDigest(*p.arms[0].Scenario, p.arms)
	if err != nil {
		return calibrationKey{}, err
	}
	return calibrationKey{
		ScenarioDigest: digest, ServerLife: string(p.life), Budget: flags.budget,
		Server: flags.sides.baselineServer(), Client: string(p.client), Machine: machineKey(p.engine.environment()),
	}, nil
}

// workloadDigest leaves out of the scenario what changes neither the load nor the noise.
func workloadDigest(s scenarios.Scenario, arms []scenarios.Arm) (string, error) {
	s.Title, s.Question, s.Thresholds, s.Rounds, s.Gate.Accept = "", "", nil, 0, nil
	s.Transports = nil
	for _, arm := range arms {
		s.Transports = append(s.Transports, arm.Transport)
	}
	text, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("digest of scenario %s: %w", s.Name, err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8]), nil
}

// machineKey is the kind of machine: what decides how fast and how noisy it is, as far as it tells. Runners of one kind share it.
func machineKey(e results.Environment) string {
	return fmt.Sprintf("%s/%s, %s, %d of %d CPUs, virtualised %q, container %q, CI %q, pinning %s",
		e.OS, e.Arch, e.CPUModel, e.UsableCPUs, e.CPUs, e.Virtualised, e.Container, e.CI, e.Pinning)
}

// baselineServer names the baseline's server as it was asked for.
func (f *sideFlags) baselineServer() string {
	return gateSide{Command: redactedCommand(f.baselineCmd), Inject: f.baselineInject}.String()
}

// checkCalibrate refuses flags that ask for something else than a calibration does.
func (f *gateFlags) checkCalibrate() error {
	switch {
	case f.record != "" || f.redecide != "" || f.stored.baseline != "":
		return usage(errors.New("--calibrate measures and judges identical servers: leave --record, --redecide and --baseline out"))
	case f.sides.candidateCmd != "" && f.sides.baselineCmd == "":
		return usage(errors.New("--calibrate measures the baseline's server against itself: name your server with --baseline-cmd"))
	}
	return nil
}

// calibrate measures the baseline's server against itself for as long as a gate may take, and says and keeps what rise such a gate catches.
func calibrate(cmd *cobra.Command, p *pairing, flags *gateFlags) error {
	s := p.arms[0].Scenario
	key, err := newCalibrationKey(p, flags)
	if err != nil {
		return err
	}
	p.candidate = p.baseline
	p.candidate.name = results.Candidate
	c := calibration{calibrationKey: key, Created: time.Now().UTC(), Tool: tool(), Scenario: s.Name, Power: gate.DefaultPower}
	c.Recording = results.NewRunID(c.Created, "calibrate-"+s.Name, uint16(rand.Uint32()))
	folder, err := results.Store{Dir: flags.run.out}.Create(c.Recording)
	if err != nil {
		return err
	}
	var measured []results.PairSlice
	file, err := p.recordTo(cmd, flags, folder, func(s results.PairSlice) { measured = append(measured, s) })
	if err != nil {
		return err
	}
	most := mostPairs
	if s.Gate.MaxPairs > 0 {
		most = s.Gate.MaxPairs + s.Gate.MaxPairs/4
	}
	runErr := ended(cmd.Context(), p.within(cmd.Context(), flags.budget, most))
	p.close()
	if err := errors.Join(runErr, file.Close()); err != nil {
		return err
	}
	if err := c.judge(gate.Design{Alpha: float64(s.Gate.Alpha), MinPairs: s.Gate.MinPairs}, evidence(p.rules, measured)); err != nil {
		return &exitError{exitInconclusive, fmt.Errorf("calibrate: %w; the pairs are in %s", err, folder.Path)}
	}
	return c.finish(cmd, flags)
}

// within measures pairs until the next might not fit in the budget, and at most so many.
func (p *pairing) within(ctx context.Context, budget time.Duration, most int) error {
	began := time.Now()
	if err := p.warm(ctx); err != nil {
		return err
	}
	var longest time.Duration
	for i := 0; i < most && (i == 0 || time.Since(began)+longest <= budget); i++ {
		pairBegan := time.Now()
		if err := p.pair(ctx, i); err != nil {
			return err
		}
		longest = max(longest, time.Since(pairBegan))
	}
	return nil
}

// judge finds out what a gate sees that measures as many pairs.
func (c *calibration) judge(d gate.Design, all []gate.Evidence) error {
	c.Pairs = len(all[0].Pairs)
	d = planned(d, c.Pairs)
	decision, err := gate.Decide(d, all)
	if err != nil {
		return err
	}
	c.Verdict = decision.Verdict
	c.Rules = gate.Sensitivities(d, all, d.MaxPairs)
	for _, r := range c.Rules {
		if r.Problem == "" {
			return nil
		}
	}
	if len(c.Rules) == 0 {
		return errors.New("all metrics are exact: any rise is caught, there is nothing to calibrate; name one with --metrics, such as latency_p99")
	}
	return fmt.Errorf("%d pairs in %s say nothing of the noise (%s): shorten the slices (--duration) or give it a larger --budget",
		c.Pairs, minutes(c.Budget), c.Rules[0].Problem)
}

// finish keeps the calibration and says it. One in which identical servers failed is kept too, and told.
func (c *calibration) finish(cmd *cobra.Command, flags *gateFlags) error {
	if err := keepCalibration(flags.run.out, *c); err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	if flags.run.json {
		return encodeIndented(out, c)
	}
	var b strings.Builder
	for _, r := range c.Rules {
		fmt.Fprintf(&b, "%-16s  %-22s  %3d pairs  noise %.3f  %s\n", r.Rule.Transport, review.RuleName(r.Rule), r.Pairs, r.Noise, caught(r))
	}
	b.WriteString("\n")
	wrap(&b, "", c.sentence(), 80)
	if c.Verdict == gate.Fail {
		wrap(&b, "", "The gate FAILED these identical servers: a false alarm. Once in a hundred is promised; if it happens again, see the recording.", 80)
	}
	fmt.Fprintf(&b, "\nfiles: %s, %s\n", filepath.Join(flags.run.out, calibrationFileName), filepath.Join(flags.run.out, c.Recording))
	_, err := io.WriteString(out, b.String())
	return err
}

// sentence says what a gate can see here, and since when that is known.
func (c *calibration) sentence() string {
	var metrics []string
	arms := map[string][]string{}
	for _, r := range c.Rules {
		metric := review.RuleName(r.Rule)
		if !slices.Contains(metrics, metric) {
			metrics = append(metrics, metric)
		}
		arms[metric] = append(arms[metric], fmt.Sprintf("%s (%s)", caught(r), format.LookOf(r.Rule.Transport).Name))
	}
	for i, metric := range metrics {
		metrics[i] = fmt.Sprintf("the smallest %s rise caught %.0f %% of the time is %s", metric, 100*c.Power, strings.Join(arms[metric], ", "))
	}
	return fmt.Sprintf("Calibrated on %s with identical servers, %s: here, in %s, %s.",
		c.Created.Format(time.DateOnly), c.pairs(), minutes(c.Budget), strings.Join(metrics, "; "))
}

// pairs says also how many could not be used: a gate that meets as many is inconclusive, whatever it could have seen.
func (c *calibration) pairs() string {
	unusable := 0
	for _, r := range c.Rules {
		unusable = max(unusable, c.Pairs-r.Pairs)
	}
	if unusable == 0 {
		return fmt.Sprintf("%d pairs", c.Pairs)
	}
	return fmt.Sprintf("%d pairs, %d of which could not be used", c.Pairs, unusable)
}

// minutes is how long a gate may take, in words.
func minutes(budget time.Duration) string {
	if budget >= time.Minute && budget%time.Minute == 0 {
		return fmt.Sprintf("%d min", budget/time.Minute)
	}
	return format.Setting(budget)
}

// caught is the smallest rise in words, rounded up so as not to promise more than there is.
func caught(r gate.Sensitivity) string {
	if r.Problem != "" {
		return "unknown"
	}
	return fmt.Sprintf("%.0f %%", math.Ceil(100*r.Smallest()))
}

// readCalibrations reads the file in the folder of all runs; where there is none, there are none.
func readCalibrations(dir string) ([]calibration, error) {
	path := filepath.Join(dir, calibrationFileName)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read calibrations: %w", err)
	}
	var file calibrationFile
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, usage(fmt.Errorf("%s is damaged: %w; remove it and calibrate again", path, err))
	}
	if file.Schema != calibrationSchema {
		return nil, usage(fmt.Errorf("%s has calibration_schema %d, this pushbench reads %d: remove it and calibrate again", path, file.Schema, calibrationSchema))
	}
	return file.Calibrations, nil
}

// keepCalibration adds one to the file, in the place of an older one of the same key.
func keepCalibration(dir string, c calibration) error {
	all, err := readCalibrations(dir)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(old calibration) bool { return old.calibrationKey == c.calibrationKey })
	file := calibrationFile{calibrationSchema, append(all, c)}
	return results.Folder{Path: dir}.WriteFile(calibrationFileName, func(w io.Writer) error { return encodeIndented(w, file) })
}

// lookupCalibration finds the one that holds for a gate; nil if there is none.
func lookupCalibration(dir string, key calibrationKey) (*calibration, error) {
	all, err := readCalibrations(dir)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].calibrationKey == key {
			return &all[i], nil
		}
	}
	return nil, nil
}

// calibrated is what a pass says of its own sensitivity: what a calibration found, or how to get one.
func (g *gateFile) calibrated() string {
	switch {
	case g.verdict() != gate.Pass || g.Stored != nil:
		return ""
	case g.Calibration != nil:
		return g.Calibration.sentence()
	}
	return "Not calibrated for this workload, server, budget and machine: the same command with --calibrate measures the baseline's server against itself, " +
		"and says what rise is caught here 80 % of the time."
}

func encodeIndented(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}
