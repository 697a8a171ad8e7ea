// Package scenarios is the workload as data: what is sent to whom, how often, over which transports, and for how long.
//
// # Words
//
// A scenario is one workload with a question: its answer names the figures that answer it, its caveat says what they do not say. Its pattern says who publishes to whom. An arm is one thing compared under it: a target over a
// transport, with parameters. A round is one timed repetition of an arm. A cell is the result of an arm: its rounds, merged.
//
// An outage is a failure that every client's session ends with; churn is clients that leave and come by plan; stages are a load that changes; a fallback is a
// WebSocket client that has to poll. Package loadgen says what each does to the books.
//
// # From a file to arms
//
//	file ──Parse──▶ Draft ──Override──▶ Draft ──Resolve──▶ Scenario ──Arms──▶ []Arm ──Order──▶ []Slot
//	        environment, flags ─┘
//
// Parse reads a file over the defaults and remembers where each value stands. Override puts the environment and then the
// flags on top, so that flags > environment > file > defaults. Resolve checks the whole and reports everything wrong at once,
// each at its line, flag or variable:
//
//	mine.yaml:5:1: rate: "5" is not a rate (allowed: a number and a unit such as 500/s, …)
//
// The resolved Scenario has a value in every field; it is what a run file stores, and its YAML method writes a file that
// repeats it. Arms multiplies it out: every point of its sweep × target × transport. Order interleaves the rounds of the arms,
// so that drift of the machine hits all alike.
//
// A Suite is several built-in scenarios, each with a few values of its own between its file and the environment.
//
// For a built-in scenario Load, Lookup and List take the place of the file; Decode does file to Scenario in one step.
//
// # One table
//
// Every value of a scenario is a Parameter in one table: its path (`network.delay`), how it is written, its bounds, how it is
// set. Files, flags, PUSHBENCH_* variables, sweeps and the JSON Schema all go through the table, so a parameter added there
// is at once in all of them, and an unknown one is refused everywhere with the same suggestion.
//
// # Rejected
//
// Decoding into the struct by reflection was shorter, but it stops at a type's error before contradictions are seen, knows
// no line for those, and would have needed a second mechanism for flags and a third for sweeps.
//
// YAML aliases, anchors' merges and custom tags are refused: a scenario has nothing worth sharing, and without expansion no
// file can multiply itself.
//
// A sweep is not a kind of run: it is only more arms. Nothing after Arms knows that there was one.
//
// Nothing here reads a clock or a socket, and everything random is seeded; only Load opens a file.
package scenarios
