// Package stats is the statistics behind pushbench's reports: how far a quantile can be trusted, and how rounds differ. It is pure: no clock, no file,
// no global state, the same answer for the same numbers.
//
// # What makes latencies hard
//
// The messages of a load test are not independent. One broadcast makes a thousand deliveries that share a server, a scheduler and a moment; a stall hits
// everything that was due in it. The textbook interval of a quantile (order statistics with binomial ranks) takes them for independent and comes out far too narrow.
// So observations are grouped into [Block]s, intervals of time over all rounds, long enough that two blocks hardly know of each other, and all that is said about
// precision is estimated from how the blocks differ ([ProbabilityInterval]).
//
// # What must hold before a figure is believed
//
// [CheckPoisson] and [NewSpacing] ask whether the load was what was ordered, [CheckStationary] whether a round had one level to speak of, [TooFew] whether it was long
// enough. All of them only speak; none of them removes an observation.
//
// # What two sides say of each other
//
// [Shift] tests, estimates and bounds how far paired differences lie from a value, by signed ranks and exactly; [Holm] keeps the promise of several such tests
// at once. Here the observation is one run's figure, not a message.
//
// # Rejected designs
//
//   - Bootstrapping the blocks: the same information, much slower, and random; a report must come out the same twice.
//   - One interval from the rounds' own percentiles: three rounds say next to nothing, and the mean of percentiles is the percentile of nothing.
//     [NewSpread] prints how rounds differ, without calling it an interval.
//   - Batch means of each block's own p99: a block of one second has too few messages for a p99 of its own.
package stats
