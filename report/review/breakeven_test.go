package review

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pushbench/report/format"
	"pushbench/report/internal/sample"
	"pushbench/scenarios"
)

func mapped(t *testing.T, delay time.Duration) *BreakEven {
	t.Helper()
	run, h := made(t, 100, sample.Default...)
	run.Scenarios[0].Network.Delay = delay
	run.Scenarios[0].Rate = 1
	run.Scenarios[0].LongPoll.Hold = 0 // for ever: the closed forms hold
	for i := range run.Cells {
		run.Cells[i].Wire.SteadyRequests = run.Cells[i].Wire.SteadyMessages
	}
	run.Cells[0].Wire.SteadyRequests = 0
	m := reviewed(t, run, h).Sections[0].BreakEven
	if m == nil {
		t.Fatal("no map")
	}
	return m
}

// TestMapAgreesWithTheTheory: one message a second at 50 ms each way has p99 140.0 ms by theory, 2.8 times a WebSocket's.
func TestMapAgreesWithTheTheory(t *testing.T) {
	m := mapped(t, 50*time.Millisecond)
	for _, d := range m.Dots {
		if d.Arm.Transport != scenarios.LongPoll {
			continue
		}
		if d.Rate != 60 || d.RTT != 100 || !d.This || d.Loopback {
			t.Errorf("dot at %v/min, %v ms, this %v", d.Rate, d.RTT, d.This)
		}
		if got := d.Modelled["p99"]; math.Abs(got-2.8) > 0.005 {
			t.Errorf("p99 ratio %v, want 2.8", got)
		}
	}
}

// TestContourOfHalving: p99 = d + τ(1 − 0.01/p_w) is 2d for τ = 2d where p_w = 0.02, that is a = λτ ≈ 0.02 ÷ (1 + 0.02).
func TestContourOfHalving(t *testing.T) {
	m := mapped(t, 0)
	for _, c := range m.Surfaces[0].Contours {
		if c.Ratio != halved {
			continue
		}
		if len(c.Points) < len(m.RTTs)-2 {
			t.Errorf("%d points for %d round trips", len(c.Points), len(m.RTTs))
		}
		for _, p := range c.Points {
			a := p.Rate / 60 * p.RTT / 1000
			if share := a / (a + math.Exp(-a)); math.Abs(share-0.02) > 0.0005 {
				t.Errorf("at %v ms the contour lies at %v/min, where %v of messages wait, want 0.02", p.RTT, p.Rate, share)
			}
		}
		return
	}
	t.Fatal("no contour of 2×")
}

func TestMapHoldsItsDots(t *testing.T) {
	run, h := made(t, 100, sample.Default...)
	run.Scenarios[0].Network.Delay = 2 * time.Second
	run.Scenarios[0].Rate = 1000
	m := reviewed(t, run, h).Sections[0].BreakEven
	for _, d := range m.Dots {
		if d.Rate > m.Rates[len(m.Rates)-1]*1.000001 || d.RTT > m.RTTs[len(m.RTTs)-1]*1.000001 {
			t.Errorf("%s lies off the map", d.Label)
		}
	}
}

func TestNoMapWithoutAModel(t *testing.T) {
	for name, spoil := range map[string]func(*scenarios.Scenario){
		"echo":      func(s *scenarios.Scenario) { s.Pattern = scenarios.Echo },
		"unbatched": func(s *scenarios.Scenario) { s.LongPoll.Batch = false },
	} {
		run, h := made(t, 100, sample.Default...)
		spoil(&run.Scenarios[0])
		if reviewed(t, run, h).Sections[0].BreakEven != nil {
			t.Errorf("%s: a map without a model", name)
		}
	}
}

func TestLoopbackIsSaid(t *testing.T) {
	for _, d := range mapped(t, 0).Dots {
		if !d.Loopback || len(d.Modelled) != 0 {
			t.Errorf("%s on loopback has a modelled value: %v", d.Label, d.Modelled)
		}
	}
}

// TestRegionsAreTheSurface looks a point up in the regions and in the model: wherever it is, one region holds it, of the band that the ratio lies in.
func TestRegionsAreTheSurface(t *testing.T) {
	run, h := made(t, 100, sample.Default...)
	run.Scenarios[0].Network.Delay = 20 * time.Millisecond
	m := reviewed(t, run, h).Sections[0].BreakEven
	base := pollModel(newCell(run.Scenarios[0], format.Groups(run)[0].Arms[1]))
	r := rand.New(rand.NewPCG(1, 2))
	for i, s := range surfaces(pairings(format.Groups(run)[0])[0]) {
		astray := 0
		const points = 2000
		for range points {
			rate := m.Rates[0] * math.Pow(m.Rates[len(m.Rates)-1]/m.Rates[0], r.Float64())
			rtt := m.RTTs[0] * math.Pow(m.RTTs[len(m.RTTs)-1]/m.RTTs[0], r.Float64())
			holding := 0
			for _, g := range m.Surfaces[i].Regions {
				if !g.holds(rate, rtt) {
					continue
				}
				holding++
				if g.Band != BandOf(s.ratio(at(base, rtt), rate/60)) {
					astray++
				}
			}
			if holding != 1 {
				t.Fatalf("%s: %d regions hold %v/min at %v ms", s.name, holding, rate, rtt)
			}
		}
		if astray > points/100 {
			t.Errorf("%s: %d of %d points lie in a region of another band", s.name, astray, points)
		}
	}
}

// holds says whether a point lies in the quadrilateral, whose sides are straight on logarithmic scales.
func (g Region) holds(rate, rtt float64) bool {
	share := math.Log(rtt/g.Low) / math.Log(g.High/g.Low)
	side := func(low, high float64) float64 { return low * math.Pow(high/low, share) }
	return share >= 0 && share < 1 && rate >= side(g.LowFrom, g.HighFrom) && rate < side(g.LowTo, g.HighTo)
}
