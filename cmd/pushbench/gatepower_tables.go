package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"pushbench/report/format"
	"pushbench/report/gate"
	"pushbench/report/review"
	"pushbench/results/stats"
	"pushbench/scenarios"
)

// studyTable is one table of a study. Notes say how to read it.
type studyTable struct {
	title  string
	header []string
	rows   [][]string
	notes  []string
}

func (t studyTable) text(w io.Writer) error {
	fmt.Fprintf(w, "%s\n\n", t.title)
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{t.header}, t.rows...) {
		fmt.Fprintln(columns, strings.Join(row, "\t"))
	}
	if err := columns.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for _, note := range t.notes {
		for _, line := range format.Wrap(note, 100) {
			fmt.Fprintln(w, line)
		}
	}
	return nil
}

func (t studyTable) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "**%s**\n\n| %s |\n|%s\n", t.title, strings.Join(t.header, " | "), strings.Repeat("---|", len(t.header)))
	for _, row := range t.rows {
		cells := slices.Clone(row)
		for i := range cells {
			cells[i] = cell(cells[i])
		}
		fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
	}
	fmt.Fprintf(b, "\n%s\n", strings.Join(t.notes, " "))
}

// powerStudy plays the gates.
type powerStudy struct {
	powerFlags
	gate scenarios.Gate
}

// design is that of a live gate on such pairs: it ends where the budget does, or the recording.
func (s powerStudy) design(r *recording, recorded int) gate.Design {
	most := s.gate.MaxPairs
	if most == 0 {
		most = r.affordable(s.budget)
	}
	most = min(most, recorded)
	return gate.Design{Alpha: float64(s.gate.Alpha), MinPairs: min(s.gate.MinPairs, most), MaxPairs: most}
}

// alarmTables are how often identical servers fail, by this gate and by the usual rule.
func (s powerStudy) alarmTables(recordings []*recording) ([]studyTable, error) {
	alarms := studyTable{
		title:  "Identical servers: how often the gate alarms",
		header: []string{"recording", "tolerance", "pairs recorded", "gates", "alarms", "95 % bounds", "pass", "inconclusive", "pairs", "minutes"},
		notes: []string{
			fmt.Sprintf("Each gate takes neighbouring pairs from a random place and calls the sides by a coin, which makes every failure a false alarm; nominal is %s at most. "+
				"\"None\" is the harder question: no tolerance, and no rise too small to count. Bounds are Clopper and Pearson's.", share(float64(s.gate.Alpha))),
		},
	}
	naive := studyTable{
		title:  fmt.Sprintf("The same slices: one run against a stored one, alarm above +%s", share(s.threshold)),
		header: []string{"recording", "transport", "metric", "alarms"},
		notes:  []string{"Every couple of slices from different pairs, one as the stored run and one as the new."},
	}
	for _, r := range recordings {
		all, dropped, err := r.evidence(s.gate, s.gate.Metrics...)
		if err != nil {
			return nil, err
		}
		for _, strict := range []bool{false, true} {
			row, err := s.alarms(r, all, strict)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", r.name, err)
			}
			alarms.rows = append(alarms.rows, row)
		}
		alarms.notes = append(alarms.notes, slices.Concat(droppedNote(r, dropped), s.tooShortNote(r, all))...)
		rows, err := s.naive(r, all)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.name, err)
		}
		naive.rows = append(naive.rows, rows...)
	}
	return []studyTable{alarms, naive}, nil
}

func (s powerStudy) alarms(r *recording, all []gate.Evidence, strict bool) ([]string, error) {
	tolerance := share(float64(s.gate.Tolerance))
	if strict {
		all, tolerance = withoutTolerance(all), "none"
	}
	rates, err := gate.Alarms(s.design(r, len(all[0].Pairs)), all, s.seed, s.gates)
	if err != nil {
		return nil, err
	}
	return append([]string{r.name, tolerance, fmt.Sprint(len(all[0].Pairs)), fmt.Sprint(s.gates), share(rates.Fail.Value()), bounds(rates.Fail)}, r.outcome(rates)...), nil
}

// outcome are the columns that alarms and power share.
func (r *recording) outcome(rates gate.Rates) []string {
	return []string{
		share(rates.Pass.Value()), share(rates.Inconclusive.Value()), fmt.Sprintf("%.1f", rates.MeanPairs), fmt.Sprintf("%.1f", rates.MeanPairs*r.perPair().Minutes()),
	}
}

// withoutTolerance asks whether the test itself keeps its rate: any rise counts, however small.
func withoutTolerance(all []gate.Evidence) []gate.Evidence {
	strict := slices.Clone(all)
	for i := range strict {
		e := &strict[i]
		e.Pairs = slices.Clone(e.Pairs)
		e.Rule.Tolerance, e.Rule.MinRise = 0, 0
		for j := range e.Pairs {
			e.Pairs[j].Baseline.LagP99, e.Pairs[j].Candidate.LagP99 = 0, 0
		}
	}
	return strict
}

func (s powerStudy) naive(r *recording, all []gate.Evidence) ([][]string, error) {
	var rows [][]string
	for _, e := range all {
		if e.Rule.Exact {
			continue
		}
		alarms, err := gate.Naive(e, s.threshold)
		if err != nil {
			return nil, err
		}
		rows = append(rows, []string{r.name, format.LookOf(e.Rule.Transport).Name, review.RuleName(e.Rule), share(alarms)})
	}
	return rows, nil
}

// powerTables are what share of known rises is caught.
func (s powerStudy) powerTables(recordings []*recording) ([]studyTable, error) {
	t := studyTable{
		title:  "Worse candidates: what share the gate catches",
		header: []string{"level", "rise", "pairs recorded", "caught", "95 % bounds", "pass", "inconclusive", "pairs", "minutes"},
		notes: []string{fmt.Sprintf("%d gates a level, each drawing pairs with replacement from the recording; the bounds are of the drawing. Rise is the estimate over all "+
			"recorded pairs. Pairs and minutes are a gate's mean; it may take %s.", s.gates, minutes(s.budget))},
	}
	for _, r := range recordings {
		all, dropped, err := r.evidence(s.gate, s.gate.Metrics...)
		if err != nil {
			return nil, err
		}
		rates, err := gate.Power(s.design(r, len(all[0].Pairs)), all, s.seed, s.gates)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.name, err)
		}
		row := []string{r.name, rises(all), fmt.Sprint(len(all[0].Pairs)), share(rates.Fail.Value()), bounds(rates.Fail)}
		t.rows = append(t.rows, append(row, r.outcome(rates)...))
		t.notes = append(t.notes, slices.Concat(droppedNote(r, dropped), s.tooShortNote(r, all))...)
	}
	return []studyTable{t}, nil
}

// rises are the changes that all pairs together show.
func rises(all []gate.Evidence) string {
	var words []string
	for _, e := range all {
		if !e.Rule.Exact {
			change := math.Expm1(stats.NewShift(e.Differences()).Estimate())
			words = append(words, fmt.Sprintf("%s %s %+.0f %%", format.LookOf(e.Rule.Transport).Name, review.RuleName(e.Rule), 100*change))
		}
	}
	return strings.Join(words, ", ")
}

// noiseMetrics are the columns of the noise; what is detectable is said of noiseJudged.
var noiseMetrics = []string{"latency_p50", "latency_p99", "server_cpu_per_message"}

const noiseJudged = "latency_p99"

// noiseBudgets are what time may be spent.
var noiseBudgets = []time.Duration{2 * time.Minute, defaultBudget, 10 * time.Minute}

// noiseTables are what is detectable for the time spent.
func (s powerStudy) noiseTables(recordings []*recording) ([]studyTable, error) {
	t := studyTable{
		title:  "What is detectable for the time spent",
		header: []string{"recording", "slice", "server life", "transport", "pairs", "s/pair"},
		notes: []string{fmt.Sprintf("sd is the standard deviation of ln(candidate ÷ baseline) over pairs of identical servers. A pair is a slice of each side over each of the recording's "+
			"transports. Detectable is the p99 rise, above the tolerance of %s, that is caught %.0f %% of the time, with all of the recording's transports tested, at most %d pairs, "+
			"and before the floor of %s.", share(float64(s.gate.Tolerance)), 100*gate.DefaultPower, mostPairs, format.Nanoseconds(smallestRise))},
	}
	for _, metric := range noiseMetrics {
		t.header = append(t.header, "sd "+review.RuleName(gate.Rule{Metric: metric}))
	}
	for _, budget := range noiseBudgets {
		t.header = append(t.header, "in "+minutes(budget))
	}
	for _, r := range recordings {
		rows, dropped, err := s.noise(r)
		if err != nil {
			return nil, err
		}
		t.rows = append(t.rows, rows...)
		t.notes = append(t.notes, droppedNote(r, dropped)...)
	}
	return []studyTable{t}, nil
}

// noise is a row for each transport.
func (s powerStudy) noise(r *recording) (rows [][]string, dropped int, err error) {
	judged, dropped, err := r.evidence(s.gate, noiseJudged)
	if err != nil {
		return nil, dropped, err
	}
	for _, e := range judged {
		rows = append(rows, []string{
			r.name, format.Setting(r.steady()), r.slices[0].ServerLife, format.LookOf(e.Rule.Transport).Name, fmt.Sprint(len(e.Pairs)), fmt.Sprintf("%.1f", r.perPair().Seconds()),
		})
	}
	for _, metric := range noiseMetrics {
		all, _, err := r.evidence(s.gate, metric)
		for i := range rows {
			sd := format.NA
			if err == nil { // what was not measured has none
				sd = fmt.Sprintf("%.3f", all[i].Noise())
			}
			rows[i] = append(rows[i], sd)
		}
	}
	for _, budget := range noiseBudgets {
		pairs := r.affordable(budget)
		for i, found := range gate.Sensitivities(gate.Design{Alpha: float64(s.gate.Alpha), MinPairs: s.gate.MinPairs}, judged, pairs) {
			rows[i] = append(rows[i], detectable(found, pairs))
		}
	}
	return rows, dropped, nil
}

func detectable(s gate.Sensitivity, pairs int) string {
	if s.Problem != "" {
		return fmt.Sprintf("%s (%d pairs)", format.NA, pairs)
	}
	return fmt.Sprintf("+%.0f %% (%d pairs)", 100*s.Detectable, pairs)
}

func droppedNote(r *recording, dropped int) []string {
	if dropped == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s: %d pairs that could not be used are left out.", r.name, dropped)}
}

// tooShortNote says that gates of so few pairs cannot fail, which makes it no merit that they never did.
func (s powerStudy) tooShortNote(r *recording, all []gate.Evidence) []string {
	d := s.design(r, len(all[0].Pairs))
	first := slices.Clone(all)
	for i := range first {
		first[i].Pairs = first[i].Pairs[:d.MaxPairs]
	}
	decision, err := gate.Decide(d, first)
	if err != nil { // what is wrong with the evidence was said when the gates were played
		return nil
	}
	for _, f := range decision.Findings {
		for _, w := range f.Warnings {
			if w.Code == gate.WarnFewPairs {
				return []string{fmt.Sprintf("%s: %s; its gates have at most %d.", r.name, w.Text, d.MaxPairs)}
			}
		}
	}
	return nil
}

func share(v float64) string { return fmt.Sprintf("%.3g %%", 100*v) }

func bounds(s gate.Share) string { return fmt.Sprintf("%.2f … %.2f %%", 100*s.Lo, 100*s.Hi) }
