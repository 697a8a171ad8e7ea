package loadgen

import (
	"fmt"
	"time"

	"pushbench/results"
)

// The rules by which the generator judges itself. A slow or stopped server is a result; these are about the generator alone.
const (
	// lagFloor is the lag that is never held against a round: below it the schedule was met as far as anyone could notice.
	lagFloor = time.Millisecond
	// lagShare is how much of the latency's p99 the lag's may be.
	lagShare = 0.10
	// rateShare is how much of the offered rate must have been released within the steady phase.
	rateShare = 0.99
	// saturated is the CPU share from which queues in the generator grow without bound.
	saturated = 0.95
	// ownQueueShare is how much of the latency's p99 the runtime's own scheduling may be before a reader is warned of it.
	ownQueueShare = 0.50
)

// judge returns the warnings about a round's own quality. Of one that ended early the rate says nothing: what it offered was for the whole time.
func judge(m results.Measured, whole bool) []results.Warning {
	var all []results.Warning
	add := func(code string, invalidates bool, format string, args ...any) {
		all = append(all, results.Warning{Code: code, Text: fmt.Sprintf(format, args...), Invalidates: invalidates})
	}
	if m.Lag != nil {
		limit := lagFloor
		if m.Latency != nil {
			limit = max(limit, time.Duration(lagShare*float64(m.Latency.P99)))
		}
		if lag := time.Duration(m.Lag.P99); lag > limit {
			add(results.WarnLag, true, "the generator released messages late: lag p99 %v, more than %v; use fewer clients or a lower rate, or give it more cores", brief(lag), brief(limit))
		}
	}
	g := m.Generator
	if g.Unrecorded > 0 {
		add("unrecorded", true, "%d samples were outside the histograms' range (%v): shorten the round or look for a hung server", g.Unrecorded, time.Duration(results.HistogramMax))
	}
	if whole && g.AchievedRate < rateShare*g.OfferedRate {
		add(results.WarnRate, true, "the generator released %.4g messages/s of %.4g/s offered; use a lower rate or give it more cores", g.AchievedRate, g.OfferedRate)
	}
	if g.CPUShare != nil && *g.CPUShare > saturated {
		add("saturated", true, "the generator used %.0f %% of its %d core(s); use fewer clients or a lower rate, or give it more cores", 100**g.CPUShare, g.Cores)
	}
	if g.SchedLatencyP99 != nil && m.Latency != nil && float64(*g.SchedLatencyP99) > max(float64(lagFloor), ownQueueShare*float64(m.Latency.P99)) {
		add("own_queue", false, "messages waited in the generator itself: its scheduling p99 is %v of a latency p99 of %v; the server alone may be faster",
			brief(time.Duration(*g.SchedLatencyP99)), brief(time.Duration(m.Latency.P99)))
	}
	if v := m.Recovery; v != nil {
		if v.Back < v.Clients {
			add("not_recovered", false, "%d of %d clients had not come back from the outage, or not received all that they had missed, when the round ended", v.Clients-v.Back, v.Clients)
		}
		if v.GeneratorCPUShare != nil && *v.GeneratorCPUShare > saturated {
			add("saturated_recovery", true, "the generator used %.0f %% of its %d core(s) from the cut to full recovery: it took the time, not the server; use fewer clients, or give it more cores",
				100**v.GeneratorCPUShare, g.Cores)
		}
	}
	if g.NetworkLateP99 != nil && time.Duration(*g.NetworkLateP99) > lagFloor {
		add("network_late", false, "the emulated network moved bytes late: p99 %v; latencies are too long by as much; use fewer clients or a lower rate, or give it more cores",
			brief(time.Duration(*g.NetworkLateP99)))
	}
	return all
}

// verdict is what the warnings amount to.
func verdict(warnings []results.Warning) results.Verdict {
	for _, w := range warnings {
		if w.Invalidates {
			return results.Invalid
		}
	}
	return results.Valid
}

// brief rounds a duration to three significant digits, for people.
func brief(d time.Duration) time.Duration {
	unit := time.Duration(1)
	for d.Abs()/unit >= 1000 {
		unit *= 10
	}
	return d.Round(unit)
}
