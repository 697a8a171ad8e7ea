package results

import "time"

// Stage is a part of the steady phase of a scenario whose load changes: what was measured of the messages that were due in it.
type Stage struct {
	// Start and End count from the instant that the round's schedule counts from.
	Start time.Duration `json:"start_ns"`
	End   time.Duration `json:"end_ns"`
	// FromClients and FromRate are the load that it begins with, Clients and Rate what it goes evenly to.
	FromClients int     `json:"from_clients"`
	Clients     int     `json:"clients"`
	FromRate    float64 `json:"from_rate_per_second"`
	Rate        float64 `json:"rate_per_second"`
	// Connected is how many clients had a session when it ended; of a cell the mean of its rounds.
	Connected float64 `json:"connected"`
	// Offered is how many messages were due.
	Offered int64    `json:"offered"`
	Latency *Summary `json:"latency_ns,omitempty"`
	// ServerCPU and ServerCPUShare are of the server, GeneratorCPUShare of the generator, both as shares of what they may use; ServerRSS is the server's memory when
	// the stage ended. Of a cell they are means of its rounds.
	ServerCPU         *int64   `json:"server_cpu_ns,omitempty"`
	ServerCPUShare    *float64 `json:"server_cpu_share,omitempty"`
	ServerRSS         *int64   `json:"server_rss_bytes,omitempty"`
	GeneratorCPUShare *float64 `json:"generator_cpu_share,omitempty"`
}

// BusiestStage is the stage with most clients × messages at its end, the first of several alike; nil without stages.
func (m *Measured) BusiestStage() (busiest *Stage) {
	most := -1.0
	for i, s := range m.Stages {
		if load := float64(s.Clients) * s.Rate; load > most {
			busiest, most = &m.Stages[i], load
		}
	}
	return busiest
}

// Within are the slices that lie within a stage, of which the bounds are whole ones.
func (h Histograms) Within(m Metric, s Stage) Histograms {
	var all []Slice
	for _, slice := range h[m] {
		if slice.Start >= s.Start && slice.End <= s.End {
			all = append(all, slice)
		}
	}
	return Histograms{m: all}
}

// mergeStages merges the stages of rounds that have the same; nil if any round ended before it had them all.
func mergeStages(rounds []RoundData) ([]Stage, error) {
	stages := len(rounds[0].Round.Stages)
	for _, r := range rounds {
		if len(r.Round.Stages) != stages {
			return nil, nil
		}
	}
	latencies := concat(rounds, Latency)
	var all []Stage
	for i := range stages {
		merged, err := mergeStage(rounds, i, latencies)
		if err != nil {
			return nil, err
		}
		all = append(all, merged)
	}
	return all, nil
}

func mergeStage(rounds []RoundData, i int, latencies Histograms) (merged Stage, err error) {
	merged = rounds[0].Round.Stages[i]
	merged.Offered, merged.Connected = 0, 0
	var independent int64
	for _, r := range rounds {
		s := r.Round.Stages[i]
		merged.Offered += s.Offered
		merged.Connected += s.Connected / float64(len(rounds))
		if s.Latency != nil {
			independent += s.Latency.Independent
		}
	}
	plain := make([]Round, len(rounds))
	for n, r := range rounds {
		plain[n] = r.Round
	}
	of := func(read func(Stage) *float64) *float64 {
		return mean(plain, alike, func(r Round) *float64 { return read(r.Stages[i]) })
	}
	merged.ServerCPU = rounded(of(func(s Stage) *float64 { return float(s.ServerCPU) }))
	merged.ServerRSS = rounded(of(func(s Stage) *float64 { return float(s.ServerRSS) }))
	merged.ServerCPUShare = of(func(s Stage) *float64 { return s.ServerCPUShare })
	merged.GeneratorCPUShare = of(func(s Stage) *float64 { return s.GeneratorCPUShare })
	merged.Latency, err = latencies.Within(Latency, merged).Summarise(Latency, independent)
	return merged, err
}
