package model

import (
	"math"
	"time"
)

// GapOf is the blind gap τ of a long-polling client that got so many messages per response (empty ones not counted) at a rate per second: the inverse of a + e^−a with
// a = λτ. It measures a poll loop without a clock in it, from two counts. It is 0 for one message per response or fewer.
//
// Near a = 0 the function is 1 + a²/2 and tells little: to measure well, choose a rate at which several messages share a response.
func GapOf(rate, messagesPerResponse float64) time.Duration {
	if !(rate > 0) || !(messagesPerResponse > 1) || math.IsInf(messagesPerResponse, 0) {
		return 0
	}
	low, high := 0.0, messagesPerResponse // a + e^−a lies above a, so a lies below it
	for range 60 {
		if a := (low + high) / 2; a+math.Exp(-a) < messagesPerResponse {
			low = a
		} else {
			high = a
		}
	}
	return time.Duration(math.Round(low / rate * 1e9))
}

// DistanceWithin is [Distance] between distributions whose clocks or paths may differ by slack: the largest share of messages for which no shift of up to slack
// explains the difference. With slack 0 it is Distance.
//
//	max over t of F(t) − G(t + slack) and G(t) − F(t + slack)
//
// A law with an atom needs it. Where nine messages of ten take the network's delay to within 0.1 ms, two measurements of that delay that differ by
// 0.1 ms are 0.9 apart by Distance, and agree by any practical measure. (This is the comparison behind P. Lévy's metric, with the two tolerances kept apart.)
func DistanceWithin(a, b Distribution, slack time.Duration) float64 {
	return max(0, ahead(a, b, slack), ahead(b, a, slack))
}

// ahead is the largest amount by which a's share at some latency exceeds b's at that latency + slack; NaN when either has no observations.
func ahead(a, b Distribution, slack time.Duration) float64 {
	at := func(t time.Duration) float64 { return a.CDF(t) - b.CDF(t+slack) }
	worst := at(0) // distributions without observations have no breaks
	for _, t := range a.Breaks() {
		worst = max(worst, at(t), at(t-1))
	}
	for _, t := range b.Breaks() {
		worst = max(worst, at(t-slack), at(t-slack-1))
	}
	return worst
}
