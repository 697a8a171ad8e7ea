package results

// Opening is what it took to open the clients' sessions, all at once, before anything was published: the ramp of a round. How long each client waited for
// its session is [Measured.Connect].
type Opening struct {
	// Sessions were opened in Elapsed, at most Concurrent of them at a time: a next one is dialled when one is open.
	Sessions   int64 `json:"sessions"`
	Concurrent int   `json:"concurrent"`
	Elapsed    int64 `json:"elapsed_ns"`
	// SentBytes, ReceivedBytes and Connections are what passed the clients' sockets until each session was open. A client that polls on new connections and one
	// that sends besides receiving have opened one connection by then, or two.
	SentBytes     int64 `json:"sent_bytes"`
	ReceivedBytes int64 `json:"received_bytes"`
	Connections   int64 `json:"connections"`
	// ServerCPU and GeneratorCPU are the processes' meanwhile. Absent where they could not be read.
	ServerCPU    *int64 `json:"server_cpu_ns,omitempty"`
	GeneratorCPU *int64 `json:"generator_cpu_ns,omitempty"`
	// PerSession is all of that divided, and PerSecond the rate; absent without sessions or time.
	PerSession *OpeningCost `json:"per_session,omitempty"`
	PerSecond  *float64     `json:"sessions_per_second,omitempty"`
}

// OpeningCost is what opening one session took.
type OpeningCost struct {
	// Bytes are both ways.
	Bytes        float64  `json:"bytes"`
	Connections  float64  `json:"connections"`
	ServerCPU    *float64 `json:"server_cpu_ns,omitempty"`
	GeneratorCPU *float64 `json:"generator_cpu_ns,omitempty"`
}

// Divide computes the figures of one session, and the rate.
func (o *Opening) Divide() {
	o.PerSession, o.PerSecond = nil, nil
	if o.Sessions <= 0 {
		return
	}
	n := float64(o.Sessions)
	of := func(cpu *int64) *float64 {
		if cpu == nil {
			return nil
		}
		return quotient(float64(*cpu), n)
	}
	o.PerSession = &OpeningCost{
		Bytes: float64(o.SentBytes+o.ReceivedBytes) / n, Connections: float64(o.Connections) / n,
		ServerCPU: of(o.ServerCPU), GeneratorCPU: of(o.GeneratorCPU),
	}
	o.PerSecond = quotient(n*1e9, float64(o.Elapsed))
}

// mergeOpening adds up what the rounds' ramps took, and divides anew; n/a if a round has none.
func mergeOpening(rounds []Round) *Opening {
	var sum Opening
	for _, r := range rounds {
		o := r.Opening
		if o == nil {
			return nil
		}
		sum.Sessions += o.Sessions
		sum.Concurrent = max(sum.Concurrent, o.Concurrent)
		sum.Elapsed += o.Elapsed
		sum.SentBytes += o.SentBytes
		sum.ReceivedBytes += o.ReceivedBytes
		sum.Connections += o.Connections
	}
	sum.ServerCPU = total(rounds, func(r Round) *int64 { return r.Opening.ServerCPU })
	sum.GeneratorCPU = total(rounds, func(r Round) *int64 { return r.Opening.GeneratorCPU })
	sum.Divide()
	return &sum
}
