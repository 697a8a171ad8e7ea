// Package review is what a report says about a run, as data: the decision and its numbers, the verdict on each claim about WebSockets, the map of where it
// turns, what the run itself is worth, and the tables behind every chart. It draws and prints nothing, except the text formats that need no layout: CSV and
// Markdown.
//
// # How the data goes
//
//	results.Run (+ histograms) → Of → Review → the HTML page, Markdown, CSV
//	several results.Run        → Compare → Overlay, Trends
//
// A renderer takes words and numbers from here and decides layout only, so that the page, the Markdown and the CSV cannot disagree. Numbers are rounded
// by package report/format, as in the terminal's table; the tables of the terminal are among [Review.Tables], read from the same row model.
//
// # Never stronger than the numbers
//
//   - An invalid cell is compared with nothing. What is not known says so and is no zero.
//   - A difference has "±" only if there is an interval, and says where it is from ([Basis]).
//   - A claim's rule is fixed in [Rules] and was so before anything was measured. Where an interval does not exclude the rule's bound, the verdict is
//     undecided, not the nearer of the two.
//   - What was never part of the measurement (packet loss, mobile radio, proxies …) is listed in [Decision.NotMeasured].
//
// # Untrusted text
//
// Every string of a Review is [format.Clean]: one line, no control characters, no bidirectional overrides (but [Integrity.Resolved], which has lines).
// Markup is not escaped here: a page must escape for HTML, and [Table.WriteCSV] guards against formulas itself.
package review
