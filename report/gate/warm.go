package gate

import (
	mstats "github.com/aclements/go-moremath/stats"
)

const (
	// warmBlock is how many readings are compared with as many before them: one hiccup must neither end a warm-up nor prolong it for ever.
	warmBlock = 2
	// warmGain is the share by which a server that still warms gets better from block to block; less is noise.
	warmGain = 0.05
)

// Warm reports whether a figure of which less is better, read again and again while a server warms (a compiler at work, caches that fill), has stopped getting
// better: the last two readings are on average no more than a twentieth below the two before. Fewer than four readings are never enough.
//
// It decides when measuring may begin and nothing else: what is measured afterwards is never left out because of it.
func Warm(readings []float64) bool {
	n := len(readings)
	if n < 2*warmBlock {
		return false
	}
	before, after := mstats.Mean(readings[n-2*warmBlock:n-warmBlock]), mstats.Mean(readings[n-warmBlock:])
	return after >= before*(1-warmGain)
}
