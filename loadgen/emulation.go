package loadgen

import "time"

// Lateness is how late an emulated network moved bytes, against the instants they were due.
type Lateness struct{ P50, P99, Max time.Duration }

// Emulator is a Target whose clients are behind an emulated network. ok is false if it emulates none.
type Emulator interface {
	Lateness() (late Lateness, ok bool)
}

// emulation enters the emulated network's own error in the generator's figures.
func (r *round) emulation() (p50, p99, most *int64) {
	target, ok := r.target.(Emulator)
	if !ok {
		return nil, nil, nil
	}
	late, ok := target.Lateness()
	if !ok {
		return nil, nil, nil
	}
	return new(int64(late.P50)), new(int64(late.P99)), new(int64(late.Max))
}
