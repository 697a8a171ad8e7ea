package chart

import (
	"fmt"
	"time"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"pushbench/report/format"
	"pushbench/report/recorded"
	"pushbench/results"
)

// marked notes at the steps of seconds where a stage of the load begins what it goes to.
func marked(steps []step, seconds []recorded.Second, stages []results.Stage) []step {
	for i := range steps {
		for _, stage := range stages {
			if seconds[i].Start == stage.Start {
				steps[i].mark = stageText(stage)
			}
		}
	}
	return steps
}

// stageText is "2,000 users, 20/s", or "to 2,000 users, 20/s" on the way there.
func stageText(s results.Stage) string {
	text := fmt.Sprintf("%s users, %s/s", format.Grouped(int64(s.Clients)), format.Trim(s.Rate))
	if s.Clients != s.FromClients || s.Rate != s.FromRate {
		return "to " + text
	}
	return text
}

// drawMarks draws a line where each stage begins, with what it goes to where there is room for that.
func drawMarks(c draw.Canvas, steps []step, band vg.Rectangle, x func(time.Duration) vg.Length) {
	sty := styleOf(captionSize, false, inkGrey)
	free := band.Min.X
	for _, s := range steps {
		if s.mark == "" {
			continue
		}
		at := x(s.from)
		c.StrokeLine2(draw.LineStyle{Color: axis, Width: 0.75, Dashes: []vg.Length{3, 3}}, at, band.Min.Y, at, band.Max.Y)
		if at < free {
			continue
		}
		write(c, sty, vg.Point{X: at + 3, Y: band.Max.Y - linePitch/2}, s.mark)
		free = at + 3 + sty.Width(s.mark)
	}
}
