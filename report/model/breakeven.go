package model

import (
	"math"
	"sort"
)

// Cost is what one client costs on the wire, in bytes, at whatever level they were counted. What HTTP headers weigh is the workload's, not the protocol's: take
// the costs from measured cells, or from [PushBytes] and [ExchangeBytes].
type Cost struct {
	// Setup is paid once, at the start: an upgrade, a handshake.
	Setup float64
	// PerSecond is paid while nothing happens: a WebSocket's pings and pongs.
	PerSecond float64
	// PerExchange is paid for every request with its response, empty or not.
	PerExchange float64
	// PerMessage is paid for every message: a frame, or an entry in a response.
	PerMessage float64
}

// Rate is bytes per second at so many messages and exchanges per second, without the setup.
func (c Cost) Rate(messages, exchanges float64) float64 {
	return c.PerSecond + c.PerExchange*exchanges + c.PerMessage*messages
}

// PaidAfter is the number of messages after which the upgrade to a WebSocket has cost no more bytes than polling, when a response carries perResponse of them:
//
//	n = (Sʷ − Sᵖ) ÷ (mᵖ + e/k − mʷ)
//
// with the setups S, the costs per message m, and polling's per exchange e shared by k messages. It is 0 when the upgrade is the cheaper setup as well; ok is false
// when a polled message costs no more than a pushed one, so that it never pays. Costs per second are left out: they depend on time, not on messages.
func PaidAfter(websocket, polling Cost, perResponse float64) (messages float64, ok bool) {
	saved := polling.PerMessage + polling.PerExchange/perResponse - websocket.PerMessage
	if !(saved > 0) {
		return 0, false
	}
	return math.Ceil(max(0, websocket.Setup-polling.Setup) / saved), true
}

// Crossover is a rate at which polling and WebSocket take the same bytes.
type Crossover struct {
	// Rate is in messages per second for one client.
	Rate float64
	// PollingAbove is set when polling is the cheaper one just above Rate, and WebSocket just below.
	PollingAbove bool
}

// The rates, in messages per second for one client, between which crossovers are sought, and the steps per factor of ten.
const (
	slowest, fastest = 1e-6, 1e6
	stepsPerDecade   = 100
)

// Crossovers are the rates at which the cheaper of the two changes, ascending. exchanges gives polling's requests per second at a rate of messages, such as
// [LongPoll.RequestsPerSecond].
//
// There may be two with long-polling. At rest it costs one empty poll per hold time against the WebSocket's pings, and may be cheaper. Then each message costs
// an exchange, and it is dearer. At last batching caps the exchanges at 1/τ, and it is cheaper again if an entry in a response costs less than a frame
// with its own segment and ACK: at MessagesPerResponse(λ) = e ÷ (mʷ − mᵖ) when there are no pings. Found by bisection between the points of a
// logarithmic grid from 10⁻⁶ to 10⁶ per second; two crossovers closer than 2.4 % of a rate would be missed.
func Crossovers(websocket, polling Cost, exchanges func(rate float64) float64) []Crossover {
	cheaper := func(rate float64) bool { return polling.Rate(rate, exchanges(rate)) < websocket.Rate(rate, 0) }
	var found []Crossover
	steps := int(math.Round(stepsPerDecade * math.Log10(fastest/slowest)))
	for i := range steps {
		low, high := gridRate(i), gridRate(i+1)
		if cheaper(low) != cheaper(high) {
			found = append(found, Crossover{Rate: turn(low, high, cheaper), PollingAbove: cheaper(high)})
		}
	}
	return found
}

func gridRate(step int) float64 { return slowest * math.Pow(10, float64(step)/stepsPerDecade) }

// turn bisects for where a predicate changes between two rates, to a millionth of the distance.
func turn(low, high float64, predicate func(float64) bool) float64 {
	const parts = 1_000_000
	at := func(i int) float64 { return low + (high-low)*float64(i)/parts }
	before := predicate(low)
	return at(sort.Search(parts, func(i int) bool { return predicate(at(i)) != before }))
}
