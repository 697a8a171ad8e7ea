package results

// Upkeep is what passed the clients' sockets in the steady phase and what both processes cost meanwhile, whether or not anything was delivered: what it takes
// to keep the sessions. Where messages came it holds them too; where none did it is pings, empty polls and what they cost.
type Upkeep struct {
	// ClientHours is the time between the two readings × the clients of the workload × its time scale: hours as its users live them.
	ClientHours float64 `json:"client_hours"`
	// SentBytes and ReceivedBytes are the clients'. Requests are polls and posts; Responses are answers to them, and reads of a stream that brought
	// something; EmptyResponses are those that brought no message. Connections were opened in the phase.
	SentBytes      int64 `json:"sent_bytes"`
	ReceivedBytes  int64 `json:"received_bytes"`
	Requests       int64 `json:"requests"`
	Responses      int64 `json:"responses"`
	EmptyResponses int64 `json:"empty_responses"`
	Connections    int64 `json:"connections"`
	// Hourly is all of that for one client in one hour; absent without time or clients.
	Hourly *Hourly `json:"per_client_hour,omitempty"`
}

// Hourly is what one client takes in one hour.
type Hourly struct {
	// Bytes are both ways.
	Bytes          float64 `json:"bytes"`
	Requests       float64 `json:"requests"`
	EmptyResponses float64 `json:"empty_responses"`
	Connections    float64 `json:"connections"`
	// ServerCPU and GeneratorCPU are absent where they could not be read.
	ServerCPU    *float64 `json:"server_cpu_ns,omitempty"`
	GeneratorCPU *float64 `json:"generator_cpu_ns,omitempty"`
}

// SetHourly computes what one client takes in an hour, given what the processes cost in the steady phase.
func (u *Upkeep) SetHourly(server *Server, generator Generator) {
	per := func(n int64) float64 { return float64(n) / u.ClientHours }
	cpu := func(n *int64) *float64 {
		if n == nil {
			return nil
		}
		return quotient(float64(*n), u.ClientHours)
	}
	if u.Hourly = nil; !(u.ClientHours > 0) {
		return
	}
	u.Hourly = &Hourly{
		Bytes: per(u.SentBytes + u.ReceivedBytes), Requests: per(u.Requests), EmptyResponses: per(u.EmptyResponses), Connections: per(u.Connections),
		GeneratorCPU: cpu(generator.CPU),
	}
	if server != nil {
		u.Hourly.ServerCPU = cpu(server.CPU)
	}
}

// mergeUpkeep adds up what passed, and divides anew; n/a if a round has none.
func mergeUpkeep(rounds []Round, server *Server, generator Generator) *Upkeep {
	var sum Upkeep
	for _, r := range rounds {
		u := r.Upkeep
		if u == nil {
			return nil
		}
		sum.ClientHours += u.ClientHours
		sum.SentBytes += u.SentBytes
		sum.ReceivedBytes += u.ReceivedBytes
		sum.Requests += u.Requests
		sum.Responses += u.Responses
		sum.EmptyResponses += u.EmptyResponses
		sum.Connections += u.Connections
	}
	sum.SetHourly(server, generator)
	return &sum
}
