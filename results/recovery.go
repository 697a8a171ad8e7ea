package results

import "maps"

// Recovery is the way back from an outage: every client's connections are cut at one instant, and each client waits by its backoff, opens a session again,
// and receives what was published while it was away. Times count from the cut.
type Recovery struct {
	// Clients is how many had to come back, Back how many had a session again, and all that was published until then, before the round ended.
	Clients int64 `json:"clients"`
	Back    int64 `json:"clients_back"`
	// Reconnect is from the cut to a session, Replay from there until everything that was published meanwhile has been received, and Total from the cut until
	// then. Clients that do not resume have nothing to receive again.
	Reconnect *Summary `json:"reconnect_ns,omitempty"`
	Replay    *Summary `json:"replay_ns,omitempty"`
	Total     *Summary `json:"recovery_ns,omitempty"`
	// Full is when the last client was back; of a cell the longest of its rounds. Absent if not all came back.
	Full *int64 `json:"full_recovery_ns,omitempty"`
	// FailedOpens is how many attempts to open a session failed between the cut and full recovery; PeakConnects the most sessions opened within 100 ms, a second.
	FailedOpens  int64   `json:"failed_opens"`
	PeakConnects float64 `json:"peak_connects_per_second"`
	// ServerCPU, GeneratorCPU and GeneratorCPUShare are from the cut to full recovery; of a cell the mean of its rounds. A generator's share near 1 means
	// that it was the generator that took the time.
	ServerCPU         *int64   `json:"server_cpu_ns,omitempty"`
	GeneratorCPU      *int64   `json:"generator_cpu_ns,omitempty"`
	GeneratorCPUShare *float64 `json:"generator_cpu_share,omitempty"`
	// Down is, of a server that was killed, how long it took until another could be reached in its place; PublishedLate how many messages the application had to
	// keep until then. Of a cell, the mean and the sum of its rounds.
	Down          *int64 `json:"down_ns,omitempty"`
	PublishedLate int64  `json:"published_late,omitempty"`
	// Missed is, of the messages published while a client was away, those it never received, over all clients.
	Missed int64 `json:"missed"`
}

// Within is one of the block's summaries with nothing above Full, which is exact: a histogram takes a value for the upper end of its bin.
func (r *Recovery) Within(s *Summary) *Summary {
	if s == nil || r.Full == nil {
		return s
	}
	out, most := *s, *r.Full
	for _, v := range []*int64{&out.P50, &out.P75, &out.P90, &out.P99, &out.P999, &out.P9999, &out.Max} {
		*v = min(*v, most)
	}
	out.CI = maps.Clone(out.CI)
	for key, ci := range out.CI {
		out.CI[key] = Interval95{min(ci[0], most), min(ci[1], most)}
	}
	return &out
}

// summary is where a metric's stands, nil if it is none of the block's, or the block is absent.
func (r *Recovery) summary(metric Metric) **Summary {
	if r == nil {
		return nil
	}
	switch metric {
	case Reconnect:
		return &r.Reconnect
	case Replay:
		return &r.Replay
	case RecoveryTotal:
		return &r.Total
	}
	return nil
}

func mergeRecovery(rounds []Round) *Recovery {
	var sum Recovery
	for _, r := range rounds {
		if r.Recovery == nil {
			return nil
		}
		sum.Clients += r.Recovery.Clients
		sum.Back += r.Recovery.Back
		sum.FailedOpens += r.Recovery.FailedOpens
		sum.Missed += r.Recovery.Missed
		sum.PublishedLate += r.Recovery.PublishedLate
		sum.PeakConnects = max(sum.PeakConnects, r.Recovery.PeakConnects)
	}
	sum.Full = largest(rounds, func(r Round) *int64 { return r.Recovery.Full })
	sum.Down = rounded(mean(rounds, alike, func(r Round) *float64 { return float(r.Recovery.Down) }))
	sum.ServerCPU = rounded(mean(rounds, alike, func(r Round) *float64 { return float(r.Recovery.ServerCPU) }))
	sum.GeneratorCPU = rounded(mean(rounds, alike, func(r Round) *float64 { return float(r.Recovery.GeneratorCPU) }))
	sum.GeneratorCPUShare = mean(rounds, alike, func(r Round) *float64 { return r.Recovery.GeneratorCPUShare })
	return &sum
}
