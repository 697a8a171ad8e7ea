// Package report renders a run for people: the table at the end of a run, Markdown for a README or a CI job's summary, and (package chart) pictures.
//
// # How the data goes
//
//	results.Run → model (one scenario: rows, columns, notes, warnings, accounting) → Table | Markdown | Blocks
//
// There is one row model and several renderers, so that no two of them can disagree about a number: a renderer decides widths and marks, never values.
// [Blocks] is the model as data, for package review and the page.
// A column knows how to read its value from a cell and how far that value may be trusted; the model picks one unit for all values of a kind.
//
// # What the marks mean
//
// A value is firm, rough ("~20.1": too few independent samples carry that percentile), too few ("n<299" in place of an interval) or absent ("n/a").
// An absent value is never a zero, and a zero was always measured. The ratio to WebSocket takes the lesser trust of its two sides.
//
// # Thresholds and comparisons
//
// What became of a scenario's rules stands in the run and is only printed here. A comparison of runs (package compare) has a table of its own, a row for
// each metric, since it is a single metric's sides that are read against each other.
//
// # Sweeps
//
// Cells that differ in swept parameters (package sweep) get one compact table instead, rows = values × transports, and lines that say where another
// transport crosses WebSocket, or that it cannot be told. With more than one swept parameter there is a table for each combination of the others.
//
// # Rejected
//
// A column per arm (rows of metrics): numbers of unlike units under one another cannot be right-aligned to their decimal point, and four arms of a sweep
// already overflow 100 columns. Hiding columns on a narrow terminal: a table that shows less on a laptop than in CI starts arguments; columns that do not
// fit fold into a continuation below instead.
package report
