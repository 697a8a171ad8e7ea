package review

import (
	"fmt"
	"math"
	"strings"
	"time"

	"pushbench/report/format"
	"pushbench/report/model"
	"pushbench/results"
	"pushbench/results/stats"
)

// questions are the three that the tables leave open for somebody who must decide, answered for each scenario where its data can.
func questions(all []named) []Question {
	mains := mainPairs(all)
	return []Question{
		Question{
			Question: "Will users notice?",
			Missing:  "How much later a message may come before users mind: that is not a measurement of this program.",
		}.answered(mains, touched),
		Question{
			Question: "What would it cost at our size?",
			Missing: "A straight line is an estimate: where a server really is full shows only when the rate is swept until latency climbs (sweep: {rate: [...]}), since CPU per message falls where responses " +
				"are shared and rises where queues grow.",
		}.answered(mains, atScale),
		Question{
			Question: "Would another run say the same?",
			Missing:  "The same on your own machine and network: repeat the command there. Rounds of one run share a machine and an hour.",
		}.answered(mains, repeatable),
	}
}

// mainPairs are each scenario's first pairings by preference, of a sweep the first and the last.
func mainPairs(all []named) []named {
	var out []named
	byScenario := map[string][]named{}
	var order []string
	for _, p := range all {
		if !p.valid() {
			continue
		}
		if byScenario[p.scenario] == nil {
			order = append(order, p.scenario)
		}
		byScenario[p.scenario] = append(byScenario[p.scenario], p)
	}
	for _, name := range order {
		var best []named
		for _, p := range byScenario[name] {
			switch {
			case len(best) == 0 || preferred(p.pairing, best[0].pairing) < 0:
				best = []named{p}
			case preferred(p.pairing, best[0].pairing) == 0:
				best = append(best, p)
			}
		}
		out = append(out, best[0])
		if len(best) > 1 {
			out = append(out, best[len(best)-1])
		}
	}
	return out
}

func (q Question) answered(pairs []named, answer func(named) string) Question {
	for _, p := range pairs {
		if text := answer(p); text != "" {
			q.Answers = append(q.Answers, text)
		}
	}
	q.Answered = len(q.Answers) > 0
	return q
}

func (n named) head() string { return n.scenario + ", " + n.name() + ": " }

// hours of a working day, in which a person has a page open.
const workingDay = 8

// touched turns a percentile into messages a day.
func touched(p named) string {
	if p.disturbed() {
		return cameBack(p)
	}
	tail := p.compare(tailLatency)
	perDay := p.poll.ratePerClient() * 3600 * workingDay
	if !tail.Change.Known || perDay <= 0 {
		return ""
	}
	text := fmt.Sprintf("%sa client gets %s messages in a day of %d hours. The slowest hundredth, %s of them, came %s or more after they were due with polling, and %s over WebSocket",
		p.head(), format.Grouped(int64(math.Round(perDay))), workingDay, format.Sig(perDay/100), withUnit(tail.From, tail.Unit), withUnit(tail.To, tail.Unit))
	if tail.Verdict == Untold {
		text += ": a difference that this run does not tell from chance"
	}
	if p.modelled() {
		m := pollModel(p.poll)
		share := m.DelayedShare(p.poll.ratePerClient())
		text += fmt.Sprintf(". By the model %s %% fall between two polls and wait %s more on average; the others come as over WebSocket", format.Sig(100*share), format.Nanoseconds(float64(m.Gap())/2))
	}
	return text + "."
}

// cameBack is what users saw of an outage.
func cameBack(p named) string {
	median, tail, all := p.compare(backMedian), p.compare(backTail), p.compare(allBack)
	if !median.From.Known || !median.To.Known {
		return ""
	}
	text := fmt.Sprintf("%safter the cut half of the clients had a session and all they had missed again within %s with polling and %s over WebSocket, 99 in 100 within %s and %s",
		p.head(), withUnit(median.From, median.Unit), withUnit(median.To, median.Unit), withUnit(tail.From, tail.Unit), withUnit(tail.To, tail.Unit))
	if all.From.Known && all.To.Known {
		text += fmt.Sprintf(", the last after %s and %s", withUnit(all.From, all.Unit), withUnit(all.To, all.Unit))
	}
	return text + "."
}

// modelled says that the long-poll's model holds for the pairing.
func (p pairing) modelled() bool {
	return !p.disturbed() && isLongPoll(p.poll) && p.poll.work.Network.Delay > 0 && !p.poll.work.Pattern.ClientsSpeak() && p.poll.work.LongPoll.Batch
}

func withUnit(v Value, unit string) string { return v.Text + " " + unit }

// manyClients is the size for which costs are scaled: large enough for a review, round enough to scale on from.
const manyClients = 100_000

// atScale scales what a client costs in a straight line.
func atScale(p named) string {
	if p.disturbed() {
		return "" // a storm is no state to scale
	}
	var parts []string
	for _, of := range scaled {
		if c := p.compare(of); c.Change.Known {
			parts = append(parts, fmt.Sprintf("%s → %s%s %s (%s)", c.From.Text, c.To.Text, suffix(" ", c.Unit), of.name, saving(c, of.dim.common(c.From, c.To))))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("%s → WebSocket, %s such clients, in a straight line from this run's %s: %s.",
		strings.TrimSuffix(p.head(), ": "), format.Grouped(manyClients), format.Grouped(int64(p.poll.Cell.Clients)), strings.Join(parts, "; "))
}

// saving is the change of a scaled cost with its interval, which is scaled as the cost is.
func saving(c Comparison, u format.Unit) string {
	word, change := "adds ", c.Change
	if change.Number < 0 {
		word = "saves "
		change.Number, change.Low, change.High = -change.Number, -change.High, -change.Low
	}
	change = change.in(u)
	if !change.Interval {
		return word + change.Text + suffix(" ", c.Unit) + ", no interval"
	}
	return word + withTolerance(change, c.Basis, suffix(" ", c.Unit), u)
}

// scaled are what a server costs for so many clients.
var scaled = []quantity{
	{name: "cores busy", dim: plain, read: busyCores},
	serverMemory.scaled("of memory", octets, manyClients),
	hourlyBytes.scaled("Mbit/s at the sockets", plain, manyClients*bitsPerByte/secondsPerHour/1e6),
	hourlyBytes.scaled(fmt.Sprintf("in a month of %d h connected", hoursPerMonth), octets, manyClients*hoursPerMonth),
}

// scaled is the quantity n times, under another name.
func (q quantity) scaled(name string, d dimension, n float64) quantity {
	return quantity{name: name, dim: d, read: func(m *results.Measured, clientHours float64) Value { return q.read(m, clientHours).multiple(n) }}
}

const (
	bitsPerByte    = 8
	secondsPerHour = 3600.0
	hoursPerMonth  = 730
)

// busyCores is unknown where the CPU or the time it was measured over was not measured.
func busyCores(m *results.Measured, clientHours float64) Value {
	if m.Server == nil || m.Server.CPU == nil || clientHours <= 0 {
		return unknown()
	}
	return number(manyClients * time.Duration(*m.Server.CPU).Hours() / clientHours)
}

// multiple is n times of what is known.
func (v Value) multiple(n float64) Value {
	if !v.Known {
		return unknown()
	}
	return number(v.Number * n)
}

// repeatable is what rounds and intervals say, and how the run compares with its own theory.
func repeatable(p named) string {
	tail := p.compare(tailLatency)
	if !tail.Change.Known {
		return ""
	}
	text := fmt.Sprintf("%sp99 differed between %d rounds by %s with polling and %s over WebSocket", p.head(), len(p.poll.Cell.Rounds), spreadOf(p.poll), spreadOf(p.ws))
	switch {
	case tail.Basis == NoInterval:
		text += "; there is no interval, so that this run alone does not say"
	case tail.Verdict == Untold:
		text += "; the change's interval (" + string(tail.Basis) + ") holds zero: another run may say the opposite"
	default:
		text += "; the change's interval (" + string(tail.Basis) + ") excludes zero"
	}
	if v := predicted(p); v != "" {
		text += ". " + v
	}
	return text + "."
}

// predicted holds the measured p99 against the model's, which knows nothing of this run but its settings, and against what chance makes of that in so many
// messages: the order statistics at either side of the rank that a binomial count of the tail reaches in 95 % of runs.
func predicted(p named) string {
	latency := p.poll.Cell.Latency
	if !p.modelled() || latency == nil || latency.Independent <= 0 {
		return ""
	}
	const q, normal = 0.99, 1.96
	law := pollModel(p.poll).Latency(p.poll.ratePerClient())
	chance := normal * math.Sqrt(q*(1-q)/float64(latency.Independent))
	return fmt.Sprintf("Theory, which knows only the delay and the rate, gives long-polling p99 %s, and in %s messages by chance %s to %s; measured %s",
		at99th(law, q), format.Grouped(latency.Independent), at99th(law, q-chance), at99th(law, min(q+chance, 1)), format.Nanoseconds(float64(latency.P99)))
}

func at99th(d model.Distribution, q float64) string {
	return format.Nanoseconds(float64(d.Quantile(q)))
}

// spreadOf is (largest − smallest) ÷ median of the rounds' p99.
func spreadOf(c cell) string {
	var values []float64
	for i := range c.Cell.Rounds {
		if v := percentile("p99", 0.99)(&c.Cell.Rounds[i].Measured, 0); v.Known {
			values = append(values, v.Number)
		}
	}
	s := stats.NewSpread(values)
	if len(values) < 2 || s.Median <= 0 {
		return format.NA
	}
	return format.Sig(100*(s.Max-s.Min)/s.Median) + " %"
}
