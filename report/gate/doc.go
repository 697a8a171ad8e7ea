// Package gate decides whether a candidate made a figure worse than its baseline did, with a known rate of false alarms. It is pure: no clock, no socket, no
// file. Others measure; this package only judges, so the same evidence gives the same decision on any machine and on any day.
//
// # How the data goes
//
//	slices of both sides → Pair → Evidence (one Rule, all its pairs) → Decide → Decision (one Finding for each rule)
//
// # The decision, for somebody who does not know statistics
//
// Run the same server twice and its p99 differs, on a shared machine easily by a third. So "today's run is 12 % above the stored one" says next to nothing,
// and a gate that fails on it fails identical code; people then rerun until it is green, and the gate is decoration. Four ideas make a decision out of noisy
// runs.
//
// Pair. Run both sides one right after the other, on the same schedule, in an order decided by a coin, and compare only within the pair. Whatever made the
// machine slow this minute made both slow and drops out of the quotient candidate ÷ baseline. The coin sees to it that going first is nobody's advantage.
// The logarithm of the quotient, d = ln(candidate ÷ baseline), makes "twice" and "half" equally far from "equal". One pair is one observation: the ten
// thousand messages behind a p99 shared a server, a moment and its accidents, and are not ten thousand witnesses.
//
// Ask about signs and ranks. If the candidate rises by no more than the tolerance δ, then d − ln(1+δ) is above zero no more readily than below: each pair is
// a fair coin at worst. Ten pairs all above zero then happen once in 1,024 gates. Wilcoxon's signed-rank test refines counting heads by letting large
// differences count for more: rank the pairs by size of difference, and ask how often coins alone would give such a rank sum. That is a count of all 2ⁿ
// outcomes of n coins, exact for any noise that is symmetric; nothing needs to be normal, and one absurd pair weighs no more than its rank. For identical
// sides the symmetry is not even an assumption: who was called candidate was a coin.
//
// Say how large. [Finding.Change] is the Hodges–Lehmann estimate, the median of the averages of all couples of pairs, and ChangeLo and ChangeHi are the
// changes at which the same test would just not object. Test and bounds are one computation (package results/stats, type Shift), so they cannot disagree.
//
// Be able to say "cannot tell". There are three verdicts:
//
//   - fail: the test is sure (to [Design.Alpha]) that the rise exceeds the tolerance δ, and the estimated rise is not too small to matter: at least
//     [Rule.MinRise], and of a latency at least twice the p99 of the generator's own lag, which is inside every latency.
//   - pass: ChangeHi is below the limit Δmax, or would be a rise too small to matter. A pass is a statement as well: such a rise can be ruled out.
//   - inconclusive: neither. The noise is too large for so few pairs, and [Finding.MorePairs] says about how many would do. Evidence that cannot be used
//     (an invalid slice, too few messages for the percentile, a zero that has no ratio) is inconclusive too: a measurement that did not happen never passes.
//
// A candidate that is really between δ and Δmax may get any of the three: that is the price of deciding in minutes.
//
// # Several questions, two looks
//
// Ten rules at 1 % each would alarm up to 10 % of the time. Holm's adjustment makes the smallest p-value pay for all rules, the next for the rest, and keeps
// the whole at Alpha. Looking twice has the same price: a gate that tests after every pair and stops when it likes what it sees alarms many times as often
// as it says. So the looks are fixed beforehand ([Design.Looks]) and share Alpha, a quarter and three quarters. Their sum bounds the alarms of both whatever
// the noise; the usual boundaries (Pocock 1977, O'Brien and Fleming 1979) would gain a little power by assuming that it is normal. At the first look, what
// seems worse than tolerated waits for the last, even when it is better than the limit.
//
// Simulated (this package's tests; 4,000 gates each): with all of Alpha in use, 0.7–0.8 % of gates alarm at the boundary of the tolerance, and for identical
// sides with δ = 0, nominal 1 %, with one rule or three; identical sides with δ = 10 % did not alarm. A rise of exactly Δmax passes less often than the
// nominal 5 %.
//
// # Exact quantities
//
// Bytes and lost messages do not vary, or should not. A rule that is [Rule.Exact] knows no tolerance, no limit and no rise too small to count.
//
// Counts (missed, duplicated) are compared by their totals over the usable pairs. A candidate that has more in all never passes. It fails if the baseline has none,
// even for a single message: if identical code loses messages at random, and so seldom that the baseline's slices saw none, this rule is wrong for it, and [Alarms]
// on recorded pairs shows it. If both have some, it fails when coins alone would seldom (alpha) give it so many of the sum, an exact binomial test, and is
// inconclusive otherwise. That test takes each message to be lost by itself; what one stall loses at once is no chance of its kind, so alpha is no promise here.
//
// Sizes (bytes) that are constant on each side are compared to the last digit. With fewer than five pairs, two constants that differ may still be one quantity that
// varies: that is inconclusive, except where the baseline's is zero. Sizes that vary, as a long-poll's do with the digits of a number in it, pass when no pair has
// more on the candidate's side, or neither the largest nor the median is higher, and fail when the candidate's smallest is above the baseline's largest. What is left
// is decided by the rank test without tolerance or limit, which says "cannot tell" rather than let a small rise through. The finding says that the size varies.
//
// So the promise of alpha is one of the rules that need the rank test.
//
// # Knowing the gate itself
//
// [Detectable] says what the gate can see on this machine, from differences recorded with identical sides, and [Sensitivities] says it of all rules together.
// [Alarms] and [Power] play thousands of gates on recordings, and [Naive] shows on the same recordings what one run against a stored threshold would have done.
//
// # Rejected
//
//   - One run against a stored number: no error rate at all; what it alarms on is mostly the machine.
//   - All runs of A, then all runs of B, and a test for two samples (Mann–Whitney, as benchstat does): on a machine that slows by 3 % meanwhile it alarms
//     7 to 15 % of the time at a nominal 1 % (simulated here).
//   - The t-test: exact only for normal noise. Latency noise is mostly small and sometimes huge, and one stall in one slice widens its interval so that
//     nothing is found.
//   - A p-value over all messages of two runs: they are not independent, and with a million of them every difference is significant, also between
//     identical servers.
//   - Dropping outliers: a rule that says which slices do not count is a rule by which a regression can hide. Ranks need none.
//   - Dropping pairs without a difference, as Wilcoxon did: they are evidence for "no worse", and here they count as that.
//   - Testing after every pair, stopping when it is significant: see above.
package gate
