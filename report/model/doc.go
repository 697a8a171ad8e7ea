// Package model is the theory of push and polling as code: what a measured latency distribution, a request count or a byte count must be if nothing but the
// network and the protocol decides it. It is pure: no clock, no socket, no randomness; the simulations that hold it to account are in its tests.
//
// # How it is used
//
// A round's histogram becomes an [Empirical] distribution. [Measured] reads the one-way delay off the WebSocket cell, [LongPoll.Predict] and
// [ShortPoll.Predict] turn that same cell's distribution into what polling over the same path must have measured, and [Distance] says how far off the
// polling cell is. There is no parameter left to fit, so a cell further than [Agreement] from its prediction is a defect of the harness or an effect the
// model leaves out (a saturated CPU, a lossy path), and either must be explained before the cell's numbers are believed.
//
// # One law
//
// Every latency here that is not the network's own comes from the same situation: for a while nobody can take a message, and a message born in that while
// waits for its end. Messages that arrive as a Poisson process do so uniformly over the while, so they wait uniformly from its whole length down to nothing.
// Long-polling (the gap between a response and the next poll), short-polling (the interval) and a stall of the server are all [UniformWait], with
// another gap and another share of messages that hit it.
//
// # What it leaves out
//
// The CPU: delays do not grow with load here, and batching never saves work. Loss and congestion: every segment takes exactly the one-way delay.
// Where those rule, polling may win, and the distance from the model is the finding.
//
// # Rejected designs
//
//   - A Kolmogorov–Smirnov p-value instead of a distance: the laws have an atom at the network delay, which any jitter smears, and at a million samples
//     the test rejects everything. A distance is an effect size and can have a tolerance.
//   - Fitting the delay to the polling cell: a model that fits everything says nothing.
package model
