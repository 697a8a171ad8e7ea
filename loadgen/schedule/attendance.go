package schedule

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Absence is a while in which a client is away because the plan has it so. Instants count like [Event].Due.
type Absence struct {
	Client int
	// From below 0 is from before the first connection on; To of [ForGood] is until the round is over.
	From, To time.Duration
}

// ForGood is the end of an absence that does not end within the round.
const ForGood = time.Duration(math.MaxInt64)

const streamAttendance = 0x617474656e64

// Churn is a plan by which clients leave and come: Share of all leave each second, evenly spaced, and each is Away for so long. The clients take turns in a
// shuffled order that the seed decides, so every one leaves once in 1/Share seconds, and all arms of a round have the same leave at the same instants.
type Churn struct {
	Seed    uint64
	Clients int
	Share   float64
	Away    time.Duration
}

// Absences are those that begin between 0 and end, in order of From.
func (c Churn) Absences(end time.Duration) []Absence {
	perSecond := c.Share * float64(c.Clients)
	n := int(math.Round(perSecond * end.Seconds()))
	turn := rand.New(rand.NewPCG(c.Seed, streamAttendance)).Perm(c.Clients)
	all := make([]Absence, n)
	for i := range all {
		from := time.Duration(math.Round((float64(i) + .5) / perSecond * float64(time.Second)))
		all[i] = Absence{turn[i%len(turn)], from, from + c.Away}
	}
	return all
}

// Attendance lists the absences of clients of which a changing number shall be there: client i is away while levels says that no more than i are wanted.
// Those that come last leave first.
func Attendance(clients int, levels []Level) []Absence {
	var all []Absence
	for client := range clients {
		away, from := levels[0].Clients <= float64(client), time.Duration(-1)
		for i := 1; i < len(levels); i++ {
			at, wanted := crossing(levels[i-1], levels[i], float64(client))
			if wanted == !away {
				continue
			}
			if away {
				all = append(all, Absence{client, from, at})
			}
			away, from = !away, at
		}
		if away {
			all = append(all, Absence{client, from, ForGood})
		}
	}
	slices.SortStableFunc(all, func(a, b Absence) int { return cmp.Compare(a.From, b.From) })
	return all
}

// Level is how many clients are wanted at an instant; between two, the number goes evenly from one to the other.
type Level struct {
	At      time.Duration
	Clients float64
}

// crossing is whether a client is wanted at b, and when on the way from a that began or ended.
func crossing(a, b Level, client float64) (at time.Duration, wanted bool) {
	wanted = b.Clients > client
	if a.Clients == b.Clients {
		return b.At, wanted
	}
	// In the middle of the step from client to client+1, so that the mean number is the one asked for.
	part := (client + .5 - a.Clients) / (b.Clients - a.Clients)
	return a.At + time.Duration(min(1, max(0, part))*float64(b.At-a.At)), wanted
}
