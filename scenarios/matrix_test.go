package scenarios

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParseAxis(t *testing.T) {
	for _, c := range []struct{ path, spec, want string }{
		{"rate", "10..1000:x2", "10/s 20/s 40/s 80/s 160/s 320/s 640/s"},
		{"rate", "10..1000/s:x10", "10/s 100/s 1000/s"},
		{"rate", "1/min..2/min:+1/min", "1/min 2/min"},
		{"rate", "0.1..0.5:+0.1", "0.1/s 0.2/s 0.3/s 0.4/s 0.5/s"},
		{"clients", "100,1000", "100 1000"},
		{"clients", "1k..10k:x10", "1000 10000"},
		{"clients", "100..400:x1.5", "100 150 225 338"},
		{"clients", "5..5:x2", "5"},
		{"payload", "1..16KiB:x4", "1KiB 4KiB 16KiB"},
		{"network.delay", "0..100ms:+25ms", "0s 25ms 50ms 75ms 100ms"},
		{"network.delay", "0ms..50ms:+25", "0s 25ms 50ms"},
		{"longpoll.batch", "true,false", "true false"},
		{"headers", "browser,none", "browser none"},
		{"network.bandwidth", "1..100MB/s:x10", "1MB/s 10MB/s 100MB/s"},
	} {
		axis, err := ParseAxis(c.path, c.spec)
		if got := strings.Join(axis.Values, " "); err != nil || got != c.want {
			t.Errorf("%s %s: got %s, %v; want %s", c.path, c.spec, got, err, c.want)
		}
	}
}

func TestParseAxisRefuses(t *testing.T) {
	for _, c := range [][2]string{
		{"rate", ""},
		{"rate", "1..2"},
		{"rate", "1..2:2"},
		{"rate", "1..2:x1"},
		{"rate", "1..2:x0.5"},
		{"rate", "1..2:xNaN"},
		{"rate", "2..1:x2"},
		{"rate", "0..1:x2"},
		{"rate", "1..2:+0"},
		{"rate", "1..9999:+1"},
		{"rate", "..:x2"},
		{"rate", "1/s,1/s"},
		{"rate", "1..2:xInf"},
		{"rate", "abc"},
		{"longpoll.batch", "true..false:x2"},
		{"pattern", "chat"},
		{"name", "a,b"},
		{"rounds", "1,2"},
		{"transports", "websocket"},
		{"nonsense", "1"},
	} {
		if axis, err := ParseAxis(c[0], c[1]); err == nil {
			t.Errorf("%s %q: got %v; want an error", c[0], c[1], axis.Values)
		}
	}
}

// FuzzParseAxis checks that an accepted axis is settled: written as a list it is the same axis, and Set takes its values.
func FuzzParseAxis(f *testing.F) {
	f.Add("rate", "10..1000:x2")
	f.Add("network.delay", "0..100ms:+25ms")
	f.Add("clients", "1,2,3")
	f.Fuzz(func(t *testing.T, path, spec string) {
		axis, err := ParseAxis(path, spec)
		if err != nil {
			return
		}
		if err := axis.validate(); err != nil {
			t.Errorf("%v: %v", axis, err)
		}
		for _, v := range axis.Values {
			var s Scenario
			if err := s.Set(path, v); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestArms(t *testing.T) {
	s, err := Decode("x.yaml", []byte(head+"rate_per_client: 1/s\ntransports: [websocket, longpoll]\nsweep: {clients: [10, 20], payload: [64B, 128B]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	arms, err := s.Arms("a", "b")
	if err != nil || len(arms) != 16 {
		t.Fatalf("got %d arms, %v", len(arms), err)
	}
	names := map[string]bool{}
	for _, a := range arms {
		names[a.String()] = true
		if a.Scenario.Rate != Rate(a.Scenario.Clients) || a.Scenario.Sweep != nil || len(a.Scenario.Validate()) > 0 {
			t.Errorf("%s has the scenario %+v", a, a.Scenario)
		}
	}
	if len(names) != 16 {
		t.Errorf("the names are not unique: %v", names)
	}
	first, last := "x a websocket clients=10 payload=64B", "x b longpoll clients=20 payload=128B"
	if arms[0].String() != first || arms[15].String() != last || arms[15].Scenario.Payload != 128 {
		t.Errorf("got %s … %s", arms[0], arms[15])
	}
	s.Clients = 0
	if _, err := s.Arms(); err == nil {
		t.Error("a scenario without clients has arms")
	}
}

func TestArmsWithoutSweep(t *testing.T) {
	arms, err := List()[0].Arms()
	if err != nil || len(arms) != 4 || arms[0].Params != nil || arms[3].Transport != ShortPoll || arms[0].Target != "" {
		t.Errorf("got %v, %v", arms, err)
	}
}

func TestOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		arms, rounds := rapid.IntRange(0, 12).Draw(t, "arms"), rapid.IntRange(0, 12).Draw(t, "rounds")
		seed := rapid.Uint64().Draw(t, "seed")
		slots := Order(arms, rounds, seed)
		if len(slots) != arms*rounds || !cmp.Equal(slots, Order(arms, rounds, seed)) {
			t.Fatal("not a pure function")
		}
		if longer := Order(arms, rounds+1, seed); !slices.Equal(slots, longer[:len(slots)]) {
			t.Fatal("one more round changed the order of those before")
		}
		for round := range rounds {
			seen := map[int]bool{}
			for _, slot := range slots[round*arms : (round+1)*arms] {
				seen[slot.Arm] = slot.Round == round
			}
			for arm := range arms {
				if !seen[arm] {
					t.Fatalf("round %d lacks arm %d: %v", round, arm, slots)
				}
			}
		}
	})
}

// TestOrderIsFair counts each of the 24 orders of 4 arms over many rounds: every one must come up about equally often,
// and one round must not tell of the next.
func TestOrderIsFair(t *testing.T) {
	const rounds = 24_000
	counts, repeats := map[[4]int]int{}, 0
	slots := Order(4, rounds, 1)
	var before [4]int
	for r := range rounds {
		var order [4]int
		for i := range order {
			order[i] = slots[r*4+i].Arm
		}
		counts[order]++
		if r > 0 && order == before {
			repeats++
		}
		before = order
	}
	chi := 0.0
	for _, n := range counts {
		chi += (float64(n) - 1000) * (float64(n) - 1000) / 1000
	}
	if len(counts) != 24 || chi > 49.7 { // the 0.1 % point of χ² with 23 degrees of freedom
		t.Errorf("%d orders, χ² %.1f", len(counts), chi)
	}
	if math.Abs(float64(repeats)-1000) > 4*math.Sqrt(1000) {
		t.Errorf("an order repeats %d times; want about 1000", repeats)
	}
}
