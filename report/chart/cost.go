package chart

import (
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"pushbench/report/format"
	"pushbench/results"
)

// part is one share of a bar: what it is called, how strongly it has the arm's colour, and how much it is.
type part struct {
	name  string
	shade float64
	value *float64
	// rough is a number that too few independent samples carry.
	rough bool
}

// bar is one arm: parts below one another, or shares end to end.
type bar struct {
	series
	parts  []part
	shares []format.ByteShare
}

// panel is a part of the chart: one quantity, a bar or a pair of bars for each arm.
type panel struct {
	title string
	// stacked panels have bars of shares.
	stacked bool
	units   []format.Unit
	bars    []bar
	// style is the title's, the same for all panels of a chart.
	style textStyle
}

// costs is bytes and CPU per message.
func costs(arms []series) figure {
	octets := panel{title: "Bytes per message", stacked: true, units: format.ByteUnits}
	cpu := panel{title: "CPU time per message", units: format.TimeUnits}
	for _, s := range arms {
		octets.bars = append(octets.bars, bar{series: s, shares: format.ByteShares(s.Cell)})
		cpu.bars = append(cpu.bars, bar{series: s, parts: cpuParts(s.Cell)})
	}
	return panels(Cost, "bytes and CPU per message", []panel{octets, cpu},
		"Handshake: connecting, shared over the measured messages; in a longer session each has less of it.",
		"Generator: the simulated clients, publisher included.")
}

// clientCosts is what a connected client costs the server.
func clientCosts(arms []series) figure {
	memory := panel{title: "Server memory per client", units: format.ByteUnits}
	cpu := panel{title: "Server CPU per client-hour", units: format.TimeUnits}
	for _, s := range arms {
		memory.bars = append(memory.bars, bar{series: s, parts: []part{{name: "resident memory added", shade: 1, value: serverValue(s.Cell, func(r *results.Server) *float64 { return r.RSSPerClient })}}})
		cpu.bars = append(cpu.bars, bar{series: s, parts: []part{{name: "at this workload's rate", shade: 1, value: cpuPerClientHour(s)}}})
	}
	return panels(ClientCost, "what a client costs the server", []panel{memory, cpu},
		"CPU: the steady phase scaled to an hour; it grows with the rate of messages. Another server's figures are other figures.")
}

// responses is how far polling shares its costs.
func responses(arms []series) figure {
	batch := panel{title: "Messages per response", units: plainUnits}
	requests := panel{title: "Requests per message", units: plainUnits}
	for _, s := range arms {
		batch.bars = append(batch.bars, bar{series: s, parts: []part{{name: "responses that carried any", shade: 1, value: s.Cell.Wire.MessagesPerResponse}}})
		requests.bars = append(requests.bars, bar{series: s, parts: []part{{name: "polls and posts", shade: 1, value: s.Cell.Wire.RequestsPerMessage}}})
	}
	return panels(Responses, "messages per response", []panel{batch, requests},
		"WebSocket: messages per read of the socket; it sends no request for a message. Several messages in a response share its cost; all but the last of them had to wait for it.")
}

// plainUnits are of numbers without a unit.
var plainUnits = []format.Unit{{Name: "", Size: 1}}

func serverValue(c *results.Cell, pick func(*results.Server) *float64) *float64 {
	if c.Server == nil {
		return nil
	}
	return pick(c.Server)
}

// cpuPerClientHour is nil where the CPU or the time it was measured over is not known.
func cpuPerClientHour(s series) *float64 {
	hours := s.Cell.ClientHours()
	if s.Cell.Server == nil || s.Cell.Server.CPU == nil || hours <= 0 {
		return nil
	}
	v := float64(*s.Cell.Server.CPU) / hours
	return &v
}

// panels stand beside one another, with the arms' names to the left of all.
func panels(kind Kind, title string, all []panel, caption ...string) figure {
	return figure{kind: kind, title: title, caption: caption, body: func(c draw.Canvas) {
		const names, gap = 180 * vg.Length(1), 24 * vg.Length(1)
		n := vg.Length(len(all))
		width := (c.Max.X - c.Min.X - names - gap*(n-1)) / n
		var titles []string
		for _, p := range all {
			titles = append(titles, p.title)
		}
		for i, p := range all {
			p.style = fittingAll(titles, width)
			left := names + vg.Length(i)*(width+gap)
			area := c
			area.Min.X, area.Max.X = c.Min.X+left, c.Min.X+left+width
			p.draw(area)
		}
		if len(all) > 0 {
			all[0].names(c, names)
		}
	}}
}

func cpuParts(cell *results.Cell) []part {
	server := serverValue(cell, func(r *results.Server) *float64 { return r.CPUPerMessage })
	return []part{{name: "server", shade: 1, value: server}, {name: "generator", shade: 0.4, value: cell.Generator.CPUPerMessage}}
}

// total is the sum of the shares.
func (b bar) total() (sum float64) {
	for _, s := range b.shares {
		sum += s.Bytes
	}
	return sum
}

// longest is the length of the longest bar.
func (p panel) longest() float64 {
	longest := 0.0
	for _, b := range p.bars {
		longest = max(longest, b.total())
		for _, part := range b.parts {
			if part.value != nil {
				longest = max(longest, *part.value)
			}
		}
	}
	return longest
}

const (
	numberRoom  = 78 * vg.Length(1) // for the number at the end of the longest bar
	legendPitch = 16 * vg.Length(1)
	panelHead   = 42*vg.Length(1) + legendPitch // title and legend above a panel's axes
	axisFoot    = 26 * vg.Length(1)
)

func (p panel) draw(c draw.Canvas) {
	heading(c, vg.Point{X: c.Min.X, Y: c.Max.Y - 8}, p.title, p.style, c.Max.X-c.Min.X)
	p.legend(c, vg.Point{X: c.Min.X, Y: c.Max.Y - 28})
	axes := newPlot("", "")
	axes.HideY()
	// The longest bar leaves room for the number at its end. Without any bar the axis is bare.
	axes.X.Min, axes.X.Max, axes.X.Tick.Marker = 0, 1, plot.ConstantTicks{{Value: 0, Label: "0"}}
	if longest := p.longest(); longest > 0 {
		room, width := p.numberRoom(), c.Max.X-c.Min.X
		axes.X.Max = longest / (1 - float64(room/max(2*room, width)))
		axes.X.Tick.Marker = spaced(linearTicks(longest, p.units), width/vg.Length(axes.X.Max))
	}
	axes.X.LineStyle.Width = 0
	axes.Y.Min, axes.Y.Max = 0, 1
	axes.Add(grid{onlyX: true}, p)
	area := draw.Crop(c, 0, 0, 0, -panelHead)
	area.Min.Y += axisFoot - axisHeight(axes, area)
	axes.Draw(area)
	if len(p.bars) == 0 {
		noSamples(axes.DataCanvas(area))
	}
}

// numberRoom is what the numbers at the bars' ends need: of a sum its share of the handshake, too.
func (p panel) numberRoom() vg.Length {
	room := numberRoom
	for _, b := range p.bars {
		text, aside := b.sums()
		if p.stacked && aside != "" {
			room = max(room, 12+styleOf(labelSize, true, inkDark).Width(text)+styleOf(captionSize, false, inkGrey).Width(aside))
		}
	}
	return room
}

// spaced leaves out the labels that would stand in the one before, scale being the width of a unit.
func spaced(ticks plot.ConstantTicks, scale vg.Length) plot.ConstantTicks {
	sty := styleOf(tickSize, false, inkGrey)
	free := vg.Length(math.Inf(-1))
	for i := range ticks {
		at, half := vg.Length(ticks[i].Value)*scale, sty.Width(ticks[i].Label)/2
		if at-half < free {
			ticks[i].Label = ""
			continue
		}
		free = at + half + 6
	}
	return ticks
}

// axisHeight is what the axis takes below the data, so that both panels' bars and the names beside them stand level.
func axisHeight(p *plot.Plot, c draw.Canvas) vg.Length {
	data := p.DataCanvas(c)
	return data.Min.Y - c.Min.Y
}

// key is one entry of a legend.
type key struct {
	name   string
	colour color.NRGBA
}

// keys are the parts that occur: shares in their own colours, shades in grey, since the colours belong to the transports.
func (p panel) keys() []key {
	var out []key
	if len(p.bars) > 0 {
		for _, part := range p.bars[0].parts {
			if part.name != "" {
				out = append(out, key{part.name, tint(inkGrey, part.shade)})
			}
		}
	}
	for _, part := range format.ByteParts {
		if slices.ContainsFunc(p.bars, func(b bar) bool { return b.has(part) }) {
			out = append(out, key{part.Name, part.Colour})
		}
	}
	return out
}

func (b bar) has(part format.BytePart) bool {
	return slices.ContainsFunc(b.shares, func(s format.ByteShare) bool { return s.BytePart == part && s.Bytes > 0 })
}

// legend stands on one line, and what does not fit on a second.
func (p panel) legend(c draw.Canvas, at vg.Point) {
	sty := styleOf(captionSize+0.5, false, inkGrey)
	left := at.X
	for _, k := range p.keys() {
		width := 16 + sty.Width(k.name)
		if at.X > left && at.X+width > c.Max.X {
			at = vg.Point{X: left, Y: at.Y - legendPitch}
		}
		fillRect(c, k.colour, at.X, at.Y-5, at.X+11, at.Y+6)
		write(c, sty, vg.Point{X: at.X + 16, Y: at.Y}, k.name)
		at.X += width + 16
	}
}

func fillRect(c draw.Canvas, colour color.Color, x0, y0, x1, y1 vg.Length) {
	c.FillPolygon(colour, []vg.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}})
}

// Plot implements plot.Plotter.
func (p panel) Plot(c draw.Canvas, axes *plot.Plot) {
	x, _ := axes.Transforms(&c)
	for i, band := range bands(c, len(p.bars)) {
		if p.stacked {
			p.bars[i].stack(c, band, x)
			continue
		}
		p.list(c, p.bars[i], band, x)
	}
	c.StrokeLine2(draw.LineStyle{Color: axis, Width: 1}, c.Min.X, c.Min.Y, c.Min.X, c.Max.Y)
}

// stack draws the shares end to end, what a message takes at the end, and its parts in words below.
func (b bar) stack(c draw.Canvas, band vg.Rectangle, x func(float64) vg.Length) {
	height := band.Max.Y - band.Min.Y
	bottom, top := band.Min.Y+0.42*height, band.Max.Y-0.04*height
	number := styleOf(labelSize, true, inkDark)
	if len(b.shares) == 0 {
		write(c, number, vg.Point{X: x(0) + 6, Y: (top + bottom) / 2}, format.NA)
		return
	}
	left := 0.0
	var detail []string
	for _, s := range b.shares {
		if s.Bytes <= 0 {
			continue
		}
		fillRect(c, s.Colour, x(left), bottom, x(left+s.Bytes), top)
		left += s.Bytes
		if s.BytePart != format.Handshake {
			detail = append(detail, format.Bytes(s.Bytes)+" "+s.Name)
		}
	}
	b.sum(c, vg.Point{X: x(left) + 6, Y: (top + bottom) / 2})
	if height > 34 {
		text, room := strings.Join(detail, " + "), c.Max.X-x(0)-4
		small := styleOf(captionSize, false, inkGrey)
		if small.Width(text) > room {
			small = styleOf(captionSize-2.5, false, inkGrey)
		}
		write(c, small, vg.Point{X: x(0) + 4, Y: band.Min.Y + 0.2*height}, clipTo(small, text, room))
	}
}

// sum is what a message takes, and beside it in small, where there is room, its share of the handshake.
func (b bar) sum(c draw.Canvas, at vg.Point) {
	number, small := styleOf(labelSize, true, inkDark), styleOf(captionSize, false, inkGrey)
	text, aside := b.sums()
	write(c, number, at, text)
	if room := c.Max.X - at.X - number.Width(text); small.Width(aside) <= room {
		write(c, small, vg.Point{X: at.X + number.Width(text), Y: at.Y}, aside)
	}
}

// sums are the texts of both.
func (b bar) sums() (message, handshake string) {
	var own, connecting float64
	for _, s := range b.shares {
		if s.BytePart == format.Handshake {
			connecting += max(0, s.Bytes)
			continue
		}
		own += max(0, s.Bytes)
	}
	if connecting > 0 {
		handshake = " + " + format.Bytes(connecting)
	}
	return format.Bytes(own), handshake
}

// list draws a bar's parts below one another, each with its number.
func (p panel) list(c draw.Canvas, b bar, band vg.Rectangle, x func(float64) vg.Length) {
	const filled = 0.82 // of a part's height; the last one ends the band, so that a name in its middle is in the bars'
	height := (band.Max.Y - band.Min.Y) / (vg.Length(len(b.parts)) - 1 + filled)
	for i, part := range b.parts {
		top := band.Max.Y - vg.Length(i)*height
		bottom := top - filled*height
		number := styleOf(min(labelSize, 0.8*height.Points()), i == 0, inkDark)
		if part.value == nil {
			write(c, number, vg.Point{X: x(0) + 6, Y: (top + bottom) / 2}, format.NA)
			continue
		}
		fillRect(c, tint(colourOf(b.Arm), part.shade), x(0), bottom, x(*part.value), top)
		text := format.In(p.units, *part.value)
		if part.rough {
			text = "~" + text
		}
		at := vg.Point{X: x(*part.value) + 6, Y: (top + bottom) / 2}
		if number.Width(text) > c.Max.X-at.X {
			number.Font.Size = min(number.Font.Size, vg.Points(captionSize))
		}
		write(c, number, at, text)
	}
}

// names writes the arms' names to the left of both panels, level with their bars.
func (p panel) names(c draw.Canvas, width vg.Length) {
	data := draw.Crop(c, 0, 0, axisFoot, -panelHead)
	for i, band := range bands(data, len(p.bars)) {
		s := p.bars[i].series
		sty := fitting(s.label(), width-12)
		sty.XAlign = draw.XRight
		write(c, sty, vg.Point{X: c.Min.X + width - 10, Y: (band.Min.Y + band.Max.Y) / 2}, clipLabel(sty, s, width-12))
	}
}
