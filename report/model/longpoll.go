package model

import (
	"math"
	"time"
)

// LongPoll is a client with one poll outstanding, whose every response takes the whole backlog. Messages for it arrive as a Poisson process; rates are that one
// client's, in messages per second.
//
// # Derivation
//
// Look at the server from one response to the next. For the gap τ there is no poll. When the poll comes, with probability 1 − e^−λτ something has arrived
// and the poll is answered at once, otherwise it parks until the next message or until the hold time H, which lasts (1 − e^−λH)/λ in the mean. So a cycle takes
//
//	C = τ + e^−λτ · (1 − e^−λH)/λ
//
// and everything follows from renewal: responses come at rate 1/C and carry λC messages each, and since Poisson arrivals see time averages (R. W. Wolff,
// Operations Research 30 (1982) 223), the share of messages that find no poll is the share of time without one, p_w = τ/C. They wait uniformly: see
// [UniformWait]. With a = λτ and no hold limit these are p_w = a/(a + e^−a) and a + e^−a messages per response.
type LongPoll struct {
	Path
	// Hold is how long the server parks a poll before it answers empty; 0 is for ever.
	Hold time.Duration
}

// cycle is the mean time between two responses in seconds; +Inf at rate 0 without a hold limit.
func (p LongPoll) cycle(rate float64) float64 {
	gap := p.Gap().Seconds()
	return gap + math.Exp(-rate*gap)*p.parked(rate)
}

// parked is the mean time, in seconds, that a poll which finds nothing waits for a message or for the hold time: E[min(Exp(λ), H)] = (1 − e^−λH)/λ.
func (p LongPoll) parked(rate float64) float64 {
	switch hold := p.Hold.Seconds(); {
	case rate == 0 && hold == 0:
		return math.Inf(1)
	case rate == 0:
		return hold
	case hold == 0:
		return 1 / rate
	default:
		return -math.Expm1(-rate*hold) / rate
	}
}

// DelayedShare is p_w, the share of messages that arrive while no poll is there.
func (p LongPoll) DelayedShare(rate float64) float64 {
	if p.Gap() == 0 {
		return 0
	}
	return p.Gap().Seconds() / p.cycle(rate)
}

// Latency is d, or with probability [LongPoll.DelayedShare] d + U(0, τ): mean d + p_w·τ/2, never above d + τ, which is 3d, 5d, 7d, 9d for the four setups.
func (p LongPoll) Latency(rate float64) UniformWait {
	return UniformWait{Base: p.Delay, Gap: p.Gap(), Share: p.DelayedShare(rate)}
}

// Predict is [LongPoll.Latency] with the path's measured distribution in place of d.
func (p LongPoll) Predict(websocket *Empirical, rate float64) *Convolved {
	return Convolve(websocket, p.DelayedShare(rate), p.Gap())
}

// RequestsPerSecond is how many polls the client sends, 1/C. It rises from one per hold time when idle to one per gap, its ceiling.
func (p LongPoll) RequestsPerSecond(rate float64) float64 { return 1 / p.cycle(rate) }

// MessagesPerResponse is λC, empty responses included.
func (p LongPoll) MessagesPerResponse(rate float64) float64 {
	if rate == 0 {
		return 0
	}
	return rate * p.cycle(rate)
}

// EmptyShare is the share of responses that carry nothing, e^−λ(τ+H): nothing may arrive from one response until the hold time after the next poll.
func (p LongPoll) EmptyShare(rate float64) float64 {
	if p.Hold == 0 {
		return 0
	}
	return math.Exp(-rate * (p.Gap() + p.Hold).Seconds())
}

// Unbatched is the mean latency when each response carries one message only. The gap is then the service time of a queue with one server: M/D/1, with the
// mean wait ρτ/(2(1−ρ)) for ρ = λτ (Pollaczek–Khinchine; L. Kleinrock, "Queueing Systems", vol. 1, 1975, §5.6). At λ ≥ 1/τ the queue
// grows without bound: stable is false and there is no mean.
func (p LongPoll) Unbatched(rate float64) (mean time.Duration, stable bool) {
	load := rate * p.Gap().Seconds()
	if load >= 1 {
		return 0, false
	}
	return p.Delay + scale(p.Gap(), load/(2*(1-load))), true
}

// Periodic is the latency when messages come every period instead of at random.
//
// A gap no longer than the period always ends before the next message: every message finds a poll and takes d. A longer one never ends without a backlog,
// so that responses leave exactly τ apart, and messages period apart fall anywhere between them (H. Weyl's equidistribution): d + U(0, τ). So the mean jumps from d
// to d + τ/2 = 2d (h = c = 0) as d crosses half a period, where Poisson arrivals at the same rate change smoothly.
//
// When period and τ are in an exact ratio and nothing drifts, the offsets lie on a grid of g = gcd(period, τ) and the mean is g/2 lower: a gap of exactly two
// periods locks, and every second message waits not at all. On a real path τ varies from poll to poll, so the phase wanders and visits all offsets.
func (p LongPoll) Periodic(period time.Duration) UniformWait {
	w := UniformWait{Base: p.Delay, Gap: p.Gap()}
	if p.Gap() > period {
		w.Share = 1
	}
	return w
}
