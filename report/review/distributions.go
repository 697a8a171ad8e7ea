package review

import (
	"fmt"
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pushbench/report/format"
	"pushbench/report/recorded"
	"pushbench/results"
)

func (s sectionTables) fromHistograms() ([]Table, error) {
	if s.histograms == nil {
		return nil, nil
	}
	latency, err := s.merged(results.Latency)
	if err != nil {
		return nil, err
	}
	overhead, err := s.merged(results.Overhead)
	if err != nil {
		return nil, err
	}
	out := []Table{s.percentiles(latency)}
	late := s.bars(TableHistogram, "Latency histogram", latency, times)
	late.ShowsNot = "Messages that were never delivered have the time they had been waited for, and are counted in the delivery table."
	extra := s.bars(TableOverhead, "Overhead per message", overhead, octets)
	extra.ShowsNot = "Messages that were never delivered, whose bytes nobody received; handshakes; TCP/IP headers."
	out = append(out, late, extra)
	seconds, err := s.overTime()
	return append(out, seconds), err
}

func (s sectionTables) merged(m results.Metric) ([]*hdrhistogram.Histogram, error) {
	var out []*hdrhistogram.Histogram
	for _, c := range s.cells {
		h, err := s.histograms.Merged(c.Index, m)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		out = append(out, h)
	}
	return out, nil
}

// armColumns are one column for each arm.
func (s sectionTables) armColumns(first Column) []Column {
	columns := []Column{first}
	for _, c := range s.cells {
		columns = append(columns, Column{Title: c.Name, Arm: c.Index})
	}
	return columns
}

// nineSteps is how many points a percentile curve has for each nine.
const nineSteps = 10

// percentiles are latency by percentile on a nines axis, up to what the best arm's samples reach.
func (s sectionTables) percentiles(all []*hdrhistogram.Histogram) Table {
	t := s.table(TablePercentile, "Latency by percentile", "How late the slowest share of messages came, counted from the instant each was due. ~ marks what too few independent messages carry.",
		"When they came: a stall and a steady tail look the same here.", s.armColumns(Column{Title: "percentile", Unit: "%", Arm: -1})...)
	t.byPercentile(all, s.cells, func(c *results.Cell) *results.Summary { return c.Latency })
	return t
}

// recovery is how long clients took to come back from an outage; ok is false without one.
func (s sectionTables) recovery() (t Table, ok bool, err error) {
	back := s
	back.cells = nil
	for _, c := range s.cells {
		if c.Cell.Recovery != nil && c.Cell.Recovery.Total != nil {
			back.cells = append(back.cells, c)
		}
	}
	if s.histograms == nil || len(back.cells) == 0 {
		return Table{}, false, nil
	}
	all, err := back.merged(results.RecoveryTotal)
	t = back.table(TableRecovery, "The way back from the outage",
		"From the cut of all connections until a client had a session again and all that it had missed; the right end is the last client that came back.",
		"Clients that never came back, which the results count.", back.armColumns(Column{Title: "percentile", Unit: "%", Arm: -1})...)
	t.byPercentile(all, back.cells, func(c *results.Cell) *results.Summary { return c.Recovery.Total })
	return t, true, err
}

// byPercentile fills a table of percentiles, one column for each cell.
func (t *Table) byPercentile(all []*hdrhistogram.Histogram, cells []cell, summary func(*results.Cell) *results.Summary) {
	most := int64(0)
	for _, h := range all {
		if h != nil {
			most = max(most, h.TotalCount())
		}
	}
	for i := 0; most > 0 && i <= int(nineSteps*min(5, math.Log10(float64(most)))); i++ {
		q := 1 - math.Pow(10, -float64(i)/nineSteps)
		percent := 100 * q
		row := Row{Arm: -1, Cells: []Value{{Number: percent, Known: true, Text: fmt.Sprintf("%.6g", percent)}}}
		for j, h := range all {
			v := unknown()
			if h != nil && (1-q)*float64(h.TotalCount()) >= 1-1e-9 {
				v = number(float64(h.ValueAtQuantile(percent)))
				v.Rough = q > format.Carried(independent(summary(cells[j].Cell)))
			}
			row.Cells = append(row.Cells, v)
		}
		t.Rows = append(t.Rows, row)
	}
	t.writtenTogether(1, times)
}

func independent(s *results.Summary) int64 {
	if s == nil {
		return 0
	}
	return s.Independent
}

// writtenTogether writes all columns from the given one on in one unit: they are compared with one another.
func (t *Table) writtenTogether(from int, d dimension) {
	var values []Value
	for _, r := range t.Rows {
		values = append(values, r.Cells[from:]...)
	}
	u := d.common(values...)
	for i := from; i < len(t.Columns); i++ {
		t.Columns[i].Unit, t.Columns[i].Size = u.Name, u.Size
	}
	for _, r := range t.Rows {
		for i := from; i < len(r.Cells); i++ {
			r.Cells[i] = r.Cells[i].in(u)
		}
	}
}

// bars are a histogram of each arm over logarithmic bins that all share, as shares of the arm's messages in percent.
func (s sectionTables) bars(name, title string, all []*hdrhistogram.Histogram, d dimension) Table {
	t := s.table(name, title, "The share of each arm's messages in each bin; bins are evenly wide on a logarithmic scale.", "",
		s.armColumns(counted("from"))...)
	t.Columns = append(t.Columns[:1], append([]Column{{Title: "to", Size: 1, Arm: -1}}, t.Columns[1:]...)...)
	bins, ok := recorded.BinsOf(all)
	if !ok {
		return t
	}
	shares := make([][]float64, len(all))
	for j, h := range all {
		if h != nil {
			shares[j] = bins.Shares(h)
		}
	}
	for i := range bins.Count {
		row := Row{Arm: -1, Cells: []Value{number(bins.Edge(i)), number(bins.Edge(i + 1))}}
		filled := false
		for _, of := range shares {
			v := unknown()
			if of != nil {
				v = number(100 * of[i])
				filled = filled || of[i] > 0
			}
			row.Cells = append(row.Cells, v.in(plain[0]))
		}
		if filled {
			t.Rows = append(t.Rows, row)
		}
	}
	t.written(0, d)
	t.written(1, d)
	for i := 2; i < len(t.Columns); i++ {
		t.Columns[i].Unit = "%"
	}
	return t
}

// overTime is second by second, one row for each second of each round and arm.
func (s sectionTables) overTime() (Table, error) {
	t := s.table(TableOverTime, "Latency over time", "Each second's messages by the instant they were due, so that a stall stays with the messages it hit. The warm-up enters no other figure.",
		"A second's p99 describes few messages and estimates nothing.",
		arms(), counted("round"), Column{Title: "phase", Words: true, Arm: -1}, Column{Title: "from", Unit: "s", Size: float64(time.Second), Arm: -1}, counted("messages"),
		counted("p50"), counted("p99"), counted("max"))
	for _, c := range s.cells {
		seconds, err := s.histograms.Seconds(c.Index, c.Cell.Rounds)
		if err != nil {
			return t, fmt.Errorf("%s: %w", c.Name, err)
		}
		for _, sec := range seconds {
			phase := "steady"
			if sec.Warmup {
				phase = "warm-up"
			}
			from := number(float64(sec.Start)).in(format.Unit{Name: "s", Size: float64(time.Second)})
			t.Rows = append(t.Rows, c.row(count(int64(c.roundNumber(sec.Round))), word(phase), from, count(sec.Count),
				number(float64(sec.P50)), number(float64(sec.P99)), number(float64(sec.Max))))
		}
	}
	t.writtenTogether(5, times)
	return t, nil
}

// roundNumber is a round's number as people count, by its place in the cell.
func (c cell) roundNumber(place int) int {
	if place < len(c.Cell.Rounds) {
		return c.Cell.Rounds[place].Index + 1
	}
	return place + 1
}
