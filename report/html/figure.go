package html

import "pushbench/report/review"

// figure is a table with the chart of it, if it has one.
type figure struct {
	Kind kind
	review.Table
	Arms []arm
	// Long tables have their rows made by the script.
	Long bool
	// Panels are bars, Dots rounds; a chart that the script draws has neither.
	Panels []panel
	Dots   []dotPanel
}

// mostBars is up to how many arms bars and dots are drawn; a sweep has more, and curves of its own.
const mostBars = 12

func newFigure(t review.Table, arms []arm) figure {
	f := figure{Kind: kindOf(t.Name), Table: t, Arms: arms, Long: len(t.Rows) > mostRows}
	if len(arms) > mostBars {
		return f
	}
	switch f.Kind {
	case kindAnswer:
		for i := range t.Columns[1:] {
			f.Panels = append(f.Panels, newPanel(f.Table, arms, i+1))
		}
	case kindBytes:
		f.Panels = []panel{newBytes(t, arms)}
	case kindCost:
		f.Panels = []panel{newPanel(t, arms, 1), newPanel(t, arms, 2), newPanel(t, arms, 3)}
	case kindBatch:
		f.Panels = []panel{newPanel(t, arms, 1)}
	case kindRounds:
		f.Dots = []dotPanel{newDots(t, arms, 3), newDots(t, arms, 4)}
	}
	return f
}

// Scripted says that the page's script draws the chart.
func (f figure) Scripted() bool { return f.Kind.scripted() }

// ByPercentile and OverTime tell apart the charts that the script draws; the others are histograms.
func (f figure) ByPercentile() bool { return f.Kind == kindPercentile || f.Kind == kindRecovery }

// OverTime see ByPercentile.
func (f figure) OverTime() bool { return f.Kind == kindOverTime }
