package record

import (
	"maps"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"pgregory.net/rapid"

	"pushbench/loadgen/schedule"
	"pushbench/results"
)

// model is the plain way to do a collector's work: remember every sample, and put each second's into one histogram when all is over.
type model struct {
	samples    map[results.Metric]map[int64][]int64
	unrecorded int64
}

func (m *model) add(metric results.Metric, due time.Duration, value int64) {
	if value < 0 || value > results.HistogramMax {
		m.unrecorded++
		return
	}
	if m.samples[metric] == nil {
		m.samples[metric] = map[int64][]int64{}
	}
	sec := int64(due / time.Second)
	m.samples[metric][sec] = append(m.samples[metric][sec], value)
}

// check holds a round's histograms against the model's.
func (m *model) check(t *rapid.T, got results.Histograms, unrecorded int64) {
	if unrecorded != m.unrecorded {
		t.Errorf("%d samples unrecorded, want %d", unrecorded, m.unrecorded)
	}
	for _, metric := range results.Metrics {
		seen := map[int64]*hdrhistogram.Histogram{}
		for _, slice := range got[metric] {
			h, err := slice.Decode()
			if err != nil {
				t.Fatal(err)
			}
			if slice.End-slice.Start != results.SliceWidth || seen[second(slice.Start)] != nil {
				t.Errorf("%s: slice from %v to %v is misplaced or comes twice", metric, slice.Start, slice.End)
			}
			seen[second(slice.Start)] = h
		}
		if len(seen) != len(m.samples[metric]) {
			t.Errorf("%s: %d slices, want %d", metric, len(seen), len(m.samples[metric]))
		}
		for sec, values := range m.samples[metric] {
			want := results.NewHistogram()
			for _, v := range values {
				if err := want.RecordValue(v); err != nil {
					t.Fatal(err)
				}
			}
			if h := seen[sec]; h == nil || !h.Equals(want) {
				t.Errorf("%s of second %d: not the histogram of %v", metric, sec, values)
			}
		}
	}
}

// script is what happens to a collector in one drawn round.
type script struct {
	schedule   *schedule.Schedule
	receivers  int
	costs      bool
	lag, delay []time.Duration // −1: not released, not sent
	cost       []int64         // −1: never known
	costFirst  []bool          // known before the deliveries of the event
	deliveries []Delivery
	collect    []bool // after that delivery
}

func drawScript(t *rapid.T) script {
	spec := schedule.Spec{
		Seed: rapid.Uint64().Draw(t, "seed"), Flows: 1, Rate: rapid.Float64Range(1, 4).Draw(t, "rate"), Arrivals: "poisson",
		Warmup: time.Duration(rapid.IntRange(0, 2).Draw(t, "warmup")) * time.Second, Duration: 6 * time.Second, Size: 48,
	}
	s := script{receivers: rapid.IntRange(1, 3).Draw(t, "receivers"), costs: rapid.Bool().Draw(t, "costs")}
	var err error
	if s.schedule, err = schedule.New(spec); err != nil {
		t.Fatal(err)
	}
	short := rapid.Map(rapid.Int64Range(-1, 5e6), func(n int64) time.Duration { return time.Duration(n) })
	for i := range s.schedule.Events {
		s.lag = append(s.lag, short.Draw(t, "lag"))
		s.delay = append(s.delay, short.Draw(t, "delay"))
		s.cost = append(s.cost, rapid.Int64Range(-1, 500).Draw(t, "cost"))
		s.costFirst = append(s.costFirst, rapid.Bool().Draw(t, "cost first"))
		if s.lag[i] < 0 {
			s.delay[i] = -1
		}
		if s.delay[i] >= 0 {
			s.drawDeliveries(t, uint32(i))
		}
	}
	return s
}

// drawDeliveries draws when an event reaches its receivers: soon, seconds later, out of range, or at a time that cannot be.
func (s *script) drawDeliveries(t *rapid.T, event uint32) {
	due := s.schedule.Events[event].Due
	for range rapid.IntRange(0, s.receivers).Draw(t, "delivered") {
		latency := rapid.OneOf(
			rapid.Int64Range(0, 5e6), rapid.Int64Range(0, 5e9), rapid.Just(results.HistogramMax*2), rapid.Just(-int64(due)-1),
		).Draw(t, "latency")
		at := rapid.IntRange(0, len(s.deliveries)).Draw(t, "place")
		d := Delivery{
			Event: event, Overhead: rapid.Uint32Range(0, 2000).Draw(t, "overhead"), Received: due + time.Duration(latency), Own: rapid.Bool().Draw(t, "own"),
		}
		s.deliveries = append(s.deliveries, d)
		s.deliveries[at], s.deliveries[len(s.deliveries)-1] = d, s.deliveries[at]
		s.collect = append(s.collect, rapid.Bool().Draw(t, "collect"))
	}
}

// play does to a collector what the script says.
func (s *script) play(c *Collector) {
	for i, e := range s.schedule.Events {
		if s.lag[i] >= 0 {
			c.Released(uint32(i), e.Due+s.lag[i])
		}
		if s.delay[i] >= 0 {
			c.Sent(uint32(i), e.Due+s.lag[i]+s.delay[i])
		}
		if s.costs && s.costFirst[i] && s.cost[i] >= 0 {
			c.SendCost(uint32(i), s.cost[i])
		}
	}
	for n, d := range s.deliveries {
		c.Shard(n).Add(d)
		if s.collect[n] {
			for range patience + 1 { // so that seconds close
				c.Collect()
			}
		}
	}
	for i := range s.schedule.Events {
		if s.costs && !s.costFirst[i] && s.cost[i] >= 0 {
			c.SendCost(uint32(i), s.cost[i])
		}
	}
}

// expect is what the plain model makes of the script.
func (s *script) expect() (*model, Counts) {
	m := &model{samples: map[results.Metric]map[int64][]int64{}}
	var counts Counts
	for i, e := range s.schedule.Events {
		if i < s.schedule.Steady {
			continue
		}
		if s.lag[i] >= 0 {
			m.add(results.Lag, e.Due, int64(s.lag[i]))
			if e.Due+s.lag[i] < s.schedule.End() {
				counts.ReleasedInTime++
			}
		}
		if s.delay[i] >= 0 {
			m.add(results.SendDelay, e.Due, int64(s.delay[i]))
			counts.Sent++
		}
	}
	first, last := map[uint32]time.Duration{}, map[uint32]time.Duration{}
	for _, d := range s.deliveries {
		s.expectDelivery(m, d)
		if f, ok := first[d.Event]; !ok || d.Received < f {
			first[d.Event] = d.Received
		}
		last[d.Event] = max(last[d.Event], d.Received)
	}
	for event := range maps.Keys(first) {
		if s.receivers == 1 || int(event) < s.schedule.Steady {
			continue
		}
		due := s.schedule.Events[event].Due
		m.add(results.First, due, int64(first[event]-due))
		m.add(results.Last, due, int64(last[event]-due))
		m.add(results.Skew, due, int64(last[event]-first[event]))
	}
	return m, counts
}

func (s *script) expectDelivery(m *model, d Delivery) {
	due := s.schedule.Events[d.Event].Due
	if int(d.Event) < s.schedule.Steady {
		m.add(results.WarmupLatency, due, int64(d.Received-due))
		return
	}
	m.add(results.Latency, due, int64(d.Received-due))
	m.add(results.Service, due, int64(d.Received-due-s.lag[d.Event]-s.delay[d.Event]))
	overhead := int64(d.Overhead)
	if s.costs && d.Own {
		overhead += max(0, s.cost[d.Event])
	}
	m.add(results.Overhead, due, overhead)
}

// However the deliveries are spread over shards, seconds and collections, the histograms are those of all samples recorded at once.
func TestCollectorAgainstAPlainModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScript(t)
		c := NewCollector(Spec{Schedule: s.schedule, Shards: 3, Receivers: s.receivers, SendCosts: s.costs})
		s.play(c)
		got, counts, unrecorded, err := c.Finish()
		if err != nil {
			t.Fatal(err)
		}
		want, wantCounts := s.expect()
		want.check(t, got, unrecorded)
		if counts != wantCounts {
			t.Errorf("counted %+v, want %+v", counts, wantCounts)
		}
		if c.Delivered() != int64(len(s.deliveries)) {
			t.Errorf("%d delivered, want %d", c.Delivered(), len(s.deliveries))
		}
	})
}
