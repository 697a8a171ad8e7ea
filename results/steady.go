package results

import "time"

// Steady is how long the round's steady phase took; 0 where the round does not say.
func (r Round) Steady() time.Duration {
	var sum time.Duration
	for _, p := range r.Phases {
		if p.Name == SteadyPhase {
			sum += p.End - p.Start
		}
	}
	return sum
}

// ClientHours is the steady time of so many clients: as their sockets were read, else as the round's phases say; 0 where it does not say.
func (r Round) ClientHours(clients int) float64 {
	if u := r.Upkeep; u != nil && u.ClientHours > 0 {
		return u.ClientHours
	}
	return r.Steady().Hours() * float64(clients)
}

// ClientHours is that of all rounds together; 0 where one does not say how long it took.
func (c *Cell) ClientHours() float64 {
	sum := 0.0
	for _, r := range c.Rounds {
		hours := r.ClientHours(c.Clients)
		if hours == 0 {
			return 0
		}
		sum += hours
	}
	return sum
}
