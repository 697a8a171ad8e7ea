package results

// SteadyPhase is the name of the phase that is measured, as it stands in [Round.Phases].
const SteadyPhase = "steady"

func mergeDelivery(rounds []Round) Delivery {
	var sum Delivery
	for _, r := range rounds {
		sum.add(r.Delivery)
	}
	return sum
}

func (sum *Delivery) add(d Delivery) {
	sum.Offered += d.Offered
	sum.Published += d.Published
	sum.Expected += d.Expected
	sum.Delivered += d.Delivered
	sum.Missed += d.Missed
	sum.Undelivered += d.Undelivered
	sum.Duplicated += d.Duplicated
	sum.Reordered += d.Reordered
	sum.Announced += d.Announced
	sum.Foreign += d.Foreign
	sum.Errors = addCountsByKind(sum.Errors, d.Errors)
}

// mergeUplink adds up what went up, but for the summaries; n/a if a round has none.
func mergeUplink(rounds []Round) *Uplink {
	var sum Uplink
	for _, r := range rounds {
		if r.Uplink == nil {
			return nil
		}
		sum.Delivery.add(r.Uplink.Delivery)
		sum.PayloadBytes += r.Uplink.PayloadBytes
		sum.OverheadBytes += r.Uplink.OverheadBytes
		sum.SteadyRequests += r.Uplink.SteadyRequests
	}
	return &sum
}

// mergeSlow adds up the books of the slow readers, but for the summary; n/a if a round has none.
func mergeSlow(rounds []Round) *SlowReaders {
	var sum SlowReaders
	for _, r := range rounds {
		s := r.Slow
		if s == nil {
			return nil
		}
		sum.Clients = s.Clients
		sum.Expected += s.Expected
		sum.Delivered += s.Delivered
		sum.Missed += s.Missed
		sum.Undelivered += s.Undelivered
		sum.Duplicated += s.Duplicated
		sum.Announced += s.Announced
		sum.CutOff += s.CutOff
	}
	return &sum
}

// Received is how many messages of the steady phase clients received, those that read slowly among them.
func (m *Measured) Received() int64 {
	if m.Slow == nil {
		return m.Delivery.Delivered
	}
	return m.Delivery.Delivered + m.Slow.Delivered
}

// Published is how many messages were sent in the steady phase, in both directions.
func (m *Measured) Published() int64 {
	if m.Uplink == nil {
		return m.Delivery.Published
	}
	return m.Delivery.Published + m.Uplink.Delivery.Published
}

// Arrived is how many messages of the steady phase reached whom they were for, in both directions: what the cost of a message is divided by.
func (m *Measured) Arrived() int64 {
	if m.Uplink == nil {
		return m.Received()
	}
	return m.Received() + m.Uplink.Delivery.Delivered
}

func mergeWire(rounds []Round) Wire {
	var sum Wire
	for _, r := range rounds {
		addBytes(&sum, r.Wire)
		addCounts(&sum, r.Wire)
	}
	sum.MessagesPerResponse = mergePerResponse(rounds)
	sum.RequestsPerMessage = mergePerMessage(rounds)
	sum.OverheadParts = mergeParts(rounds)
	sum.Unpacked = total(rounds, func(r Round) *int64 { return r.Wire.Unpacked })
	sum.ModelledIP = total(rounds, func(r Round) *int64 { return r.Wire.ModelledIP })
	return sum
}

func addBytes(sum *Wire, w Wire) {
	sum.SentBytes += w.SentBytes
	sum.ReceivedBytes += w.ReceivedBytes
	sum.HandshakeBytes += w.HandshakeBytes
	sum.WarmupBytes += w.WarmupBytes
	sum.PayloadBytes += w.PayloadBytes
	sum.OverheadBytes += w.OverheadBytes
	sum.TailBytes += w.TailBytes
}

func addCounts(sum *Wire, w Wire) {
	sum.Connections += w.Connections
	sum.Requests += w.Requests
	sum.Responses += w.Responses
	sum.EmptyResponses += w.EmptyResponses
	sum.SteadyRequests += w.SteadyRequests
	sum.SteadyResponses += w.SteadyResponses
	sum.SteadyEmpty += w.SteadyEmpty
	sum.SteadyMessages += w.SteadyMessages
}

// mergeParts adds up what the overhead went into; n/a if a round could not tell.
func mergeParts(rounds []Round) *OverheadParts {
	var sum OverheadParts
	for _, r := range rounds {
		if r.Wire.OverheadParts == nil {
			return nil
		}
		sum = sum.Add(*r.Wire.OverheadParts)
	}
	return &sum
}

// mergePerResponse adds up what each round divided: the denominator is that of the round (responses, or reads of a WebSocket), got back from its ratio.
func mergePerResponse(rounds []Round) *float64 {
	var messages, carriers float64
	for _, r := range rounds {
		ratio := r.Wire.MessagesPerResponse
		switch {
		case ratio != nil && *ratio > 0:
			messages += float64(r.Wire.SteadyMessages)
			carriers += float64(r.Wire.SteadyMessages) / *ratio
		case r.Wire.SteadyMessages > 0:
			return nil // n/a in a round that has messages
		}
	}
	return quotient(messages, carriers)
}

// mergePerMessage divides the sums.
func mergePerMessage(rounds []Round) *float64 {
	var delivered, requests float64
	for _, r := range rounds {
		if r.Wire.RequestsPerMessage == nil && r.Received() > 0 {
			return nil
		}
		delivered += float64(r.Received())
		requests += float64(r.Wire.SteadyRequests)
	}
	return quotient(requests, delivered)
}

func mergeServer(rounds []Round) *Server {
	for _, r := range rounds {
		if r.Server == nil {
			return nil
		}
	}
	cpu := total(rounds, func(r Round) *int64 { return r.Server.CPU })
	return &Server{
		CPU:           cpu,
		CPUPerMessage: perMessage(cpu, rounds),
		CPUShare:      mean(rounds, steadyTime, func(r Round) *float64 { return r.Server.CPUShare }),
		RSSIdle:       rounded(mean(rounds, alike, func(r Round) *float64 { return float(r.Server.RSSIdle) })),
		RSSPeak:       largest(rounds, func(r Round) *int64 { return r.Server.RSSPeak }),
		RSSPerClient:  mean(rounds, alike, func(r Round) *float64 { return r.Server.RSSPerClient }),
		Cores:         rounds[0].Server.Cores,
		Procs:         rounds[0].Server.Procs,
		HTTP:          rounds[0].Server.HTTP,
		Injected:      rounds[0].Server.Injected,
		Counted:       rounds[0].Server.Counted,

		InjectedCounts: mergeInjected(rounds),
	}
}

// mergeInjected adds up the faults; n/a if a round's server could not say.
func mergeInjected(rounds []Round) *InjectedCounts {
	var sum InjectedCounts
	for _, r := range rounds {
		c := r.Server.InjectedCounts
		if c == nil {
			return nil
		}
		sum.Dropped += c.Dropped
		sum.Duplicated += c.Duplicated
		sum.Reordered += c.Reordered
		sum.Delayed += c.Delayed
		sum.Stalls += c.Stalls
	}
	return &sum
}

func mergeGenerator(rounds []Round) Generator {
	cpu := total(rounds, func(r Round) *int64 { return r.Generator.CPU })
	first := rounds[0].Generator
	g := Generator{
		Client:        first.Client,
		CPU:           cpu,
		CPUPerMessage: perMessage(cpu, rounds),
		CPUShare:      mean(rounds, steadyTime, func(r Round) *float64 { return r.Generator.CPUShare }),
		RSSIdle:       rounded(mean(rounds, alike, func(r Round) *float64 { return float(r.Generator.RSSIdle) })),
		RSSPeak:       largest(rounds, func(r Round) *int64 { return r.Generator.RSSPeak }),
		RSSPerClient:  mean(rounds, alike, func(r Round) *float64 { return r.Generator.RSSPerClient }),
		Cores:         first.Cores,
		OfferedRate:   *mean(rounds, alike, func(r Round) *float64 { return &r.Generator.OfferedRate }),
		AchievedRate:  *mean(rounds, alike, func(r Round) *float64 { return &r.Generator.AchievedRate }),
		// Percentiles cannot be averaged and there is no histogram of these: the worst round stands for all.
		SchedLatencyP99: largest(rounds, func(r Round) *int64 { return r.Generator.SchedLatencyP99 }),
		NetworkLateP50:  largest(rounds, func(r Round) *int64 { return r.Generator.NetworkLateP50 }),
		NetworkLateP99:  largest(rounds, func(r Round) *int64 { return r.Generator.NetworkLateP99 }),
		NetworkLateMax:  largest(rounds, func(r Round) *int64 { return r.Generator.NetworkLateMax }),
		GCPause:         total(rounds, func(r Round) *int64 { return r.Generator.GCPause }),
		Pacer:           first.Pacer,
	}
	for _, r := range rounds {
		g.GCCycles += r.Generator.GCCycles
		g.Unrecorded += r.Generator.Unrecorded
	}
	return g
}

// perMessage divides by what arrived in the rounds; n/a if nothing did.
func perMessage(cpu *int64, rounds []Round) *float64 {
	if cpu == nil {
		return nil
	}
	var arrived int64
	for _, r := range rounds {
		arrived += r.Arrived()
	}
	return quotient(float64(*cpu), float64(arrived))
}

// steadyTime weighs a round by the length of its steady phase.
func steadyTime(r Round) float64 { return r.Steady().Seconds() }

// alike weighs every round the same.
func alike(Round) float64 { return 1 }

// total, largest and mean are over all rounds; nil, n/a, if any round lacks the figure.
func total(rounds []Round, of func(Round) *int64) *int64 {
	var sum int64
	for _, r := range rounds {
		v := of(r)
		if v == nil {
			return nil
		}
		sum += *v
	}
	return &sum
}

func largest(rounds []Round, of func(Round) *int64) *int64 {
	var most *int64
	for _, r := range rounds {
		v := of(r)
		if v == nil {
			return nil
		}
		if most == nil || *v > *most {
			most = v
		}
	}
	return clone(most)
}

// mean is weighted; where a round has no weight, such as one without phases, all count alike.
func mean(rounds []Round, weight func(Round) float64, of func(Round) *float64) *float64 {
	var sum, weights float64
	for _, r := range rounds {
		if !(weight(r) > 0) {
			return mean(rounds, alike, of)
		}
		v := of(r)
		if v == nil {
			return nil
		}
		sum += weight(r) * *v
		weights += weight(r)
	}
	return quotient(sum, weights)
}

func quotient(a, b float64) *float64 {
	if b == 0 {
		return nil
	}
	q := a / b
	return &q
}

func float(v *int64) *float64 {
	if v == nil {
		return nil
	}
	f := float64(*v)
	return &f
}

func rounded(v *float64) *int64 {
	if v == nil {
		return nil
	}
	n := int64(*v + 0.5)
	return &n
}

func clone[T any](v *T) *T {
	if v == nil {
		return nil
	}
	c := *v
	return &c
}
