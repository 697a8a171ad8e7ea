// Package results is what a run leaves behind: the run file, its histograms, the environment it ran in, and where these are kept.
//
// # How the data goes
//
// A worker executes one round of one arm and returns a [Round] with its [Histograms]. Rounds of the same scenario × arm merge into a [Cell] ([NewCell]);
// the cells with the environment, the seed and the resolved scenarios are the [Run]. [Store] writes a run as a folder:
//
//	run.json         the contract: schema, summaries, accounting, warnings
//	histograms.hlog  the authority: every histogram, one interval a second, tags metric/scenario/transport/round ([WriteLog])
//	run.schema.json  the JSON Schema of run.json
//	*.svg *.png      charts, written by package report
//
// Summaries in run.json are a cache of the histograms; whoever doubts a percentile recomputes it from the .hlog with HdrHistogram's own tools.
//
// # Counting rules
//
// JSON keys carry units. What could not be read is absent (n/a), never zero. Percentiles are always numbers; how far to trust one stands in
// n_independent (for a broadcast: publishes, since one publish's deliveries are correlated) and in ci. A meaning never changes without a new [Schema].
package results
