package chart

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"pushbench/report/format"
	"pushbench/results"
)

// part is one share of a bar: what it is called, how strongly it is coloured, and how much it is.
type part struct {
	name  string
	shade float64
	value *float64
}

// bar is the parts of one arm. Stacked parts add up to the bar; others stand below one another.
type bar struct {
	series
	parts []part
}

// panel is half of the chart: one quantity, a bar or a pair of bars for each arm.
type panel struct {
	title   string
	stacked bool
	units   []format.Unit
	bars    []bar
}

// costs is bytes and CPU per message.
func costs(arms []series) figure {
	octets := panel{title: "Bytes per message", stacked: true, units: format.ByteUnits}
	cpu := panel{title: "CPU time per message", units: format.TimeUnits}
	for _, s := range arms {
		octets.bars = append(octets.bars, bar{s, byteParts(s.Cell)})
		cpu.bars = append(cpu.bars, bar{s, cpuParts(s.Cell)})
	}
	return panels(Cost, "bytes and CPU per message", octets, cpu,
		"Handshake: connecting, shared over the measured messages; the longer a session lasts, the smaller.",
		"Generator: the simulated clients, publisher included.")
}

// clientCosts is what a connected client costs the server.
func clientCosts(arms []series) figure {
	memory := panel{title: "Server memory per client", units: format.ByteUnits}
	cpu := panel{title: "Server CPU per client-hour", units: format.TimeUnits}
	for _, s := range arms {
		memory.bars = append(memory.bars, bar{s, []part{{"resident memory added", 1, serverValue(s.Cell, func(r *results.Server) *float64 { return r.RSSPerClient })}}})
		cpu.bars = append(cpu.bars, bar{s, []part{{"at this workload's rate", 1, cpuPerClientHour(s)}}})
	}
	return panels(ClientCost, "what a client costs the server", memory, cpu,
		"CPU: the steady phase scaled to an hour; it grows with the rate of messages. Another server's figures are other figures.")
}

// responses is how far polling shares its costs.
func responses(arms []series) figure {
	batch := panel{title: "Messages per response", units: plainUnits}
	requests := panel{title: "Requests per message", units: plainUnits}
	for _, s := range arms {
		batch.bars = append(batch.bars, bar{s, []part{{"responses that carried any", 1, s.Cell.Wire.MessagesPerResponse}}})
		requests.bars = append(requests.bars, bar{s, []part{{"polls and posts", 1, s.Cell.Wire.RequestsPerMessage}}})
	}
	return panels(Responses, "messages per response", batch, requests,
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

// panels is two panels beside one another, with the arms' names to the left of both.
func panels(kind Kind, title string, left, right panel, caption ...string) figure {
	return figure{kind: kind, title: title, caption: caption, body: func(c draw.Canvas) {
		const names = 180 * vg.Length(1)
		half := (c.Max.X - c.Min.X - names - 24) / 2
		left.draw(draw.Crop(c, names, -(half + 24), 0, 0))
		right.draw(draw.Crop(c, names+half+24, 0, 0, 0))
		left.names(draw.Crop(c, 0, 0, 0, 0), names)
	}}
}

// byteParts are a delivered message's payload, overhead and share of the handshakes; nil where nothing was delivered.
func byteParts(cell *results.Cell) []part {
	w, messages := cell.Wire, cell.Arrived()
	per := func(total int64) *float64 {
		if messages <= 0 {
			return nil
		}
		v := float64(total) / float64(messages)
		return &v
	}
	return []part{{"payload", 1, per(w.PayloadBytes)}, {"overhead", 0.6, per(w.OverheadBytes)}, {"handshake", 0.28, per(w.HandshakeBytes)}}
}

func cpuParts(cell *results.Cell) []part {
	server := serverValue(cell, func(r *results.Server) *float64 { return r.CPUPerMessage })
	return []part{{"server", 1, server}, {"generator", 0.4, cell.Generator.CPUPerMessage}}
}

// total is the sum of the parts, and whether all are known.
func (b bar) total() (sum float64, known bool) {
	for _, p := range b.parts {
		if p.value == nil {
			return 0, false
		}
		sum += *p.value
	}
	return sum, true
}

// longest is the length of the longest bar.
func (p panel) longest() float64 {
	longest := 0.0
	for _, b := range p.bars {
		if sum, known := b.total(); p.stacked && known {
			longest = max(longest, sum)
		}
		for _, part := range b.parts {
			if part.value != nil && !p.stacked {
				longest = max(longest, *part.value)
			}
		}
	}
	return longest
}

const (
	panelHead = 42 * vg.Length(1) // title and legend above a panel's axes
	axisFoot  = 26 * vg.Length(1)
)

func (p panel) draw(c draw.Canvas) {
	write(c, styleOf(labelSize+1, true, inkDark), vg.Point{X: c.Min.X, Y: c.Max.Y - 8}, p.title)
	p.legend(c, vg.Point{X: c.Min.X, Y: c.Max.Y - 28})
	axes := newPlot("", "")
	axes.HideY()
	// The longest bar leaves room for the number at its end. Without any bar the axis is bare.
	axes.X.Min, axes.X.Max, axes.X.Tick.Marker = 0, 1, plot.ConstantTicks{{Value: 0, Label: "0"}}
	if longest := p.longest(); longest > 0 {
		axes.X.Max, axes.X.Tick.Marker = longest*1.28, linearTicks(longest, p.units)
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

// axisHeight is what the axis takes below the data, so that both panels' bars and the names beside them stand level.
func axisHeight(p *plot.Plot, c draw.Canvas) vg.Length {
	data := p.DataCanvas(c)
	return data.Min.Y - c.Min.Y
}

// legend explains the shades in grey, since the colours belong to the transports.
func (p panel) legend(c draw.Canvas, at vg.Point) {
	if len(p.bars) == 0 {
		return
	}
	sty := styleOf(captionSize+0.5, false, inkGrey)
	for _, part := range p.bars[0].parts {
		fillRect(c, tint(inkGrey, part.shade), at.X, at.Y-5, at.X+11, at.Y+6)
		write(c, sty, vg.Point{X: at.X + 16, Y: at.Y}, part.name)
		at.X += 16 + sty.Width(part.name) + 16
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

// stack draws the parts end to end, the sum at the end, and the parts' numbers below.
func (b bar) stack(c draw.Canvas, band vg.Rectangle, x func(float64) vg.Length) {
	height := band.Max.Y - band.Min.Y
	bottom, top := band.Min.Y+0.42*height, band.Max.Y-0.04*height
	number := styleOf(labelSize, true, inkDark)
	sum, known := b.total()
	if !known {
		write(c, number, vg.Point{X: x(0) + 6, Y: (top + bottom) / 2}, format.NA)
		return
	}
	left, detail := 0.0, ""
	for i, part := range b.parts {
		fillRect(c, tint(colourOf(b.Arm), part.shade), x(left), bottom, x(left+*part.value), top)
		left += *part.value
		if i > 0 {
			detail += " + "
		}
		detail += format.Bytes(*part.value)
	}
	write(c, number, vg.Point{X: x(sum) + 6, Y: (top + bottom) / 2}, format.Bytes(sum))
	if height > 34 {
		write(c, styleOf(captionSize, false, inkGrey), vg.Point{X: x(0) + 4, Y: band.Min.Y + 0.2*height}, detail)
	}
}

// list draws a bar's parts below one another, each with its number.
func (p panel) list(c draw.Canvas, b bar, band vg.Rectangle, x func(float64) vg.Length) {
	height := (band.Max.Y - band.Min.Y) / vg.Length(len(b.parts))
	for i, part := range b.parts {
		top := band.Max.Y - vg.Length(i)*height
		bottom := top - 0.82*height
		number := styleOf(min(labelSize, 0.8*height.Points()), i == 0, inkDark)
		if part.value == nil {
			write(c, number, vg.Point{X: x(0) + 6, Y: (top + bottom) / 2}, format.NA)
			continue
		}
		fillRect(c, tint(colourOf(b.Arm), part.shade), x(0), bottom, x(*part.value), top)
		write(c, number, vg.Point{X: x(*part.value) + 6, Y: (top + bottom) / 2}, format.In(p.units, *part.value))
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
