package report

import (
	"slices"
	"strings"

	"pushbench/report/format"
)

// layout is where a table's columns stand on a terminal.
type layout struct {
	name   int   // width of the first column
	widths []int // of the others
	stays  []bool
	glued  []bool
	begins []bool
	show   func(string) string // what a text becomes when printed; ASCII spellings are wider
}

// maxName bounds the first column, so that a hostile target name leaves room for numbers.
const maxName = 26

func (p *printer) layout(t table) layout {
	l := layout{name: format.Width(t.title), show: func(s string) string { return s }}
	if p.style.ASCII {
		l.show = format.ASCII
	}
	for r := range t.rows {
		l.name = max(l.name, format.Width(l.show(t.name(r))))
	}
	l.name = min(l.name, maxName+t.lead())
	for c, col := range t.columns {
		w := max(format.Width(l.show(col.head)), format.Width(l.show(t.unit(c))))
		for r := range t.rows {
			w = max(w, format.Width(l.show(t.text(r, c))))
		}
		l.widths = append(l.widths, w)
		l.stays = append(l.stays, col.stays)
		l.glued = append(l.glued, col.glued)
		l.begins = append(l.begins, col.begins)
	}
	return l
}

// lead is the width of the swept values before the names, which are as wide for all rows.
func (t table) lead() int {
	if len(t.rows) == 0 || t.rows[0].value == "" {
		return 0
	}
	return format.Width(t.rows[0].value) + 2
}

func (l layout) gap(c int) int {
	if l.glued[c] {
		return 1
	}
	return 2
}

// folds splits the columns into runs that fit width together with the name. A column that stays goes where its neighbour goes.
func (l layout) folds(width int) [][]int {
	var folds [][]int
	var fold []int
	used, all := l.name, l.name+l.width(nil)
	for _, unit := range l.unbreakable() {
		w := l.width(unit)
		if len(fold) > 0 && (used+w > width || all > width && l.begins[unit[0]]) {
			folds, fold, used = append(folds, fold), nil, l.name
		}
		fold, used = append(fold, unit...), used+w
	}
	if len(fold) > 0 {
		folds = append(folds, fold)
	}
	return folds
}

// width is what columns take, gaps included; of nil, all of them.
func (l layout) width(columns []int) int {
	w := 0
	for c := range l.widths {
		if columns == nil || slices.Contains(columns, c) {
			w += l.gap(c) + l.widths[c]
		}
	}
	return w
}

// unbreakable groups each column with those that stay with it.
func (l layout) unbreakable() [][]int {
	var units [][]int
	for c := range l.widths {
		if l.stays[c] && len(units) > 0 {
			units[len(units)-1] = append(units[len(units)-1], c)
			continue
		}
		units = append(units, []int{c})
	}
	return units
}

// row is one printed line: the name flush left, everything else flush right.
func (l layout) row(columns []int, name string, cell func(int) string) string {
	var b strings.Builder
	b.WriteString(format.Pad(format.Clip(l.show(name), l.name), l.name, false))
	for _, c := range columns {
		b.WriteString(strings.Repeat(" ", l.gap(c)))
		b.WriteString(format.Pad(l.show(cell(c)), l.widths[c], true))
	}
	return b.String()
}
