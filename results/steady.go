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

// ClientHours is the steady time of all the cell's clients and rounds together; 0 where a round does not say how long it took.
func (c *Cell) ClientHours() float64 {
	var sum time.Duration
	for _, r := range c.Rounds {
		steady := r.Steady()
		if steady == 0 {
			return 0
		}
		sum += steady
	}
	return sum.Hours() * float64(c.Clients)
}
