package loadgen

import (
	"time"

	"pushbench/results"
	"pushbench/results/stats"
	"pushbench/scenarios"
)

// The codes of the warnings about steadiness. They only warn: nothing is ever removed because of them, since what would go first is a stall.
const (
	warnArrivals   = "arrivals"
	warnStationary = "not_stationary"
)

// steadiness tests whether the round was what it set out to be: that what was really released follows the offered process, and that latency kept
// one level. In the spirit of Lancet (Kogias, Mallon and Bugnion, USENIX ATC 2019).
//
// Arrivals are tested only where the lag is half of what would invalidate the round: the pacer releases what is due within 50 µs together, which a test
// of thousands of gaps sees and nobody else does.
func (r *round) steadiness(m results.Measured, histograms results.Histograms) []results.Warning {
	var all []results.Warning
	add := func(code, text string) {
		if text != "" {
			all = append(all, results.Warning{Code: code, Text: text})
		}
	}
	if m.Lag != nil && time.Duration(m.Lag.P99) > lagFloor/2 {
		add(warnArrivals, r.arrivals())
	}
	if s, ok := stats.CheckStationary(medians(histograms[results.Latency])); ok {
		add(warnStationary, s.Warning())
	}
	return all
}

// arrivals says how the releases depart from a Poisson process, if they do. What comes after a release, such as a server that takes nothing, is no
// fault of the generator and shows in the send delay. A schedule is one draw from the process: what the intended instants show
// themselves is not the generator's fault.
func (r *round) arrivals() string {
	if r.plan.Scenario.Arrivals != scenarios.Poisson {
		return ""
	}
	var intended []time.Duration
	for _, e := range r.schedule.Events[r.schedule.Steady:] {
		intended = append(intended, e.Due-r.schedule.Warmup)
	}
	if drawn, ok := stats.CheckPoisson(intended, r.schedule.Duration); !ok || drawn.Warning() != "" {
		return ""
	}
	var released []time.Duration
	for _, at := range r.collector.ReleasedInstants() {
		released = append(released, at-r.schedule.Warmup)
	}
	test, ok := stats.CheckPoisson(released, r.schedule.Duration)
	if !ok {
		return ""
	}
	return test.Warning()
}

// medians are the latency's, second by second.
func medians(slices []results.Slice) []stats.Slice {
	var all []stats.Slice
	var reader results.SliceReader
	for _, s := range slices {
		counts, err := reader.Read(s)
		if err != nil {
			continue // said where the histograms are summarised
		}
		all = append(all, stats.Slice{Value: float64(counts.ValueAtQuantile(50)), Count: counts.Total()})
	}
	return all
}
