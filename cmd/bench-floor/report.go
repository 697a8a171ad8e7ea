//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"pushbench/results"
)

// report is everything that was measured.
type report struct {
	Schema      int                  `json:"schema"`
	Started     time.Time            `json:"started"`
	Took        time.Duration        `json:"took_ns"`
	Environment *results.Environment `json:"environment,omitempty"`
	Rounds      int                  `json:"rounds"`
	Window      time.Duration        `json:"window_ns"`
	Seed        uint64               `json:"seed"`
	Idle        int                  `json:"idle_connections"`
	Pinning     string               `json:"pinning"`
	Samples     []sample             `json:"samples"`
	Failures    []string             `json:"failures,omitempty"`
}

// spread is a median and the extremes.
type spread struct{ median, least, most float64 }

func spreadOf(values []float64) spread {
	if len(values) == 0 {
		return spread{}
	}
	s := slices.Sorted(slices.Values(values))
	middle := s[len(s)/2]
	if len(s)%2 == 0 {
		middle = (middle + s[len(s)/2-1]) / 2
	}
	return spread{middle, s[0], s[len(s)-1]}
}

// row is a contender's line.
type row struct {
	name string
	// value is in microseconds a message, or KiB a client.
	value spread
	// ratio is ours ÷ this one's, round by round; zero for ours.
	ratio     spread
	rate, p99 float64 // messages a second, milliseconds
	share     float64
}

// rows are a workload's lines, in the order in which contenders were first listed: the floor, ours, the library, the tools.
func (r report) rows(w *workload) (all []row) {
	unit := 1e3
	if w.memory {
		unit = 1024
	}
	ours := r.byRound(w, nameOurs)
	for _, name := range r.names(w) {
		var values, ratios, rates, p99s, shares []float64
		for round, s := range r.byRound(w, name) {
			values = append(values, s.value(w)/unit)
			rates, p99s, shares = append(rates, s.Rate), append(p99s, s.P99.Seconds()*1e3), append(shares, s.Share)
			if own, ok := ours[round]; ok && name != nameOurs {
				ratios = append(ratios, own.value(w)/s.value(w))
			}
		}
		all = append(all, row{name, spreadOf(values), spreadOf(ratios), spreadOf(rates).median, spreadOf(p99s).median, spreadOf(shares).median})
	}
	return all
}

func (r report) byRound(w *workload, name string) map[int]sample {
	all := map[int]sample{}
	for _, s := range r.Samples {
		if s.Workload == w.key && s.Contender == name {
			all[s.Round] = s
		}
	}
	return all
}

func (r report) names(w *workload) (names []string) {
	for _, c := range w.contenders {
		names = append(names, c.name)
	}
	for _, t := range w.tools {
		names = append(names, t.program)
	}
	return slices.DeleteFunc(names, func(n string) bool { return len(r.byRound(w, n)) == 0 })
}

func (o options) print(out io.Writer, r report) error {
	r.Schema = 1
	switch {
	case o.json:
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	case o.markdown:
		_, err := io.WriteString(out, r.markdown())
		return err
	}
	_, err := io.WriteString(out, r.text())
	return err
}

// heading says what a workload's numbers are.
func (r report) heading(w *workload) string {
	n := w.connections
	if w.memory {
		n = r.Idle
	}
	return fmt.Sprintf("%s · %s connections, %d B", w.title, thousands(n), payloadSize)
}

func (r report) text() string {
	var b strings.Builder
	for i := range workloads {
		w := &workloads[i]
		rows := r.rows(w)
		if len(rows) == 0 {
			continue
		}
		fmt.Fprintf(&b, "%s\n", r.heading(w))
		fmt.Fprintf(&b, "  %-16s %s\n", "", strings.Join(pad(columns(w)), " "))
		for _, row := range rows {
			fmt.Fprintf(&b, "  %-16s %s\n", row.name, strings.Join(pad(row.cells(w)), " "))
		}
		b.WriteByte('\n')
	}
	b.WriteString(r.footer("\n"))
	return b.String()
}

func (r report) markdown() string {
	var b strings.Builder
	for i := range workloads {
		w := &workloads[i]
		rows := r.rows(w)
		if len(rows) == 0 {
			continue
		}
		head := columns(w)
		fmt.Fprintf(&b, "| %s | %s |\n|---|%s\n", r.heading(w), strings.Join(head, " | "), strings.Repeat("---:|", len(head)))
		for _, row := range rows {
			fmt.Fprintf(&b, "| %s | %s |\n", row.name, strings.Join(row.cells(w), " | "))
		}
		b.WriteByte('\n')
	}
	b.WriteString(r.footer("  \n"))
	return b.String()
}

func (r report) footer(lineEnd string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d rounds, interleaved in random order (seed %d), in %v%s", r.Started.Format(time.DateOnly), r.Rounds, r.Seed,
		r.Took.Round(time.Second), lineEnd)
	fmt.Fprintf(&b, "medians; server and clients on %s processors, core: of the clients'%s", r.Pinning, lineEnd)
	for _, f := range r.Failures {
		fmt.Fprintf(&b, "failed: %s%s", f, lineEnd)
	}
	return b.String()
}

// columns are a table's headings.
func columns(w *workload) []string {
	switch {
	case w.memory:
		return []string{"KiB/client", "least–most", "ours÷it", "least–most"}
	case w.timed:
		return []string{"µs/msg", "least–most", "ours÷it", "least–most", "msg/s", "p99 ms"}
	}
	return []string{"µs/msg", "least–most", "ours÷it", "least–most", "msg/s", "core"}
}

func (r row) cells(w *workload) []string {
	ratio, between := "", ""
	if r.ratio.median > 0 {
		ratio, between = fmt.Sprintf("%.2f", r.ratio.median), fmt.Sprintf("%.2f–%.2f", r.ratio.least, r.ratio.most)
	}
	cells := []string{fmt.Sprintf("%.1f", r.value.median), fmt.Sprintf("%.1f–%.1f", r.value.least, r.value.most), ratio, between}
	switch {
	case w.memory:
		return cells
	case w.timed:
		return append(cells, thousands(int(r.rate)), fmt.Sprintf("%.2f", r.p99))
	}
	return append(cells, thousands(int(r.rate)), fmt.Sprintf("%.0f%%", 100*r.share))
}

// pad makes columns of a terminal's table, 80 characters in all.
func pad(cells []string) []string {
	widths := []int{10, 12, 7, 10, 7, 6}
	var all []string
	for i, c := range cells {
		all = append(all, strings.Repeat(" ", max(0, widths[i]-len([]rune(c))))+c)
	}
	return all
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
