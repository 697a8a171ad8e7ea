package loadgen

import (
	"encoding/json"
	"errors"
	"testing"

	"pushbench/scenarios"
)

// sampled is a plan that sends real messages.
func sampled(t *testing.T, pattern scenarios.Pattern) Plan {
	t.Helper()
	samples, err := scenarios.ParseSamples("x", []byte(`{"n":1,"text":"a short one"}
{"n":2,"text":"and one that is long enough to hold a stamp of forty-eight bytes and more","more":[1,2]}
{"n":3,"text":""}`), "text")
	if err != nil {
		t.Fatal(err)
	}
	plan := testPlan(pattern, scenarios.WebSocket)
	plan.Scenario.Payload, plan.Scenario.PayloadFile, plan.Scenario.PayloadField = 0, "x", "text"
	plan.Samples = samples
	return plan
}

// What is sent is one of the samples with the stamp in its field, each equally often, and the size is that of what is sent.
func TestRealMessages(t *testing.T) {
	plan := sampled(t, scenarios.Direct)
	r, err := newRound(plan, nil, Parent{})
	if err != nil {
		t.Fatal(err)
	}
	sent := map[int]int{}
	for i, e := range r.schedule.Events {
		b := r.payload([]byte("kept"), uint32(i))[4:]
		s, err := FindStamp(b)
		if want := (Stamp{r.tag, e.Flow, e.Seq, e.Due}); err != nil || s != want || len(b) != int(e.Size) {
			t.Fatalf("event %d: %d bytes with %+v, %v; want %d with %+v", i, len(b), s, err, e.Size, want)
		}
		var message struct {
			N    int    `json:"n"`
			Text string `json:"text"`
		}
		if err := json.Unmarshal(b, &message); err != nil || message.Text[:4] != "pb1." {
			t.Fatalf("event %d: %v in %s", i, err, b)
		}
		sent[message.N]++
	}
	for n := 1; n <= 3; n++ {
		if sent[n] < (testWarmup+testSteady)/3-1 || sent[n] > (testWarmup+testSteady)/3+2 {
			t.Errorf("message %d was sent %d times of %d", n, sent[n], testWarmup+testSteady)
		}
	}
}

// Books are exact whatever the messages' sizes are.
func TestBooksOfUnequalMessages(t *testing.T) {
	mixed := testPlan(scenarios.Duplex, scenarios.LongPoll)
	mixed.Scenario.Payload, mixed.Scenario.PayloadMix = 0, []scenarios.SizeShare{{Size: 60, Share: .5}, {Size: 5000, Share: .3}, {Size: 1 << 20, Share: .2}}
	for name, plan := range map[string]Plan{"samples": sampled(t, scenarios.Duplex), "mixture": mixed} {
		t.Run(name, func(t *testing.T) {
			m := measure(t, plan, &fakeServer{Shared: true})
			s, err := plan.schedule()
			if err != nil {
				t.Fatal(err)
			}
			var payload int64
			for _, e := range s.Events[s.Steady:] {
				payload += int64(e.Size)
			}
			if w, d := m.Round.Wire, m.Round.Delivery; w.PayloadBytes != payload || d.Delivered != testSteady || m.Round.Uplink.Delivery.Delivered != testSteady {
				t.Errorf("payload %d, want %d; deliveries %+v", w.PayloadBytes, payload, d)
			}
			if m.err != nil || len(m.codes()) > 0 {
				t.Errorf("error %v, warnings %v", m.err, m.Round.Warnings)
			}
		})
	}
}

func TestMessagesThatAreNotThere(t *testing.T) {
	plan := sampled(t, scenarios.Direct)
	plan.Samples = nil
	if _, err := Round(t.Context(), plan, &fakeServer{}, nil); !errors.Is(err, errNoSamples) {
		t.Errorf("error %v, want %v", err, errNoSamples)
	}
}

func BenchmarkLargePayload(b *testing.B) {
	s := Stamp{Run: 1}
	buffer := make([]byte, 0, 1<<20)
	b.SetBytes(1 << 20)
	for b.Loop() {
		buffer = s.Filled(buffer[:0], 1<<20, scenarios.Letters)
	}
}
