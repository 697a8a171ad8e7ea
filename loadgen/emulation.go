package loadgen

import "time"

// Lateness is how late an emulated network moved bytes, against the instants they were due.
type Lateness struct{ P50, P99, Max time.Duration }

// Emulator is a Target whose clients are behind an emulated network.
type Emulator interface {
	// Lateness is that since the last reset. ok is false if nothing is emulated.
	Lateness() (late Lateness, ok bool)
	ResetLateness()
}

// resetEmulation begins the account of the emulated network's lateness: connecting thousands at once is no measure of the steady phase.
func (r *round) resetEmulation() {
	if target, ok := r.target.(Emulator); ok {
		target.ResetLateness()
	}
}

// readEmulation notes how late the emulated network was since the reset.
func (r *round) readEmulation() {
	if target, ok := r.target.(Emulator); ok {
		if late, ok := target.Lateness(); ok {
			r.late = &late
		}
	}
}
