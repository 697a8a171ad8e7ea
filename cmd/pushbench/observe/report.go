package observe

import (
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pushbench/loadgen"
	"pushbench/scenarios"
)

// Schema is the version of the report as JSON.
const Schema = 1

// Distribution is some of the differences or latenesses, in nanoseconds. Of none it is absent.
type Distribution struct {
	Count int64 `json:"count"`
	Min   int64 `json:"min"`
	P1    int64 `json:"p1"`
	P10   int64 `json:"p10"`
	P50   int64 `json:"p50"`
	P90   int64 `json:"p90"`
	P99   int64 `json:"p99"`
	Max   int64 `json:"max"`
}

// Side is one transport.
type Side struct {
	Transport scenarios.Transport `json:"transport"`
	Counts
	// FirstShare is First of Paired; absent if there are none.
	FirstShare *float64 `json:"first_share,omitempty"`
	// Lateness is how much later than the quicker of the two a message came, 0 where this was the quicker.
	Lateness *Distribution `json:"lateness_ns,omitempty"`
	// MessagesPerResponse and BytesPerMessage are absent without a response, or a message. The bytes are all at the sockets but those of opening.
	MessagesPerResponse *float64 `json:"messages_per_response,omitempty"`
	BytesPerMessage     *float64 `json:"bytes_per_message,omitempty"`
	Requests            int64    `json:"requests"`
	EmptyResponses      int64    `json:"empty_responses"`
	Connections         int64    `json:"connections"`
	SentBytes           int64    `json:"sent_bytes"`
	ReceivedBytes       int64    `json:"received_bytes"`
	HandshakeBytes      int64    `json:"handshake_bytes"`
	// Missed is what the server itself said it could not deliver.
	Missed int64 `json:"missed"`
	// Sessions were to be open; Reopened is how often one had ended, and Errors why.
	Sessions int              `json:"sessions"`
	Reopened int              `json:"reopened"`
	Errors   map[string]int64 `json:"errors"`
}

// Report is what was observed.
type Report struct {
	Schema      int       `json:"schema"`
	Tool        string    `json:"tool"`
	Target      string    `json:"target"`
	Key         string    `json:"key"`
	Topics      []string  `json:"topics"`
	Started     time.Time `json:"started"`
	Seconds     float64   `json:"duration_seconds"`
	WaitSeconds float64   `json:"wait_seconds"`
	Interrupted bool      `json:"interrupted,omitempty"`
	Sides       []Side    `json:"sides"`
	// Difference is the second side's arrival less the first's: above 0 the second was later.
	Difference *Distribution `json:"difference_ns,omitempty"`
	Pairs      int64         `json:"pairs"`
	// AbsoluteLatency says why there is none.
	AbsoluteLatency string   `json:"absolute_latency"`
	Warnings        []string `json:"warnings"`

	recorded recorder
}

// Lateness is how much later than the quicker of the two the messages of a side came, in nanoseconds, 0 where it was the quicker: for a chart.
func (r *Report) Lateness(side int) *hdrhistogram.Histogram { return r.recorded.lateness(side) }

// noLatency is why absolute latency is not known.
const noLatency = "n/a: nobody published here, so nobody knows when a message was due; only the difference of two arrivals needs no publisher's clock"

// quantiles are those of a Distribution.
func distribution(count int64, quantile func(q float64) time.Duration) *Distribution {
	if count == 0 {
		return nil
	}
	q := func(p float64) int64 { return int64(quantile(p)) }
	return &Distribution{Count: count, Min: q(0), P1: q(.01), P10: q(.1), P50: q(.5), P90: q(.9), P99: q(.99), Max: q(1)}
}

// ratio is absent where there is nothing to divide by.
func ratio(a, b int64) *float64 {
	if b == 0 {
		return nil
	}
	v := float64(a) / float64(b)
	return &v
}

// report puts everything together, once all sessions have ended.
func (b *observation) report(began time.Time, took time.Duration, interrupted bool) *Report {
	p := b.pairer
	r := &Report{
		Schema: Schema, Key: b.options.Key.String(), Topics: b.options.Topics, Started: began, Seconds: took.Seconds(), WaitSeconds: b.options.Wait.Seconds(),
		Interrupted: interrupted, Pairs: p.recorded.count(), AbsoluteLatency: noLatency,
		Difference: distribution(p.recorded.count(), p.recorded.quantile), recorded: p.recorded,
	}
	for side := range Sides {
		r.Sides = append(r.Sides, b.side(side))
	}
	r.Warnings = warnings(r, p.evicted)
	return r
}

func (b *observation) side(n int) Side {
	late := b.pairer.recorded.lateness(n)
	s := Side{Transport: b.options.Sides[n].Transport, Counts: b.pairer.counts[n], Sessions: len(b.sessions[n]), Errors: map[string]int64{}}
	s.FirstShare = ratio(s.First, s.Paired)
	s.Lateness = distribution(late.TotalCount(), func(q float64) time.Duration { return lateAt(late, q) })
	var t loadgen.Traffic
	for _, session := range b.sessions[n] {
		t = t.Plus(session.took)
		s.Missed += session.missed
		s.Reopened += session.reopened
		for kind, count := range session.errors {
			s.Errors[kind] += count
		}
	}
	s.Requests, s.EmptyResponses, s.Connections = t.Requests, t.Empty, t.Connections
	s.SentBytes, s.ReceivedBytes, s.HandshakeBytes = t.Sent, t.Received, t.Handshake
	s.MessagesPerResponse = ratio(s.Received, t.Responses-t.Empty)
	s.BytesPerMessage = ratio(t.Sent+t.Received-t.Handshake, s.Received)
	return s
}

// fewPairs is how many it takes for a p99 that more than one message decides.
const fewPairs = 299

// warnings are what a reader must know before quoting a number.
func warnings(r *Report, evicted int64) []string {
	all := []string{}
	warn := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	switch {
	case r.Pairs == 0:
		warn("no message came over both transports: perhaps the key %s is not what identifies one, or the topics were silent", r.Key)
	case r.Pairs < fewPairs:
		warn("%d pairs do not carry a p99 (it takes %d)", r.Pairs, fewPairs)
	}
	if evicted > 0 {
		warn("%d messages were forgotten before their partner could come, to bound memory: a shorter --wait needs less", evicted)
	}
	for _, s := range r.Sides {
		if s.Unkeyed > 0 {
			warn("%s: %d of %d messages have no key %s", s.Transport, s.Unkeyed, s.Received, r.Key)
		}
		if s.Duplicated > s.Received/20 {
			warn("%s: %d of %d messages repeat a key: it does not identify a message", s.Transport, s.Duplicated, s.Received)
		}
		if s.Reopened > 0 {
			warn("%s: sessions ended and were opened again %d times; what came meanwhile counts as late, or as lost", s.Transport, s.Reopened)
		}
	}
	return all
}
