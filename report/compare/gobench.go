package compare

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/perf/benchfmt"

	"pushbench/results"
)

// WriteGoBench writes every round of every side in Go's benchmark format (golang.org/design/14313-benchmark-format), so that benchstat can give a
// second opinion:
//
//	benchstat -col side -row .fullname both.txt
//
// A line is a round, its iterations the messages delivered; the configuration key side tells the runs apart. Invalid cells are left out, with a
// comment that says so. Only the key side is written, because every further one that differs would put the sides into different tables.
func WriteGoBench(w io.Writer, c *Comparison) error {
	buffered := bufio.NewWriter(w)
	for i, side := range c.Sides {
		fmt.Fprintf(buffered, "# %s: run %s\n", side.Letter, oneWord(side.ID))
		for _, a := range c.Arms {
			if cell := a.cells[i]; cell != nil && cell.Verdict != results.Valid {
				fmt.Fprintf(buffered, "# %s is invalid in %s: left out\n", benchName(a), side.Letter)
			}
		}
	}
	out := benchfmt.NewWriter(buffered)
	for i, side := range c.Sides {
		for _, a := range c.Arms {
			if err := writeRounds(out, side, a, a.cells[i]); err != nil {
				return fmt.Errorf("write Go benchmark format: %w", err)
			}
		}
	}
	if err := buffered.Flush(); err != nil {
		return fmt.Errorf("write Go benchmark format: %w", err)
	}
	return nil
}

func writeRounds(out *benchfmt.Writer, side Side, a Arm, cell *results.Cell) error {
	if cell == nil || cell.Verdict != results.Valid {
		return nil
	}
	for i := range cell.Rounds {
		m := &cell.Rounds[i].Measured
		line := benchfmt.Result{
			Config: []benchfmt.Config{{Key: "side", Value: []byte(side.Letter), File: true}},
			Name:   benchfmt.Name(benchName(a)), Iters: int(max(1, m.Delivery.Delivered)),
		}
		for _, q := range quantities {
			if v := q.read(m); sane(v) {
				line.Values = append(line.Values, benchfmt.Value{Value: *v, Unit: q.name})
			}
		}
		if err := out.Write(&line); err != nil {
			return err
		}
	}
	return nil
}

// benchName is the arm as a benchmark's name without the word Benchmark, such as `Push/scenario=default/rate=10:s/transport=websocket`. A slash within
// a value would begin another part; the transport comes last because a name's last -N is taken for a number of processors, and no transport ends so.
func benchName(a Arm) string {
	var b strings.Builder
	b.WriteString("Push/scenario=" + oneWord(a.Scenario))
	if a.Target != "" {
		b.WriteString("/target=" + oneWord(a.Target))
	}
	for _, path := range slices.Sorted(maps.Keys(a.Params)) {
		b.WriteString("/" + oneWord(path) + "=" + oneWord(a.Params[path]))
	}
	b.WriteString("/transport=" + oneWord(string(a.Transport)))
	return b.String()
}

// oneWord replaces what would end a word or a part of a name.
func oneWord(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '/':
			return ':'
		case unicode.IsSpace(r) || !unicode.IsPrint(r):
			return '_'
		}
		return r
	}, s)
}
