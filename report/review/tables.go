package review

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

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
	out = append(out, s.answer(), s.delivery(), s.generator())
	back, ok, err := s.recovery()
	if err != nil {
		return out, err
	}
	if ok {
		out = append(out, back)
	}
	if _, swept := sweep.Of(s.group); !swept {
		drawn, err := s.fromHistograms()
		if err != nil {
			return out, err
		}
		out = append(out, drawn...)
	}
	out = append(out, s.bytes(), s.batch(), s.cost(), s.rounds())
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
	swept, _ := sweep.Of(s.group)
	for i, sheet := range b.Sheets {
		title := sheet.Title
		if title == swept.Axis.Parameter {
			title = "by " + title
		}
		name := TableTerminal
		if i > 0 {
			name = fmt.Sprintf("%s-%d", TableTerminal, i+1)
		}
		t := s.table(name, capital(strings.Trim(title+", "+sheet.Heading, ", ")), "The table of the terminal.", "")
		t.Columns = []Column{{Title: "arm", Words: true, Size: 1, Arm: -1}}
		for _, c := range sheet.Columns {
			t.Columns = append(t.Columns, Column{Title: c.Name, Unit: c.Unit, Size: c.Size, Words: c.Words, Arm: -1})
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

// capital begins a title as titles begin; p99 stays as it is everywhere.
func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 || first == 'p' && len(s) > 1 && unicode.IsDigit(rune(s[1])) {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
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
		counted("goroutines wait p99"), counted("emulated network late p99"), counted("CPU share"), counted("CPU per message"), counted("memory per client"), counted("GC pauses"), counted("unrecorded"))
	for _, c := range s.cells {
		g := c.Cell.Generator
		t.Rows = append(t.Rows, c.row(number(g.OfferedRate), number(g.AchievedRate), at50(c.Cell.Lag), at99(c.Cell.Lag), most(c.Cell.Lag), at99(c.Cell.SendDelay),
			whole(g.SchedLatencyP99), whole(g.NetworkLateP99), optional(g.CPUShare), optional(g.CPUPerMessage), optional(g.RSSPerClient), whole(g.GCPause), count(g.Unrecorded)))
	}
	for i, d := range []dimension{1: plain, 2: plain, 3: times, 4: times, 5: times, 6: times, 7: times, 8: times, 9: plain, 10: times, 11: octets, 12: times} {
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

// bytes has the parts by column, in the order of package format; where they were not told apart only the overhead is known.
func (s sectionTables) bytes() Table {
	t := s.table(TableBytes, "Bytes per message", "What one delivered message takes at the client's socket, both ways, and what it went into. "+s.handshakeShare(),
		"TCP/IP headers and acknowledgements, which loopback has none of to count: the table's last column models them.",
		arms(), counted("payload"), counted("overhead"), counted("framing"), counted("headers"), counted("TLS"), counted("empty polls"), counted("handshake"),
		counted("warm-up"), counted("tail"), counted("whole session, modelled with TCP/IP"))
	for _, c := range s.cells {
		t.Rows = append(t.Rows, c.row(bytesOf(c.Cell)...))
	}
	for i := range t.Columns[1:] {
		t.written(i+1, octets)
	}
	return t
}

// bytesOf are the columns of the table of bytes, for each delivered message.
func bytesOf(c *results.Cell) []Value {
	w, messages := c.Wire, c.Arrived()
	per := func(total *int64) Value {
		if messages <= 0 || total == nil {
			return unknown()
		}
		return number(float64(*total) / float64(messages))
	}
	out := []Value{per(&w.PayloadBytes), per(&w.OverheadBytes)}
	if p := w.OverheadParts; p != nil {
		out = append(out, per(&p.Framing), per(&p.Headers), per(&p.TLS), per(&p.EmptyPolls))
	} else {
		out = append(out, unknown(), unknown(), unknown(), unknown())
	}
	return append(out, per(&w.HandshakeBytes), per(&w.WarmupBytes), per(&w.TailBytes), per(w.ModelledIP))
}

// handshakeShare says how many messages share a handshake: that is the run's length, and no property of a transport.
func (s sectionTables) handshakeShare() string {
	for _, c := range s.cells {
		if perSession := float64(c.Cell.Arrived()) / c.sessions(); perSession > 0 && len(c.Cell.Rounds) > 0 {
			return fmt.Sprintf("The handshake is that of a session of this length, %s and %s messages: in a longer one each message has less of it.",
				format.Setting(c.steady(c.Cell.Rounds[0])), format.Sig(perSession))
		}
	}
	return "The handshake is shared by the messages of the session."
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
