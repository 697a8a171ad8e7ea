// Package schedule says when which message is due: pure and seeded, no clock, no socket.
//
// A schedule is made before a round starts and is the same for every transport that is compared, so two arms differ in nothing but how
// the messages travel. The load is open: an event is due when it is due, whether or not earlier ones have arrived.
//
// Exactly rate × duration events are placed. For Poisson arrivals they are uniform order statistics, which is a Poisson process given its count:
// the gaps are as irregular as in production, yet every arm and every repetition publishes the same number of messages. With several flows
// the flow of an event is drawn uniformly, and each flow's own arrivals are Poisson again.
// Bursts are evenly spaced, each with all its messages at one instant, so that the mean rate is the one asked for.
// Rejected: exponential gaps drawn until the time is up, since counts would then differ between seeds by √n and rates with them.
//
// A flow is what one sender says to one topic, numbered from 0. It is all that a receiver can expect in order: what two senders say to the same
// topic at about the same time may reach the server either way round. So books are kept by flow, and a topic may carry many.
package schedule

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"pushbench/scenarios"
)

// Event is one message to publish.
type Event struct {
	// Due is the intended instant, counted from the start of the warm-up.
	Due time.Duration
	// Flow counts from 0; Seq counts the flow's messages from 0, in order of Due.
	Flow, Seq uint32
	// Size is the payload's length in bytes.
	Size uint32
	// From is who sends it.
	From Sender
}

// Sender is who sends a message: a client by its number, or the application beside the server.
type Sender int32

// Application is the sender that is no client.
const Application Sender = -1

// Spec is what a schedule is made from.
type Spec struct {
	Seed uint64
	// Flows is how many flows the events are spread over.
	Flows int
	// ClientsSend makes each flow what the client of that number says; otherwise the application sends all.
	ClientsSend bool
	Arrivals    scenarios.Arrivals
	// Burst is how many events share an instant, with Arrivals Burst.
	Burst int
	// Rate is events per second over all flows; with 0 there are none. Parts, if there are any, say instead how it changes in the steady phase, and take as long as
	// that; the warm-up then has the rate that the first begins with.
	Rate             float64
	Parts            []Part
	Warmup, Duration time.Duration
	// Size is each payload's length in bytes; with a SizeMax, lengths are drawn between the two, evenly over their logarithm, so that
	// each doubling of the size is as frequent as any other.
	Size, SizeMax int
	// Choices, if there are any, stand in place of Size: each event gets one of them, each of them as large a share as it says, to the message.
	Choices []Choice
	// Content identifies what is in the payloads, where it is not made of their size alone.
	Content string
}

// Choice is a payload's length with its share of the events. The shares sum to 1.
type Choice struct {
	Size  int
	Share float64
}

// Schedule is all that one round shall publish.
type Schedule struct {
	// Events are in order of Due.
	Events []Event
	// Steady is the index of the first event of the steady phase.
	Steady int
	// Counts is the number of events of each flow.
	Counts []uint32
	// Up is the first of the flows that go up, from the clients to the application: the one after the last if none does.
	Up uint32
	// Picks says which of the choices each event got; nil without choices.
	Picks []uint32
	// Content is the specification's.
	Content          string
	Warmup, Duration time.Duration
}

// Streams of random numbers are told apart by these, so that drawing more from one leaves the others as they were.
const (
	streamTimes = 0x74696d6573
	streamFlows = 0x746f70696373
	streamSizes = 0x73697a6573
)

// New makes the schedule of spec. It returns an error when the specification cannot be met.
func New(spec Spec) (*Schedule, error) {
	if spec.Flows < 1 || !(spec.Rate >= 0) || spec.Duration <= 0 || spec.Warmup < 0 {
		return nil, fmt.Errorf("schedule: want flows and duration above 0 and no negative rate, have %d flows, %g/s for %v", spec.Flows, spec.Rate, spec.Duration)
	}
	warm, steady := count(spec.Rate, spec.Warmup), count(spec.Rate, spec.Duration)
	if len(spec.Parts) > 0 {
		warm, steady = count(spec.Parts[0].From, spec.Warmup), int(math.Round(total(spec.Parts)))
	}
	if total := warm + steady; total > math.MaxUint32 {
		return nil, fmt.Errorf("schedule: %g/s for %v is %d messages, more than one round can number (%d)", spec.Rate, spec.Warmup+spec.Duration, total, uint32(math.MaxUint32))
	}
	s := &Schedule{
		Events: make([]Event, 0, warm+steady), Steady: warm,
		Counts: make([]uint32, spec.Flows), Up: uint32(spec.Flows), Content: spec.Content, Warmup: spec.Warmup, Duration: spec.Duration,
	}
	times := rand.New(rand.NewPCG(spec.Seed, streamTimes))
	s.place(spec, times, 0, spec.Warmup, warm)
	s.place(spec, times, spec.Warmup, spec.Duration, steady)
	s.warp(spec)
	s.address(spec)
	s.size(spec)
	return s, nil
}

// size gives each event its payload's length.
func (s *Schedule) size(spec Spec) {
	random := rand.New(rand.NewPCG(spec.Seed, streamSizes))
	if len(spec.Choices) > 0 {
		s.choose(spec.Choices, random)
		return
	}
	for i := range s.Events {
		length := spec.Size
		if spec.SizeMax > spec.Size {
			ratio := float64(spec.SizeMax) / float64(spec.Size)
			length = int(math.Round(float64(spec.Size) * math.Pow(ratio, random.Float64())))
		}
		s.Events[i].Size = uint32(length)
	}
}

// choose gives each event one of the choices: in the warm-up and in the steady phase each as often as its share says, in random order.
func (s *Schedule) choose(choices []Choice, random *rand.Rand) {
	s.Picks = append(apportion(s.Steady, choices, random), apportion(len(s.Events)-s.Steady, choices, random)...)
	for i, pick := range s.Picks {
		s.Events[i].Size = uint32(choices[pick].Size)
	}
}

// apportion deals out n places by the largest remainder: each choice gets n × share, rounded down, and those with the largest fractions left, at random among
// equals, one more. The places are shuffled.
func apportion(n int, choices []Choice, random *rand.Rand) []uint32 {
	picks := make([]uint32, 0, n)
	left := make([]float64, len(choices))
	for i, c := range choices {
		whole := math.Floor(c.Share*float64(n) + 1e-9) // a share such as 0.3 is a hair off
		left[i] = c.Share*float64(n) - whole
		picks = append(picks, slices.Repeat([]uint32{uint32(i)}, int(whole))...)
	}
	order := random.Perm(len(choices))
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(left[b], left[a]) })
	for i := 0; len(picks) < n; i++ {
		picks = append(picks, uint32(order[i%len(order)]))
	}
	picks = picks[:n]
	random.Shuffle(len(picks), func(i, j int) { picks[i], picks[j] = picks[j], picks[i] })
	return picks
}

// count is how many events fall into d at the given rate.
func count(rate float64, d time.Duration) int { return int(math.Round(rate * d.Seconds())) }

// place appends n events between from and from+length.
func (s *Schedule) place(spec Spec, random *rand.Rand, from, length time.Duration, n int) {
	first := len(s.Events)
	burst := max(1, spec.Burst)
	for i := range n {
		due := from
		switch spec.Arrivals {
		case scenarios.Constant:
			due += time.Duration((float64(i) + .5) / float64(n) * float64(length))
		case scenarios.Burst:
			// In the middle of the time that the rate gives its messages; the last burst may have fewer, and a shorter time.
			first := i / burst * burst
			due += time.Duration(math.Round(float64(first+min(first+burst, n)) / 2 / float64(n) * float64(length)))
		default:
			due += time.Duration(random.Int64N(int64(length)))
		}
		s.Events = append(s.Events, Event{Due: due})
	}
	slices.SortFunc(s.Events[first:], func(a, b Event) int { return cmp.Compare(a.Due, b.Due) })
}

// address gives each event its flow, number and sender. Constant arrivals and bursts visit the flows in one shuffled order, so that each flow's are evenly
// spaced, and a burst's spread over the flows, too.
func (s *Schedule) address(spec Spec) {
	random := rand.New(rand.NewPCG(spec.Seed, streamFlows))
	order := random.Perm(spec.Flows)
	for i := range s.Events {
		e := &s.Events[i]
		if spec.Arrivals == scenarios.Poisson {
			e.Flow = uint32(random.IntN(spec.Flows))
		} else {
			e.Flow = uint32(order[i%len(order)])
		}
		e.From = Application
		if spec.ClientsSend {
			e.From = Sender(e.Flow)
		}
		e.Seq = s.Counts[e.Flow]
		s.Counts[e.Flow]++
	}
}

// Join is both schedules in one: what comes down to the clients, and beside it what they send up to the application. Both must have the same phases. The
// flows that go up are numbered after those that come down.
func Join(down, up *Schedule) *Schedule {
	s := &Schedule{
		Events: make([]Event, 0, len(down.Events)+len(up.Events)), Steady: down.Steady + up.Steady,
		Counts: slices.Concat(down.Counts, up.Counts), Up: uint32(len(down.Counts)), Content: down.Content, Warmup: down.Warmup, Duration: down.Duration,
	}
	// What is due at one instant comes down first. The phases share no instant.
	for d, u := 0, 0; d < len(down.Events) || u < len(up.Events); {
		if u == len(up.Events) || d < len(down.Events) && down.Events[d].Due <= up.Events[u].Due {
			s.take(down, d, 0)
			d++
		} else {
			s.take(up, u, s.Up)
			u++
		}
	}
	return s
}

// take appends another schedule's event, its flow moved on.
func (s *Schedule) take(from *Schedule, i int, flows uint32) {
	e := from.Events[i]
	e.Flow += flows
	s.Events = append(s.Events, e)
	if from.Picks != nil {
		s.Picks = append(s.Picks, from.Picks[i])
	}
}

// Instants counts the instants of the steady phase at which something is due: what is due together is one observation, not many.
func (s *Schedule) Instants() (n int64) {
	last := time.Duration(-1)
	for _, e := range s.Events[s.Steady:] {
		if e.Due != last {
			n, last = n+1, e.Due
		}
	}
	return n
}

// GoesUp says whether an event is for the application, not for a client.
func (s *Schedule) GoesUp(e Event) bool { return e.Flow >= s.Up }

// End is when the steady phase ends, counted like Event.Due.
func (s *Schedule) End() time.Duration { return s.Warmup + s.Duration }

// Index returns for each flow the indexes of its events, in order of Seq.
func (s *Schedule) Index() [][]uint32 {
	flat := make([]uint32, len(s.Events))
	index := make([][]uint32, len(s.Counts))
	for flow, n := range s.Counts {
		index[flow], flat = flat[:0:n], flat[n:]
	}
	for i, e := range s.Events {
		index[e.Flow] = append(index[e.Flow], uint32(i))
	}
	return index
}

// Digest identifies the schedule: the first 16 hex digits of a SHA-256 over every event. Equal digests mean equal instants, senders, flows and payloads.
// A sender that is the application is left out, and so is content where there is none, so that schedules have the digests they always had.
func (s *Schedule) Digest() string {
	h := sha256.New()
	var b [24]byte
	for _, e := range s.Events {
		binary.BigEndian.PutUint64(b[0:], uint64(e.Due))
		binary.BigEndian.PutUint32(b[8:], e.Flow)
		binary.BigEndian.PutUint32(b[12:], e.Seq)
		binary.BigEndian.PutUint32(b[16:], e.Size)
		binary.BigEndian.PutUint32(b[20:], uint32(e.From))
		length := len(b)
		if e.From == Application {
			length = 20
		}
		h.Write(b[:length])
	}
	if s.Content != "" {
		h.Write([]byte(s.Content))
		for _, pick := range s.Picks {
			h.Write(binary.BigEndian.AppendUint32(b[:0], pick))
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}
