package review

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pushbench/report"
	"pushbench/report/format"
	"pushbench/report/recorded"
	"pushbench/report/sweep"
	"pushbench/results"
)

// sectionTables makes the tables of one scenario.
type sectionTables struct {
	section    int
	prefix     string
	group      format.Group
	cells      []cell
	histograms *recorded.Histograms
}

func (r *Review) tables(groups []format.Group, blocks []report.Block, histograms *recorded.Histograms) ([]Table, error) {
	var out []Table
	slugs := map[string]bool{}
	for i, g := range groups {
		s := sectionTables{section: i, group: g, histograms: histograms}
		if len(groups) > 1 {
			s.prefix = format.Unique(format.Slug(g.Scenario.Name), slugs) + "-"
		}
		for _, a := range g.Arms {
			s.cells = append(s.cells, newCell(g.Scenario, a))
		}
		tables, err := s.all(blocks[i], r.Sections[i].BreakEven)
		if err != nil {
			return out, fmt.Errorf("tables of scenario %q: %w", r.Sections[i].Name, err)
		}
		out = append(out, tables...)
	}
	return out, nil
}

// all are the tables of the terminal, then those of the charts. A sweep's arms are too many for histograms: it has its curves in the terminal's tables.
func (s sectionTables) all(b report.Block, m *BreakEven) ([]Table, error) {
	out := s.terminal(b)
	if len(s.cells) == 0 {
		return out, nil
	}
	out = append(out, s.delivery(), s.generator())
	if _, swept := sweep.Of(s.group); !swept {
		drawn, err := s.fromHistograms()
		if err != nil {
			return out, err
		}
		out = append(out, drawn...)
	}
	out = append(out, s.bytes(), s.cost(), s.batch(), s.rounds())
	if m != nil {
		out = append(out, s.breakEven(*m))
	}
	return out, nil
}

func (s sectionTables) table(name, title, shows, showsNot string, columns ...Column) Table {
	for i := range columns {
		columns[i].Size = max(1, columns[i].Size)
	}
	return Table{Name: s.prefix + name, Section: s.section, Title: title, Shows: shows, ShowsNot: showsNot, Columns: columns}
}

func (s sectionTables) terminal(b report.Block) []Table {
	var out []Table
	for i, sheet := range b.Sheets {
		name := TableTerminal
		if i > 0 {
			name = fmt.Sprintf("%s-%d", TableTerminal, i+1)
		}
		t := s.table(name, strings.Trim(sheet.Heading+", "+sheet.Title, ", "), "The table of the terminal.", "")
		t.Columns = []Column{{Title: sheet.Title, Words: true, Size: 1, Arm: -1}}
		last := ""
		for _, c := range sheet.Columns {
			head := strings.TrimSpace(c.Head + " " + c.Per)
			if c.Head == "" {
				head = strings.TrimSpace(last + " " + c.Per)
			}
			last = strings.TrimSpace(c.Head)
			t.Columns = append(t.Columns, Column{Title: head, Unit: c.Unit, Size: c.Size, Words: c.Words, Arm: -1})
		}
		for _, row := range sheet.Rows {
			line := Row{Arm: row.Cell, Invalid: row.Invalid, Cells: []Value{word(row.Name)}}
			for j, v := range row.Values {
				cell := Value{Text: v.Text, Known: v.Known, Rough: v.Rough, Number: v.Number}
				if v.High > 0 {
					cell.Low, cell.High, cell.Interval, cell.Number = v.Number, v.High, true, 0
					t.Columns[j+1].Interval = true
				}
				line.Cells = append(line.Cells, cell)
			}
			t.Rows = append(t.Rows, line)
		}
		out = append(out, t)
	}
	return out
}

func arms() Column                { return Column{Title: "arm", Words: true, Arm: -1} }
func counted(title string) Column { return Column{Title: title, Arm: -1} }

// row begins with the arm's name.
func (c cell) row(values ...Value) Row {
	return Row{Arm: c.Index, Invalid: c.Invalid(), Cells: append([]Value{word(c.Name)}, values...)}
}

// written sets the texts of a column's values in one unit, chosen for all of them, and gives the column that unit.
func (t *Table) written(column int, d dimension) {
	var values []Value
	for _, r := range t.Rows {
		values = append(values, r.Cells[column])
	}
	u := d.common(values...)
	t.Columns[column].Unit, t.Columns[column].Size = u.Name, u.Size
	for _, r := range t.Rows {
		r.Cells[column] = r.Cells[column].in(u)
	}
}

// counts writes whole numbers digit by digit.
func count(n int64) Value { return Value{Number: float64(n), Known: true, Text: format.Grouped(n)} }

func (s sectionTables) delivery() Table {
	t := s.table(TableIntegrity, "Delivery", "Every message of the steady phase, counted once for each client that had to receive it: expected = delivered + missed + undelivered.",
		"What the server did inside; a message sent twice to one client counts as duplicated, outside the sum.",
		arms(), counted("offered"), counted("published"), counted("expected"), counted("delivered"), counted("missed"), counted("undelivered"), counted("duplicated"),
		counted("reordered"), counted("announced as lost"), counted("foreign"))
	for _, c := range s.cells {
		d := c.Cell.Delivery
		t.Rows = append(t.Rows, c.row(count(d.Offered), count(d.Published), count(d.Expected), count(d.Delivered), count(d.Missed), count(d.Undelivered),
			count(d.Duplicated), count(d.Reordered), count(d.Announced), count(d.Foreign)))
	}
	return t
}

func (s sectionTables) generator() Table {
	t := s.table(TableGenerator, "The load generator's own load and lag",
		"Whether the clients' machine kept up: lag is how late a message was released, and is the generator's fault; an arm is invalid when it matters.",
		"How fast the server is.",
		arms(), counted("offered rate per s"), counted("achieved rate per s"), counted("lag p50"), counted("lag p99"), counted("lag max"), counted("send delay p99"),
		counted("goroutines wait p99"), counted("emulated network late p99"), counted("CPU share"), counted("CPU per message"), counted("GC pauses"), counted("unrecorded"))
	for _, c := range s.cells {
		g := c.Cell.Generator
		t.Rows = append(t.Rows, c.row(number(g.OfferedRate), number(g.AchievedRate), at50(c.Cell.Lag), at99(c.Cell.Lag), most(c.Cell.Lag), at99(c.Cell.SendDelay),
			whole(g.SchedLatencyP99), whole(g.NetworkLateP99), optional(g.CPUShare), optional(g.CPUPerMessage), whole(g.GCPause), count(g.Unrecorded)))
	}
	for i, d := range []dimension{1: plain, 2: plain, 3: times, 4: times, 5: times, 6: times, 7: times, 8: times, 9: plain, 10: times, 11: times} {
		if d != nil {
			t.written(i, d)
		}
	}
	return t
}

func summaryValue(s *results.Summary, pick func(*results.Summary) int64) Value {
	if s == nil || s.Count == 0 {
		return unknown()
	}
	return number(float64(pick(s)))
}

func at50(s *results.Summary) Value {
	return summaryValue(s, func(s *results.Summary) int64 { return s.P50 })
}

func at99(s *results.Summary) Value {
	return summaryValue(s, func(s *results.Summary) int64 { return s.P99 })
}

func most(s *results.Summary) Value {
	return summaryValue(s, func(s *results.Summary) int64 { return s.Max })
}

func (s sectionTables) bytes() Table {
	t := s.table(TableBytes, "Bytes per message", "What one delivered message takes at the client's socket, both ways. The parts of the session that led to no measured delivery stand apart.",
		"TCP/IP headers and acknowledgements; the last column models them, because loopback has none to count.",
		arms(), counted("payload"), counted("overhead"), counted("handshake"), counted("warm-up"), counted("tail"), counted("whole session, modelled with TCP/IP"))
	for _, c := range s.cells {
		w, messages := c.Cell.Wire, c.Cell.Arrived()
		per := func(total int64) Value {
			if messages <= 0 {
				return unknown()
			}
			return number(float64(total) / float64(messages))
		}
		modelled := unknown()
		if w.ModelledIP != nil {
			modelled = per(*w.ModelledIP)
		}
		t.Rows = append(t.Rows, c.row(per(w.PayloadBytes), per(w.OverheadBytes), per(w.HandshakeBytes), per(w.WarmupBytes), per(w.TailBytes), modelled))
	}
	for i := 1; i <= 6; i++ {
		t.written(i, octets)
	}
	return t
}

func (s sectionTables) cost() Table {
	t := s.table(TableCost, "What the server pays", "The reference server's CPU time and memory, from the process's own clock and its resident memory.",
		"Another server's cost: the shape of the comparison carries over, the microseconds do not.",
		arms(), counted("CPU per message"), counted("CPU per client-hour"), counted("memory per client"), counted("share of its cores"), counted("connections per client"), counted("requests per message"))
	for _, c := range s.cells {
		perHour := unknown()
		server := c.Cell.Server
		if server == nil {
			server = &results.Server{}
		}
		if hours := c.clientHours(c.Cell.Rounds); server.CPU != nil && hours > 0 {
			perHour = number(float64(*server.CPU) / hours)
		}
		connections := unknown()
		if c.sessions() > 0 {
			connections = number(c.connections())
		}
		t.Rows = append(t.Rows, c.row(optional(server.CPUPerMessage), perHour, optional(server.RSSPerClient), optional(server.CPUShare), connections, requestsPerMessage(c)))
	}
	for i, d := range []dimension{1: times, 2: times, 3: octets, 4: plain, 5: plain, 6: plain} {
		if d != nil {
			t.written(i, d)
		}
	}
	return t
}

func (s sectionTables) batch() Table {
	t := s.table(TableBatch, "Messages per response", "How many messages share a response, which is what makes polling cheap under load; for WebSocket, how many one read of the socket took.",
		"How long each of them waited for the others.",
		arms(), counted("messages per response"), counted("responses"), counted("empty responses"), counted("empty share"))
	for _, c := range s.cells {
		w := c.Cell.Wire
		t.Rows = append(t.Rows, c.row(optional(w.MessagesPerResponse), count(w.Responses), count(w.EmptyResponses), emptyShare(c)))
	}
	t.written(1, plain)
	t.written(4, plain)
	return t
}

func (s sectionTables) rounds() Table {
	t := s.table(TableRounds, "Rounds", "How far apart repetitions lie: a difference between arms that is smaller than that says nothing. Rounds of one number had the same schedule in every arm.",
		"Where the truth lies: rounds describe, intervals estimate.",
		arms(), counted("round"), counted("executed as"), counted("p50 latency"), counted("p99 latency"), counted("max latency"), counted("server CPU per message"), counted("overhead per message"))
	for _, c := range s.cells {
		for _, r := range c.Cell.Rounds {
			cpu := unknown()
			if r.Server != nil {
				cpu = optional(r.Server.CPUPerMessage)
			}
			overhead := unknown()
			if o := r.Wire.Overhead; o != nil && o.Count > 0 {
				overhead = number(o.Mean)
			}
			row := c.row(count(int64(r.Index+1)), count(int64(r.Order+1)), percentile("p50", 0.5)(&r.Measured, 0), percentile("p99", 0.99)(&r.Measured, 0), most(r.Latency), cpu, overhead)
			row.Invalid = row.Invalid || r.Verdict != results.Valid
			t.Rows = append(t.Rows, row)
		}
	}
	for i, d := range []dimension{3: times, 4: times, 5: times, 6: times, 7: octets} {
		if d != nil {
			t.written(i, d)
		}
	}
	return t
}

func (s sectionTables) breakEven(m BreakEven) Table {
	t := s.table(TableBreakEven, "Break-even map", "Where the model turns, and what was measured there: polling ÷ WebSocket.", "CPU, loss and congestion, which the model leaves out.",
		Column{Title: "place", Words: true, Arm: -1}, Column{Title: "ratio", Words: true, Arm: -1}, counted("messages per client per minute"), Column{Title: "round-trip time", Unit: "ms", Arm: -1},
		counted("measured"), counted("modelled"))
	for _, d := range m.Dots {
		for _, surface := range m.Surfaces {
			rtt := number(d.RTT)
			if d.Loopback {
				rtt = Value{Text: "loopback"}
			}
			modelled := unknown()
			if v, ok := d.Modelled[surface.Name]; ok {
				modelled = number(v)
			}
			t.Rows = append(t.Rows, Row{Arm: d.Arm.Cell, Cells: []Value{word("measured, " + d.Label), word(surface.Name), number(d.Rate), rtt, d.Measured[surface.Name], modelled}})
		}
	}
	for _, surface := range m.Surfaces {
		for _, c := range surface.Contours {
			for _, p := range c.Points {
				t.Rows = append(t.Rows, Row{Arm: -1, Cells: []Value{word("modelled, " + c.Text), word(surface.Name), number(p.Rate), number(p.RTT), unknown(), number(c.Ratio)}})
			}
		}
	}
	for _, r := range t.Rows {
		for i := 2; i < len(r.Cells); i++ {
			if r.Cells[i].Text == "" || r.Cells[i].Known {
				r.Cells[i] = r.Cells[i].in(plain[0])
			}
		}
	}
	return t
}

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
	out = append(out, s.bars(TableHistogram, "Latency histogram", latency, times), s.bars(TableOverhead, "Overhead per message", overhead, octets))
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
				v.Rough = q > format.Carried(independent(s.cells[j]))
			}
			row.Cells = append(row.Cells, v)
		}
		t.Rows = append(t.Rows, row)
	}
	t.writtenTogether(1, times)
	return t
}

func independent(c cell) int64 {
	if c.Cell.Latency == nil {
		return 0
	}
	return c.Cell.Latency.Independent
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
	t := s.table(name, title, "The share of each arm's messages in each bin; bins are evenly wide on a logarithmic scale.",
		"Messages that were never delivered have the time they had been waited for, and are counted in the delivery table.",
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
