package stats

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/aclements/go-moremath/stats"
)

// Slice is one interval of a round, such as a second: a figure of its messages (their median, their p99) and how many they were.
type Slice struct {
	Value float64
	Count int64
}

const (
	// MinSlices is the fewest slices that [CheckStationary] judges. Neighbouring slices are correlated; with fewer, the blocks that it compares are too short to be taken
	// for independent, and it would cry wolf. With slices of a second that is a steady phase of a minute.
	MinSlices = 60
	// RelevantChange is the smallest change, as a share of the level, that is worth a warning, however certain it is.
	RelevantChange = 0.05

	batchSize   = 5  // of MSER-5
	trendBlocks = 10 // for Mann–Kendall

	// The levels of the two tests, set so that together they stay below one false alarm in a hundred where slices are correlated, which the tests do not know of.
	trendLevel, initialLevel = 0.0005, 0.002
)

// Stationarity says whether a round's figures stayed at one level. It only describes: samples are never removed because of it, since what it would remove first is a stall.
type Stationarity struct {
	// Transient is how many of the first slices belong to a transient, the truncation point of MSER-5; 0 when none is seen. On its own it is no proof: MSER
	// always names the best point, on stationary slices often 5 or 10, and a stall in the first half draws the point behind it.
	Transient int
	// Settled is false when that point is as late as was looked for, half-way: then the level was perhaps never reached.
	Settled bool
	// Initial is how far the transient's mean, without its most extreme batch, lies above the mean of the rest, as a share of the latter; InitialP how
	// easily chance gives such a difference.
	Initial, InitialP float64
	// Trend is how far the second half's mean lies above the first's, as a share of the latter; TrendP is the p-value of Mann and Kendall's test.
	Trend, TrendP float64
}

// CheckStationary looks for the two ways in which a round is seldom steady.
//
//   - A transient at the start (caches, heap, congestion windows warming up): MSER-5 averages the slices in batches of 5 and drops as many of the first batches as makes
//     the mean of the others most certain, minimising Σ (Yᵢ − Ȳ)² ÷ m² over the m batches kept, with at least half kept. How far what it drops,
//     but for its most extreme batch, lies from the rest is then held against the spread of the rest by Student's t, the p-value multiplied by the number of points that MSER
//     could choose from. Without the extreme batch, because MSER also cuts behind a stall, and a stall is no transient.
//   - A trend (a leak, a growing log, a machine that heats up): the means of ten blocks in Mann and Kendall's test, exact. Ranks, because one stalled block must not look
//     like a trend nor hide one; blocks, because it takes its values for independent, which neighbouring slices are not.
//
// Both work on logarithms, as latencies are skewed and a change of them is a ratio. Slices count by how many messages they stand on, those without any not at all. In the
// simulations of this package's tests, warnings come on fewer than 1 in 100 stationary rounds, with slices correlated up to 0.6 from one to the next. They come on 9 in 10 rounds
// or more, of two minutes with a correlation of 0.3, whose level rises evenly by four standard deviations of a slice, or whose first sixth lies five above it; of one minute,
// about half as often. Correlation above 0.6 raises false alarms: make the slices longer then.
//
// ok is false, and nothing is judged, with fewer than [MinSlices] slices that hold messages.
//
// Sources: K. P. White, "An Effective Truncation Heuristic for Bias Reduction in Simulation Output", Simulation 69 (1997) 323; K. P. White, M. J. Cobb and
// S. C. Spratt, "A Comparison of Five Steady-State Truncation Heuristics for Simulation", Winter Simulation Conference 2000, for batches of 5; H. B. Mann (1945).
// The t test after MSER is this package's own, checked by simulation.
func CheckStationary(round []Slice) (s Stationarity, ok bool) {
	used := usable(round)
	if len(used) < MinSlices {
		return Stationarity{}, false
	}
	batches := batchMeans(used, len(used)/batchSize)
	cut, settled := truncate(batches)
	s.Settled = settled
	s.Transient = used[cut*len(used)/len(batches)].index
	s.Initial, s.InitialP = initial(batches, cut)

	halves := batchMeans(used, 2)
	s.Trend = math.Expm1(halves[1] - halves[0])
	blocks := batchMeans(used, trendBlocks)
	s.TrendP = mannKendallP(len(blocks), mannKendall(blocks))
	return s, true
}

// Warning says what was not steady, in words for a report; it is empty when nothing is both certain and large enough to matter.
func (s Stationarity) Warning() string {
	switch {
	case s.TrendP < trendLevel && math.Abs(s.Trend) >= RelevantChange:
		return fmt.Sprintf("not steady: the second half is %+.0f %% against the first; a longer run would show where it ends", 100*s.Trend)
	case s.Transient > 0 && s.InitialP < initialLevel && math.Abs(s.Initial) >= RelevantChange:
		return fmt.Sprintf("not steady: the first %d slices are %+.0f %% against the rest; a longer warm-up would leave them out", s.Transient, 100*s.Initial)
	default:
		return ""
	}
}

// observation is a slice's figure as the tests take it.
type observation struct {
	// index is the slice's place in the round.
	index             int
	logarithm, weight float64
}

// usable is the slices that have messages and a figure whose logarithm there is.
func usable(round []Slice) (used []observation) {
	for i, s := range round {
		if s.Count > 0 && s.Value > 0 && !math.IsInf(s.Value, 1) {
			used = append(used, observation{i, math.Log(s.Value), float64(s.Count)})
		}
	}
	return used
}

// batchMeans divides observations into n runs of nearly equal length and returns the weighted mean of each.
func batchMeans(used []observation, n int) []float64 {
	means := make([]float64, n)
	for i := range means {
		var sum, weight float64
		for _, o := range used[i*len(used)/n : (i+1)*len(used)/n] {
			sum += o.logarithm * o.weight
			weight += o.weight
		}
		means[i] = sum / weight
	}
	return means
}

// truncate is MSER: how many of the first batches to leave out. settled is false when the best point is the last that was tried.
func truncate(batches []float64) (cut int, settled bool) {
	best := math.Inf(1)
	for d := range len(batches)/2 + 1 {
		kept := batches[d:]
		m := float64(len(kept))
		if error2 := stats.Variance(kept) * (m - 1) / (m * m); error2 < best {
			best, cut = error2, d
		}
	}
	return cut, cut < len(batches)/2
}

// initial compares the first cut batches with the others: by how much they are more, and by Student's t with as many points to choose from as MSER had. Where it can,
// it leaves out the one that lies furthest off: MSER cuts behind a stall, and without the stall's own batch what was cut is then no different from the rest.
func initial(batches []float64, cut int) (relative, p float64) {
	if cut == 0 {
		return 0, 1
	}
	rest := batches[cut:]
	level := stats.Mean(rest)
	first := withoutFurthest(batches[:cut], level)
	difference := stats.Mean(first) - level
	se := stats.StdDev(rest) * math.Sqrt(1/float64(len(first))+1/float64(len(rest)))
	t := stats.TDist{V: float64(len(rest) - 1)}
	choices := float64(len(batches) / 2)
	p = 2 * t.CDF(-math.Abs(difference)/se)
	return math.Expm1(difference), min(1, p*choices)
}

// withoutFurthest is the values without the one furthest from the level, or the only one.
func withoutFurthest(values []float64, level float64) []float64 {
	if len(values) == 1 {
		return values
	}
	off := func(a, b float64) int { return cmp.Compare(math.Abs(a-level), math.Abs(b-level)) }
	return slices.SortedFunc(slices.Values(values), off)[:len(values)-1]
}
