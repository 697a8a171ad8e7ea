package results

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// RoundData is what a worker hands over: a round with the histograms its summaries were made from.
type RoundData struct {
	Round      Round      `json:"round"`
	Histograms Histograms `json:"histograms"`
}

// The codes of warnings that merging rounds can add.
const (
	// WarnRoundsDiffer marks a cell whose rounds were not made alike (another client codec, pacer, HTTP library, core or processor count, or injected fault).
	WarnRoundsDiffer = "rounds_differ"
	// WarnRepeated marks a cell of which rounds were measured again: see [Round.Spoiled].
	WarnRepeated = "repeated"
	// WarnAccounting marks a cell whose sums do not add up: see [CheckAccounting].
	WarnAccounting = "accounting"
)

// NewCell merges the rounds of one scenario × arm. The template says what was measured: its Scenario, Transport, Target, Params and Clients are kept,
// and its SpoiledRounds; everything else is computed.
//
// Histograms are merged and summarised anew, counts and bytes are added, ratios recomputed from the sums; no percentile is ever averaged. A figure
// that any round lacks is absent from the cell, because a sum over two of three rounds looks like one over three. The order of rounds does not
// matter: they are sorted by index. It is an error to have no rounds, two of one index, or a histogram that cannot be read or merged without loss.
func NewCell(template Cell, rounds []RoundData) (Cell, error) {
	sorted, err := sortRounds(rounds)
	if err != nil {
		return Cell{}, fmt.Errorf("cell %s/%s: %w", template.Scenario, template.Transport, err)
	}
	c := Cell{
		Scenario: template.Scenario, Transport: template.Transport, Target: template.Target,
		Params: template.Params, Clients: template.Clients, SpoiledRounds: template.SpoiledRounds,
	}
	for _, r := range sorted {
		c.Rounds = append(c.Rounds, r.Round)
	}
	c.Opening = mergeOpening(c.Rounds)
	c.Delivery = mergeDelivery(c.Rounds)
	c.Sessions = mergeSessions(c.Rounds)
	c.Recovery = mergeRecovery(c.Rounds)
	c.Attendance = mergeAttendance(c.Rounds)
	c.Wire = mergeWire(c.Rounds)
	c.Uplink = mergeUplink(c.Rounds)
	c.Slow = mergeSlow(c.Rounds)
	c.ByTransport = mergeByTransport(c.Rounds)
	c.Server = mergeServer(c.Rounds)
	c.Generator = mergeGenerator(c.Rounds)
	c.Upkeep = mergeUpkeep(c.Rounds, c.Server, c.Generator)
	if err := c.mergeSummaries(sorted); err != nil {
		return Cell{}, fmt.Errorf("cell %s/%s: %w", template.Scenario, template.Transport, err)
	}
	if c.Stages, err = mergeStages(sorted); err != nil {
		return Cell{}, fmt.Errorf("cell %s/%s: merge stages: %w", template.Scenario, template.Transport, err)
	}
	c.ScheduleDigest = mergeDigests(c.Rounds)
	c.judge()
	return c, nil
}

func sortRounds(rounds []RoundData) ([]RoundData, error) {
	if len(rounds) == 0 {
		return nil, fmt.Errorf("no rounds to merge")
	}
	sorted := slices.Clone(rounds)
	slices.SortStableFunc(sorted, func(a, b RoundData) int { return cmp.Compare(a.Round.Index, b.Round.Index) })
	for i := 1; i < len(sorted); i++ {
		if index := sorted[i].Round.Index; index == sorted[i-1].Round.Index {
			return nil, fmt.Errorf("two rounds have the index %d", index)
		}
	}
	return sorted, nil
}

func (c *Cell) mergeSummaries(rounds []RoundData) error {
	for _, m := range Metrics {
		place := c.Summary(m)
		if place == nil {
			continue
		}
		var independent int64
		for i := range rounds {
			if s := rounds[i].Round.Summary(m); s != nil && *s != nil {
				independent += (*s).Independent
			}
		}
		s, err := concat(rounds, m).Summarise(m, independent)
		if err != nil {
			return fmt.Errorf("merge %s of %d rounds: %w", m, len(rounds), err)
		}
		*place = s
	}
	return nil
}

// mergeDigests returns a digest over the rounds' schedules in order of their index. A round index has the same schedule in every arm of a scenario,
// so two cells may be compared when their digests are equal. Empty if a round has none.
func mergeDigests(rounds []Round) string {
	h := sha256.New()
	for _, r := range rounds {
		if r.ScheduleDigest == "" {
			return ""
		}
		fmt.Fprintf(h, "%d %s\n", r.Index, r.ScheduleDigest)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// judge collects the warnings and gives the verdict: a cell is as valid as its worst round.
func (c *Cell) judge() {
	c.Warnings = slices.Concat(mergeWarnings(c.Rounds), differences(c.Rounds), repetitions(c.SpoiledRounds))
	known := slices.ContainsFunc(c.Warnings, func(w Warning) bool { return w.Code == WarnAccounting }) // from the round that is at fault
	if err := CheckAccounting(c.Measured); err != nil && !known {
		c.Warnings = append(c.Warnings, Warning{Code: WarnAccounting, Text: err.Error(), Invalidates: true})
	}
	c.Verdict = Valid
	for _, r := range c.Rounds {
		if r.Verdict != Valid {
			c.Verdict = Invalid
		}
	}
	for _, w := range c.Warnings {
		if w.Invalidates {
			c.Verdict = Invalid
		}
	}
}

// mergeWarnings returns each warning once by its code, in the order in which rounds have them, saying how many rounds it was seen in. The text is
// that of the first round that has it, since texts carry figures.
func mergeWarnings(rounds []Round) []Warning {
	var merged []Warning
	seen := map[string]int{} // code → rounds
	for _, r := range rounds {
		counted := map[string]bool{}
		for _, w := range r.Warnings {
			at := slices.IndexFunc(merged, func(m Warning) bool { return m.Code == w.Code })
			if at < 0 {
				at = len(merged)
				merged = append(merged, w)
			}
			merged[at].Invalidates = merged[at].Invalidates || w.Invalidates
			if !counted[w.Code] {
				counted[w.Code] = true
				seen[w.Code]++
			}
		}
	}
	if len(rounds) == 1 {
		return merged
	}
	for i := range merged {
		merged[i].Text += fmt.Sprintf(" (in %d of %d rounds)", seen[merged[i].Code], len(rounds))
	}
	return merged
}

// differences warns of rounds that were made under other conditions than the first.
func differences(rounds []Round) []Warning {
	var warnings []Warning
	for _, r := range rounds[1:] {
		if a, b := conditions(rounds[0]), conditions(r); a != b {
			warnings = append(warnings, Warning{
				Code: WarnRoundsDiffer, Invalidates: true,
				Text: fmt.Sprintf("round %d was made with %+v, round %d with %+v: measure the cell again under one condition", rounds[0].Index, a, r.Index, b),
			})
		}
	}
	return warnings
}

// HTTP is the library that the cell's server answered requests with. Files without that field were made by a version that had net/http only.
func (c *Cell) HTTP() string {
	if c.Server == nil {
		return HTTPNet
	}
	return cmp.Or(c.Server.HTTP, HTTPNet)
}

type condition struct {
	client, pacer, http, injected string
	generatorCores, serverCores   int
	serverProcs                   int
}

func conditions(r Round) condition {
	c := condition{client: r.Generator.Client, pacer: r.Generator.Pacer, generatorCores: r.Generator.Cores}
	if r.Server != nil {
		c.http, c.injected, c.serverCores, c.serverProcs = r.Server.HTTP, r.Server.Injected, r.Server.Cores, r.Server.Procs
	}
	return c
}
