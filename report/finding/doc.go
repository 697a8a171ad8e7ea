// Package finding is what a run says to its scenarios' questions, in one sentence each that a person without statistics understands:
//
//	Over a WebSocket a message reached a user 20 ms away after 20.3 ms (p99 20.6 ms), with long-polling 20.3 ms (p99 29.4 ms, 8.80 ± 0.3 ms more); …
//
// # How the data goes
//
//	results.Run → format.Groups → review.Readings: each figure the scenario answers with, arm by arm, against WebSocket's ─┐
//	                              sweep.Of: where curves cross ────────────────────────────────────────────────────────┴→ Of → report.Finding
//
// Numbers are read, compared and rounded where the tables and the decision card take them from; here is only how they are said. The renderers (terminal,
// Markdown, HTML, CSV) show the sentence as it is.
//
// # Never stronger than the numbers
//
//   - Absolute numbers stand before differences, each with its unit. A difference has its interval, or says that there is none.
//   - "Not told apart" is a finding. An invalid arm is named, and nothing is said of it; what was not measured is n/a, never zero.
//   - What is counted (bytes, connections, losses) is exact for this run and has no interval. ~ marks a percentile that too few messages carry.
//   - [report.FindingTrust] is the weakest thing that the sentence stands on: of WebSocket's arm and the polling arm that people would move from first.
package finding
