// Package format holds the words, numbers and colours that every rendering of a run shares: the terminal table, Markdown, the charts, HTML.
//
// A reader compares a chart with the table beside it, so a transport must carry the same name and colour in both, and 1.23 ms must be rounded the same
// way. Nothing here draws or prints; package report and its chart package do, and neither may import the other for such a small thing.
//
// # Rules
//
//   - Numbers have three significant digits, no exponent in the ordinary range, and one unit for all values that stand in one column.
//   - Text that came from a scenario file, a target or a run file is untrusted: [Clean] takes out what could move a cursor, ring a bell or reorder a line.
//   - A percentile is only as good as the independent samples behind it: [Enough] and [Carried] decide, by one rule, which are drawn as firm.
package format
