package observe

import (
	"container/list"
	"time"
)

// Sides are the two that are compared.
const Sides = 2

// DefaultLimit is how many messages are remembered at once: about 40 MB.
const DefaultLimit = 200_000

// arrival is a message on one side.
type arrival struct {
	side, topic int
	key         digest
	// unkeyed is true for one without a key.
	unkeyed bool
	at      time.Time
}

// entry is a message that came on at least one side.
type entry struct {
	identity
	came  [Sides]bool
	at    [Sides]time.Time
	order [Sides]int64 // among the arrivals of that side
	first time.Time
}

// identity is what two arrivals must share.
type identity struct {
	topic int
	key   digest
}

// Counts are what became of the messages of one side.
type Counts struct {
	Received   int64 `json:"received"`
	Unkeyed    int64 `json:"unkeyed"`
	Duplicated int64 `json:"duplicated"`
	// Before came before the two streams met, After when counting had ended.
	Before int64 `json:"before"`
	After  int64 `json:"after"`
	Paired int64 `json:"paired"`
	// First is how many of the paired came on this side first; of two at the same instant neither did.
	First int64 `json:"first"`
	// Only came on this side and within the wait not on the other; Undecided had not been waited for long enough.
	Only      int64 `json:"only"`
	Undecided int64 `json:"undecided"`
}

// pairer pairs arrivals. It reads no clock; one goroutine uses it.
type pairer struct {
	wait  time.Duration
	limit int
	// counts and recorded are the results.
	counts   [Sides]Counts
	recorded recorder

	entries map[identity]*list.Element
	// byAge has the entries, the oldest first.
	byAge *list.List
	// met says of each topic whether its two streams have met, halves how many of its messages came on one side only so far.
	met     map[int]bool
	halves  map[int]int
	arrived [Sides]int64
	ending  bool
	// evicted counts entries that made room for others before their time.
	evicted int64
}

func newPairer(wait time.Duration, limit int) *pairer {
	return &pairer{wait: wait, limit: limit, recorded: newRecorder(), entries: map[identity]*list.Element{}, byAge: list.New(), met: map[int]bool{}, halves: map[int]int{}}
}

// arrive takes an arrival. Its instants must not go back on one side.
func (p *pairer) arrive(a arrival) {
	p.expire(a.at)
	c := &p.counts[a.side]
	c.Received++
	p.arrived[a.side]++
	id := identity{a.topic, a.key}
	element := p.entries[id]
	switch {
	case element == nil && p.ending:
		c.After++
	case element == nil:
		p.begin(id, a)
	case element.Value.(*entry).came[a.side]:
		c.Duplicated++
	default:
		p.pair(element.Value.(*entry), a)
	}
}

// unkeyed takes a message without a key.
func (p *pairer) unkeyed(side int) {
	p.counts[side].Received++
	p.counts[side].Unkeyed++
}

// begin remembers a message that came on one side.
func (p *pairer) begin(id identity, a arrival) {
	e := &entry{identity: id, first: a.at}
	e.note(a, p.arrived[a.side])
	p.entries[id] = p.byAge.PushBack(e)
	p.halves[a.topic]++
	if p.byAge.Len() > p.limit {
		p.evicted++
		p.remove(p.byAge.Front(), true)
	}
}

func (e *entry) note(a arrival, order int64) {
	e.came[a.side], e.at[a.side], e.order[a.side] = true, a.at, order
}

// pair takes the second arrival of a message.
func (p *pairer) pair(e *entry, a arrival) {
	e.note(a, p.arrived[a.side])
	p.halves[a.topic]--
	if !p.met[a.topic] {
		p.met[a.topic] = true
		p.forget(e)
	}
	difference := e.at[1].Sub(e.at[0])
	for side := range Sides {
		p.counts[side].Paired++
	}
	switch {
	case difference > 0:
		p.counts[0].First++
	case difference < 0:
		p.counts[1].First++
	}
	p.recorded.record(difference)
}

// forget drops what came in a topic before its streams met at e. Until then none of it is half of anything.
func (p *pairer) forget(e *entry) {
	for element := p.byAge.Front(); element != nil; {
		next := element.Next()
		if other := element.Value.(*entry); other.topic == e.topic && other != e {
			p.forgetBefore(element, e)
		}
		element = next
	}
}

// forgetBefore drops an entry that came on its side before e did.
func (p *pairer) forgetBefore(element *list.Element, e *entry) {
	other := element.Value.(*entry)
	for side := range Sides {
		if other.came[side] && other.order[side] < e.order[side] {
			p.counts[side].Before++
			p.drop(element)
			return
		}
	}
}

func (p *pairer) drop(element *list.Element) {
	e := element.Value.(*entry)
	if e.came[0] != e.came[1] {
		p.halves[e.topic]--
	}
	delete(p.entries, e.identity)
	p.byAge.Remove(element)
}

// expire decides what has been waited for long enough.
func (p *pairer) expire(now time.Time) {
	for e := p.byAge.Front(); e != nil && now.Sub(e.Value.(*entry).first) > p.wait; e = p.byAge.Front() {
		p.remove(e, false)
	}
}

// remove takes an entry out and counts it, if it is half of a pair.
func (p *pairer) remove(element *list.Element, early bool) {
	e := element.Value.(*entry)
	p.drop(element)
	if e.came[0] && e.came[1] {
		return
	}
	for side := range Sides {
		c := &p.counts[side]
		switch {
		case !e.came[side]:
		case !p.met[e.topic]:
			c.Before++
		case early:
			c.Undecided++
		default:
			c.Only++
		}
	}
}

// end says that no new message counts from now on.
func (p *pairer) end() { p.ending = true }

// pending is how many messages still await their partner, in topics whose streams have met.
func (p *pairer) pending() int {
	n := 0
	for topic := range p.met {
		n += p.halves[topic]
	}
	return n
}

// finish decides what is left.
func (p *pairer) finish(now time.Time) {
	p.expire(now)
	for e := p.byAge.Front(); e != nil; e = p.byAge.Front() {
		p.remove(e, true)
	}
}
