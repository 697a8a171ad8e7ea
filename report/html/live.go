package html

import (
	"fmt"
	"html/template"
	"io"
)

// The parts of the page around a report that grows.
var (
	liveScript = asset("live.js")
	liveStyle  = asset("page.css") + asset("live.css")
)

// LivePolicy is the Content-Security-Policy to send with the page that [LivePage] writes: its own script and style, requests to the server it came from, and that server's
// report in a frame.
var LivePolicy = fmt.Sprintf("default-src 'none'; script-src %s; style-src %s; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	source(liveScript), source(liveStyle))

// Live is what the page around a growing report asks its server for, as JSON.
type Live struct {
	// Version counts the reports that were rendered; the page fetches the report again when it rises. 0 is none yet.
	Version int `json:"version"`
	// Round of Rounds is being executed, of Arm, in Phase.
	Round  int    `json:"round"`
	Rounds int    `json:"rounds"`
	Arm    string `json:"arm"`
	Phase  string `json:"phase"`
	// Detail is the round's numbers in words.
	Detail string `json:"detail"`
	// Share of the run that is done, from 0 to 1, and about how many seconds are left.
	Share       float64 `json:"share"`
	LeftSeconds float64 `json:"left_seconds"`
	// Ended says that nothing more will come.
	Ended bool `json:"ended"`
}

// livePage is the page around a report that grows.
type livePage struct {
	Heading string
	Style   template.CSS
	Script  template.JS
}

// LivePage writes the page that shows how a run goes on and, in a frame, the report of what it has measured so far. It asks "progress" for a [Live] once a second
// and "report" for the page of [Run], beside its own address.
func LivePage(w io.Writer, title string) error {
	return execute(w, "live", livePage{Heading: title + " · pushbench", Style: template.CSS(liveStyle), Script: template.JS(liveScript)})
}
