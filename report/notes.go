package report

import (
	"fmt"
	"slices"
	"strings"

	"pushbench/report/format"
	"pushbench/results"
)

// marks are what occurs in the tables of a scenario and needs a word of explanation.
type marks struct {
	columns                 map[string]bool // by both header lines
	tooFew, absent, invalid bool
	based, oneRound, fast   bool
}

func marksOf(tables []table) marks {
	m := marks{columns: map[string]bool{}}
	for _, t := range tables {
		for _, c := range t.columns {
			m.columns[c.head+c.per] = true
		}
		for r, line := range t.values {
			m.invalid = m.invalid || t.rows[r].Invalid()
			m.fast = m.fast || t.rows[r].Cell.HTTP() == results.HTTPFast
			m.based = m.based || t.rows[r].base != nil
			for c, v := range line {
				m.see(t.rows[r], t.columns[c], v)
			}
		}
	}
	return m
}

func (m *marks) see(r row, c column, v value) {
	switch {
	case v.trust == rough, v.trust == tooFew:
		m.tooFew = true
	case v.trust == absent && c.head == spread.head && len(r.Cell.Rounds) < 2:
		m.oneRound = true
	case v.trust == absent:
		m.absent = true
	}
}

// notes explains the marks that occur, and only those.
func (m marks) notes(tables []table) []string {
	var out []string
	if m.fast {
		out = append(out, "The server answered with fasthttp (--server-http fast), not with net/http. What the two differ by is the library's, not the transport's.")
	}
	if m.tooFew {
		out = append(out, tooFewNote(tables))
	}
	if m.oneRound {
		out = append(out, "spread n/a: a single round has none; run more rounds to see how far apart they lie.")
	}
	if m.absent {
		out = append(out, "n/a: not measured, not readable here, or a ratio to an arm that is invalid or missing; it does not mean zero.")
	}
	if m.invalid {
		out = append(out, "!: an invalid measurement. Do not quote its numbers; the warnings say why and what to do.")
	}
	return out
}

func (m marks) ratioNote() string {
	note := "÷ WS: times the WebSocket arm's value."
	if !m.based {
		note = "÷ WS: n/a, there is no WebSocket arm of the same target and parameters."
	}
	if m.columns[spread.head+spread.per] {
		note += " spread: (largest − smallest) ÷ median of the rounds' p99."
	}
	return note
}

// legend explains the columns that occur and whose heads are cut short.
func (m marks) legend() (out []string) {
	if m.columns[srvCPU.head+srvCPU.per] {
		out = append(out, m.costNote())
	}
	if m.columns[hourlyBytes.head+hourlyBytes.per] {
		out = append(out, upkeepNote)
	}
	if m.columns[openingBytes.head+openingBytes.per] {
		out = append(out, openingNote)
	}
	return append(append(out, m.ratioNote()), m.sessionNotes()...)
}

// sessionNotes explain the tables of what happened to sessions: what they count from, no name of a column says in full.
func (m marks) sessionNotes() (out []string) {
	for _, n := range []struct {
		of   column
		note string
	}{{allBack, recoveryNote}, {fellBack, fallbackNote}, {joinP50, attendanceNote}, {stageMemory, stagesNote}, {noServer, killedNote}} {
		if m.columns[n.of.head+n.of.per] {
			out = append(out, n.note)
		}
	}
	return out
}

func (m marks) costNote() string {
	note := "server, gen: CPU time of the server and of the load generator for a delivered message"
	if m.columns[srvMem.head+srvMem.per] {
		note += "; memory the server adds for a client"
	}
	if m.columns[srvShare.head+srvShare.per] {
		note += "; server cpu: the share in use of the cores it may use"
	}
	return note + "."
}

// fewNames is up to how many arms with too few samples are named one by one.
const fewNames = 4

// tooFewNote says how many samples are needed and how many there are, once where all arms have as many.
func tooFewNote(tables []table) string {
	var each []string
	var sizes []int64
	for _, r := range firstRows(tables) {
		if s := samples(r.Cell.Latency); s != nil && !format.Enough(s.Independent, 0.99) {
			each = append(each, format.Grouped(s.Independent)+" ("+r.Name+")")
			sizes = append(sizes, s.Independent)
		}
	}
	return fmt.Sprintf("~, n<%d: n too small. A p99 needs %d independent samples (p50 %d); there are %s. Lengthen the run or raise its rate.",
		format.Needed(0.99), format.Needed(0.99), format.Needed(0.5), howMany(each, sizes))
}

func howMany(each []string, sizes []int64) string {
	if len(sizes) == 0 {
		return "fewer"
	}
	least, most := slices.Min(sizes), slices.Max(sizes)
	switch {
	case least == most:
		return format.Grouped(least)
	case len(each) <= fewNames:
		return strings.Join(each, ", ")
	}
	return fmt.Sprintf("%s to %s in %d arms", format.Grouped(least), format.Grouped(most), len(each))
}

// firstRows are the rows of a scenario, each once: tables with a heading hold different rows, the others and those beside repeat them.
func firstRows(tables []table) []row {
	var rows []row
	for i, t := range tables {
		if (i == 0 || t.heading != "") && !t.beside {
			rows = append(rows, t.rows...)
		}
	}
	return rows
}
