// Package html renders what a report says as pages that need nothing else: one file that opens from disk, with its styles, scripts and data inside.
//
// # How the data goes
//
//	results.Run → review.Of → [Run]      report.html of one run
//	several runs → review.Compare → [Runs]   the overlay
//	a folder of runs → review.Compare → [Index]  the list with trends
//
// Words and numbers come from package review and are not made here: this package decides layout only. Each [review.Table] is shown as a table, and those that
// have a chart are drawn from the same values. Charts of few numbers (bars, dots, the break-even map) are SVG made here, so that they print and need no script;
// charts of many (percentiles, histograms, time) are drawn by the page's script with uPlot from the table's data, which the page holds as JSON.
//
// # Untrusted text
//
// Names and texts come from files. They reach the page only through html/template's contexts and encoding/json, which escapes <, > and &. The page's
// Content-Security-Policy names its own style and script by hash and forbids everything else, so that even a mistake here could load or run nothing.
//
// # Size
//
// A table of more than [mostRows] rows is carried once, as the chart's data, and made a table by the script when it is opened: an hour of seconds stays under
// 3 MB, with every second of it. Numbers have six significant digits there, twice what the histograms resolve.
//
// # Rejected
//
// A framework or a chart library that brings its own layout: the page must print, and be read without script, so that HTML comes first. Inline style
// attributes: they would need a policy that allows all of them.
package html
