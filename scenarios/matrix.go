package scenarios

import (
	"encoding/binary"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// Arm is one thing compared: a target over a transport, with the parameters a sweep gave it.
// It needs no knowledge of sweeps: Scenario already has the parameters' values, Params only names them.
type Arm struct {
	// Scenario is resolved for this arm. Arms that differ only in target or transport share it: do not modify it.
	Scenario  *Scenario
	Target    string // the server measured; empty for the reference server
	Transport Transport
	Params    map[string]string // the swept parameters by path, as Set reads them; nil without a sweep
}

// String is the arm's words in a fixed order, unique within a run: `default longpoll clients=100 rate=10/s`.
func (a Arm) String() string {
	words := []string{a.Scenario.Name}
	for _, w := range []string{a.Target, string(a.Transport), paramsText(a.Params)} {
		if w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}

// paramsText is `clients=100 rate=10/s`, in the order of the paths.
func paramsText(params map[string]string) string {
	words := make([]string, 0, len(params))
	for _, path := range slices.Sorted(maps.Keys(params)) {
		words = append(words, path+"="+params[path])
	}
	return strings.Join(words, " ")
}

// Arms lists the arms of a run of the scenario: every point of its sweep × target × transport, the last varying fastest.
// No targets means the reference server. The error is the Problems of a scenario that Validate rejects.
func (s *Scenario) Arms(targets ...string) ([]Arm, error) {
	resolved, err := s.Resolve()
	if err != nil {
		return nil, err
	}
	if len(targets) == 0 {
		targets = []string{""}
	}
	var arms []Arm
	for _, point := range resolved.points() {
		for _, target := range targets {
			for _, transport := range resolved.Transports {
				arms = append(arms, Arm{Scenario: point.scenario, Target: target, Transport: transport, Params: maps.Clone(point.params)})
			}
		}
	}
	return arms, nil
}

// point is one combination of a sweep's values, applied.
type point struct {
	scenario *Scenario
	params   map[string]string
}

// points enumerates the sweep, its last axis varying fastest. Without a sweep there is one point, the scenario itself.
// The axes must have passed axisFindings.
func (s *Scenario) points() []point {
	base := s.Clone()
	base.Sweep = nil
	points := []point{{scenario: base}}
	for _, axis := range s.Sweep {
		var wider []point
		for _, p := range points {
			for _, value := range axis.Values {
				wider = append(wider, p.with(axis.Parameter, value))
			}
		}
		points = wider
	}
	return points
}

func (p point) with(path, value string) point {
	next := point{p.scenario.Clone(), map[string]string{path: value}}
	maps.Copy(next.params, p.params)
	if err := next.scenario.Set(path, value); err != nil {
		panic("scenarios: a sweep was used before it was validated: " + err.Error())
	}
	return next
}

// Slot is one round of one arm in the order of a run.
type Slot struct {
	Round int // from 0
	Arm   int // index into the arms
}

// Order interleaves the rounds of the arms: every arm once in round 0, then every arm once in round 1, and so on, each
// round in a random order of its own. Drift of the machine then falls on all arms alike, and no arm always runs after the
// same other one. The order depends on the three arguments only, and more rounds only append.
func Order(arms, rounds int, seed uint64) []Slot {
	slots := make([]Slot, 0, max(0, arms*rounds))
	for round := range rounds {
		for _, arm := range roundSource(seed, round).Perm(arms) {
			slots = append(slots, Slot{round, arm})
		}
	}
	return slots
}

// roundSource is the randomness of one round. ChaCha8 is keyed with seed and round, so neighbouring seeds and rounds share nothing;
// the label keeps it apart from whatever else is drawn from the same seed.
func roundSource(seed uint64, round int) *rand.Rand {
	var key [32]byte
	copy(key[:], "order of rounds")
	binary.LittleEndian.PutUint64(key[16:], seed)
	binary.LittleEndian.PutUint64(key[24:], uint64(round))
	return rand.New(rand.NewChaCha8(key))
}
