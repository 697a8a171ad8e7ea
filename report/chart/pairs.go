package chart

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"path/filepath"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"pushbench/report/format"
	"pushbench/report/gate"
	"pushbench/results"
	"pushbench/scenarios"
)

// PairDifferences is the kind of a gate's charts: one for each metric, which its file's name ends in.
const PairDifferences Kind = "pairs"

// Pairs are what a gate measured and found. Findings may be missing, when the gate ended before its first look.
type Pairs struct {
	Scenario    scenarios.Scenario
	Environment results.Environment
	Evidence    []gate.Evidence
	Findings    []gate.Finding
}

// WritePairs draws each metric that is not compared exactly into dir, which must exist, as <scenario>-pairs-<metric>.svg and .png: a row for each transport with a
// dot for each pair, the estimated change with its bounds, and what is tolerated and ruled out. It replaces files as [Write] does.
func WritePairs(dir string, p Pairs) ([]File, error) {
	var drawn []drawing
	for _, f := range p.figures() {
		d, err := drawBoth(f.figure, p.Scenario.Name, filepath.Join(dir, format.Slug(p.Scenario.Name)+"-"+string(PairDifferences)+"-"+format.Slug(f.metric)))
		if err != nil {
			return nil, errors.Join(errors.New("chart of the pairs"), err)
		}
		drawn = append(drawn, d...)
	}
	return save(drawn)
}

// pairFigure is the chart of one metric.
type pairFigure struct {
	figure
	metric string
}

func (p Pairs) figures() []pairFigure {
	var figures []pairFigure
	for _, metric := range p.metrics() {
		f := pairFigure{pairChart(metricName(metric), p.rows(metric)), metric}
		f.title = format.Group{Scenario: p.Scenario}.Title() + ": " + f.title
		f.subtitle = format.Workload(p.Scenario) + " · " + format.Machine(p.Environment)
		figures = append(figures, f)
	}
	return figures
}

func (p Pairs) metrics() []string {
	var metrics []string
	for _, e := range p.Evidence {
		if !e.Rule.Exact && !slices.Contains(metrics, e.Rule.Metric) {
			metrics = append(metrics, e.Rule.Metric)
		}
	}
	return metrics
}

func metricName(key string) string {
	if q, err := results.LookupQuantity(key); err == nil {
		return q.Name
	}
	return format.Clean(key)
}

// pairRow is one transport of one metric. Differences are log ratios.
type pairRow struct {
	series
	rule        gate.Rule
	differences []float64
	setAside    int
	finding     *gate.Finding
}

func (p Pairs) rows(metric string) []pairRow {
	var rows []pairRow
	for _, e := range p.Evidence {
		if e.Rule.Metric != metric || e.Rule.Exact {
			continue
		}
		look := format.LookOf(e.Rule.Transport)
		r := pairRow{rule: e.Rule, differences: e.Differences()}
		r.series.Arm = format.Arm{Index: len(rows), Cell: &results.Cell{Verdict: results.Valid}, Look: look, Name: look.Name}
		r.setAside = len(e.Pairs) - len(r.differences)
		if i := slices.IndexFunc(p.Findings, func(f gate.Finding) bool { return f.Rule.String() == e.Rule.String() }); i >= 0 {
			r.finding = &p.Findings[i]
		}
		rows = append(rows, r)
	}
	return rows[:min(len(rows), maxArms)]
}

func pairChart(metric string, rows []pairRow) figure {
	s := pairSpan(rows)
	caption := []string{
		"A dot is a pair: a slice of each side on one schedule, one right after the other, in random order. Time runs from the top of a row to its bottom.",
		"Diamond and bar: the estimate of Hodges and Lehmann and the bounds that decide. A fail has its lower bound right of the tolerated rise, a pass " +
			"its upper bound left of the limit, or a rise too small to count.",
	}
	for _, r := range rows {
		if r.setAside > 0 {
			caption = append(caption, fmt.Sprintf("%s: %d pairs that cannot be used are not drawn.", r.Name, r.setAside))
		}
	}
	return figure{kind: PairDifferences, title: metric + " pair by pair", caption: caption, body: func(c draw.Canvas) {
		area := draw.Crop(c, 30, -labelWidth, 0, -16)
		p := newPlot("change from baseline to candidate, log scale", "")
		p.HideY()
		p.X.Min, p.X.Max, p.X.Tick.Marker = s.lo, s.hi, changeTicks(s)
		p.Y.Min, p.Y.Max = 0, 1
		p.Add(grid{onlyX: true}, pairPlotter(rows))
		p.Draw(area)
		data := p.DataCanvas(area)
		for i, band := range bands(data, len(rows)) {
			drawLabel(data, rows[i].series, vg.Point{X: data.Max.X + 16, Y: (band.Min.Y + band.Max.Y) / 2}, rows[i].numbers())
		}
		if len(rows) == 0 {
			noSamples(data)
		}
	}}
}

// numbers are the verdict and the change.
func (r pairRow) numbers() string {
	switch f := r.finding; {
	case f == nil:
		return fmt.Sprintf("%d pairs, not decided", len(r.differences))
	case math.IsInf(f.ChangeHi, 0) || math.IsInf(f.Change, 0):
		return fmt.Sprintf("%s, %d pairs", f.Verdict, f.Pairs)
	default:
		return fmt.Sprintf("%s: %+.1f %% (%+.1f … %+.1f %%)", f.Verdict, 100*f.Change, 100*f.ChangeLo, 100*f.ChangeHi)
	}
}

// pairSpan holds all dots, estimates and lines; infinite bounds run off the axis.
func pairSpan(rows []pairRow) span {
	lo, hi := 0.0, math.Log1p(gate.DefaultTolerance)
	for _, r := range rows {
		values := append([]float64{math.Log1p(r.rule.Tolerance), math.Log1p(r.rule.Limit)}, r.differences...)
		if r.finding != nil {
			values = append(values, math.Log1p(r.finding.ChangeLo), math.Log1p(r.finding.ChangeHi))
		}
		for _, v := range values {
			if !math.IsInf(v, 0) && !math.IsNaN(v) {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
	}
	pad := 0.04 * (hi - lo)
	return span{lo - pad, hi + pad}
}

// changes are the rises, as shares, that make clean ticks, those first that have the first claim to a place.
var changes = []float64{
	0, 1, 0.5, -0.5, 0.1, -0.1, 0.2, -0.2, 9, -0.9, 0.05, -0.05, 2, 4, 99, -0.99, 999, 0.02, -0.02, 0.01, -0.01, 0.3, -0.3, 0.005, -0.005, 0.002, -0.002, 0.001, -0.001,
}

// mostChangeTicks keeps their labels apart.
const mostChangeTicks = 12

// changeTicks labels logarithms of ratios as changes in per cent.
func changeTicks(s span) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for _, c := range changes {
		at := math.Log1p(c)
		near := slices.ContainsFunc(ticks, func(t plot.Tick) bool { return math.Abs(t.Value-at) < (s.hi-s.lo)/mostChangeTicks })
		if at < s.lo || at > s.hi || near {
			continue
		}
		ticks = append(ticks, plot.Tick{Value: at, Label: changeText(c)})
	}
	return ticks
}

func changeText(change float64) string {
	switch {
	case change == 0:
		return "equal"
	case change > 0:
		return "+" + format.Trim(100*change) + " %"
	}
	return "−" + format.Trim(-100*change) + " %"
}

type pairPlotter []pairRow

// Plot implements plot.Plotter.
func (rows pairPlotter) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	for i, band := range bands(c, len(rows)) {
		c.StrokeLine2(draw.LineStyle{Color: axis, Width: 0.75}, band.Min.X, band.Min.Y, band.Max.X, band.Min.Y)
		rows[i].lines(c, band, x)
		rows[i].dots(c, band, x)
		rows[i].estimate(c, band.Min.Y+0.1*(band.Max.Y-band.Min.Y), x)
	}
}

// lines are where the sides are equal, what is tolerated, and the limit, which have their names on top.
func (r pairRow) lines(c draw.Canvas, band vg.Rectangle, x func(float64) vg.Length) {
	name := styleOf(captionSize-0.5, false, inkGrey)
	for _, l := range []struct {
		change float64
		text   string
		style  draw.LineStyle
		align  float64
	}{
		{0, "", draw.LineStyle{Color: inkGrey, Width: 1.2}, 0},
		{r.rule.Tolerance, "tolerated ", draw.LineStyle{Color: inkDark, Width: 1.2, Dashes: []vg.Length{5, 3}}, -1.05},
		{r.rule.Limit, " limit ", draw.LineStyle{Color: inkDark, Width: 1.8}, 0.05},
	} {
		at := x(math.Log1p(l.change))
		c.StrokeLine2(l.style, at, band.Min.Y, at, band.Max.Y)
		if l.text != "" {
			name.XAlign = draw.XAlignment(l.align)
			write(c, name, vg.Point{X: at, Y: band.Max.Y + 6}, l.text+changeText(l.change))
		}
	}
}

func (r pairRow) dots(c draw.Canvas, band vg.Rectangle, x func(float64) vg.Length) {
	glyph := glyphOf(r.Arm)
	glyph.Color, glyph.Radius = translucent(colourOf(r.Arm)), 3.5
	height := band.Max.Y - band.Min.Y
	for i, d := range r.differences {
		down := 0.75 * (float64(i) + 0.5) / float64(len(r.differences))
		c.DrawGlyphNoClip(glyph, vg.Point{X: x(d), Y: band.Min.Y + vg.Length(0.98-down)*height})
	}
}

// estimate is the bar between the bounds, open to a side that has none, and the diamond.
func (r pairRow) estimate(c draw.Canvas, y vg.Length, x func(float64) vg.Length) {
	if r.finding == nil || math.IsNaN(r.finding.Change) || math.IsInf(r.finding.Change, 0) || r.finding.Pairs == 0 {
		return
	}
	within := func(change float64) vg.Length { return min(max(x(math.Log1p(change)), c.Min.X), c.Max.X) }
	c.StrokeLine2(draw.LineStyle{Color: inkDark, Width: 3}, within(r.finding.ChangeLo), y, within(r.finding.ChangeHi), y)
	c.DrawGlyphNoClip(draw.GlyphStyle{Color: inkDark, Radius: 6, Shape: diamond{}}, vg.Point{X: within(r.finding.Change), Y: y})
}

func translucent(c color.NRGBA) color.NRGBA {
	c.A = 0xB0
	return c
}
