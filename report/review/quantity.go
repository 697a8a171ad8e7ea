package review

import (
	"time"

	"pushbench/report/format"
	"pushbench/results"
	"pushbench/scenarios"
)

// cell is an arm with the workload it was given: the scenario with the arm's swept parameters in place.
type cell struct {
	format.Arm
	work scenarios.Scenario
}

// newCell applies the parameters of an arm to its scenario.
func newCell(s scenarios.Scenario, a format.Arm) cell {
	work := format.Resolved(s, a.Cell.Params)
	work.Clients = a.Cell.Clients
	return cell{a, work}
}

// ratePerClient is messages per second that one client receives.
func (c cell) ratePerClient() float64 {
	if c.work.Clients == 0 {
		return float64(c.work.Rate)
	}
	return float64(c.work.Rate) * float64(c.work.Audience()) / float64(c.work.Clients)
}

// sessions is how many clients connected over all rounds.
func (c cell) sessions() float64 { return float64(c.Cell.Clients * max(1, len(c.Cell.Rounds))) }

// steady is how long a round's steady phase took: as recorded, else as the scenario says.
func (c cell) steady(r results.Round) time.Duration {
	if recorded := r.Steady(); recorded > 0 {
		return recorded
	}
	return c.work.Duration
}

// clientHours is the steady time of all clients of one measured round, or of all rounds together; as the scenario says where a round does not.
func (c cell) clientHours(rounds []results.Round) float64 {
	sum := 0.0
	for _, r := range rounds {
		hours := r.ClientHours(c.Cell.Clients)
		if hours == 0 {
			hours = c.work.Duration.Hours() * float64(c.Cell.Clients)
		}
		sum += hours
	}
	return sum
}

// quantity is what a decision compares; lower is better.
type quantity struct {
	name string
	dim  dimension
	// key is that of a latency's percentile.
	key string
	// read takes the blocks of a cell or a round and the client-hours they were measured in.
	read func(m *results.Measured, clientHours float64) Value
	note string
}

// The quantities of the decision card, in its order.
var (
	medianLatency = quantity{name: "p50 latency", dim: times, key: "p50", read: percentile("p50", 0.5)}
	tailLatency   = quantity{name: "p99 latency", dim: times, key: "p99", read: percentile("p99", 0.99)}
	hourlyBytes   = quantity{
		name: "bytes per client-hour", dim: octets, read: readHourlyBytes,
		note: "Payload and overhead of the measured messages at the clients' sockets, both ways, scaled to an hour at this rate; handshakes apart.",
	}
	serverCPU = quantity{
		name: "server CPU per 1,000 messages", dim: times, read: readServerCPU,
		note: "The process CPU clock of the server; the steady phase only.",
	}
	serverMemory = quantity{
		name: "server memory per client", dim: octets, read: readServerMemory,
		note: "What the server's resident memory grew by when the clients were there.",
	}
	quantities = []quantity{tailLatency, medianLatency, hourlyBytes, serverCPU, serverMemory}
)

// percentile carries the 95 % interval where the summary has one.
func percentile(key string, p float64) func(*results.Measured, float64) Value {
	return func(m *results.Measured, _ float64) Value { return percentileIn(m.Latency, key, p) }
}

func percentileIn(s *results.Summary, key string, p float64) Value {
	if s == nil || s.Count == 0 {
		return unknown()
	}
	at, _ := s.At(key)
	v := number(float64(at))
	v.Rough = !format.Enough(s.Independent, p)
	if ci, ok := s.CI[key]; ok && ci[0] <= ci[1] {
		v = v.interval(estimate{low: float64(ci[0]), high: float64(ci[1])})
	}
	return v
}

func readHourlyBytes(m *results.Measured, clientHours float64) Value {
	if clientHours <= 0 || m.Delivery.Delivered == 0 {
		return unknown()
	}
	return number(float64(m.Wire.PayloadBytes+m.Wire.OverheadBytes) / clientHours)
}

func readServerCPU(m *results.Measured, _ float64) Value {
	if m.Server == nil || m.Server.CPUPerMessage == nil {
		return unknown()
	}
	return number(1000 * *m.Server.CPUPerMessage)
}

func readServerMemory(m *results.Measured, _ float64) Value {
	if m.Server == nil {
		return unknown()
	}
	return optional(m.Server.RSSPerClient)
}

// of is the quantity of a cell.
func (q quantity) of(c cell) Value { return q.read(&c.Cell.Measured, c.clientHours(c.Cell.Rounds)) }

// rounds are the quantity's values in the rounds that both cells have with the same schedule, pair by pair.
func (q quantity) rounds(a, b cell) (from, to []float64) {
	for i := range a.Cell.Rounds {
		x := &a.Cell.Rounds[i]
		for j := range b.Cell.Rounds {
			y := &b.Cell.Rounds[j]
			if x.Index != y.Index || x.ScheduleDigest != y.ScheduleDigest {
				continue
			}
			u, v := q.read(&x.Measured, a.clientHours(a.Cell.Rounds[i:i+1])), q.read(&y.Measured, b.clientHours(b.Cell.Rounds[j:j+1]))
			if u.Known && v.Known {
				from, to = append(from, u.Number), append(to, v.Number)
			}
		}
	}
	return from, to
}
