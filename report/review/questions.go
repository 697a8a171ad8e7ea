package review

import (
	"fmt"
	"math"

	"pushbench/report/format"
	"pushbench/report/model"
	"pushbench/results/stats"
)

// questions are the three that the tables leave open for somebody who must decide, answered for each scenario where its data can.
func questions(all []named) []Question {
	mains := mainPairs(all)
	return []Question{
		Question{
			Question: "How many of a user's messages does it touch, and by how much?",
			Missing:  "How much later a message may come before users mind: that is not a measurement of this program.",
		}.answered(mains, touched),
		Question{
			Question: "How far does this server carry each transport before it is full?",
			Missing:  "The rate at which it really is full: sweep the rate until latency climbs (sweep: {rate: [...]}). CPU per message falls where responses are shared and rises where queues grow.",
		}.answered(mains, headroom),
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
	tail := p.compare(tailLatency)
	perDay := p.poll.ratePerClient() * 3600 * workingDay
	if !tail.Change.Known || perDay <= 0 {
		return ""
	}
	text := fmt.Sprintf("%sa client gets %s messages in %d hours; the slowest hundredth of them, %s, takes at least %s with polling and %s over WebSocket (%s %s apart)",
		p.head(), format.Grouped(int64(perDay)), workingDay, format.Sig(perDay/100), withUnit(tail.From, tail.Unit), withUnit(tail.To, tail.Unit), absolute(tail.Change, tail.Unit), tail.Unit)
	if tail.Verdict == Untold {
		text += ", a difference that this run does not tell from chance"
	}
	if isLongPoll(p.poll) && p.poll.work.Network.Delay > 0 && !p.poll.work.Pattern.ClientsSpeak() && p.poll.work.LongPoll.Batch {
		m := pollModel(p.poll)
		share := m.DelayedShare(p.poll.ratePerClient())
		text += fmt.Sprintf(". By the model %s %% of them fall between two polls and wait %s more on average", format.Sig(100*share), format.Nanoseconds(float64(m.Gap())/2))
	}
	return text + "."
}

func withUnit(v Value, unit string) string { return v.Text + " " + unit }

func absolute(v Value, unit string) string {
	for _, u := range format.TimeUnits {
		if u.Name == unit {
			return format.Sig(math.Abs(v.Number) / u.Size)
		}
	}
	return v.Text
}

// headroom is what the measured CPU leaves, in a straight line.
func headroom(p named) string {
	poll, ws := capacity(p.poll), capacity(p.ws)
	if poll == 0 || ws == 0 {
		return ""
	}
	return fmt.Sprintf("%sthe server used %s of its cores with polling and %s over WebSocket. At that CPU time per message its %s carries %s and %s deliveries a second, in a straight line: an upper bound, not a measurement.",
		p.head(), percentOf(p.poll), percentOf(p.ws), cores(p.ws), perSecond(poll), perSecond(ws))
}

// capacity is deliveries per second at which the CPU would be busy, 0 where it was not measured.
func capacity(c cell) float64 {
	s := c.Cell.Server
	if s == nil || s.CPUPerMessage == nil || s.CPUShare == nil || *s.CPUPerMessage <= 0 {
		return 0
	}
	return float64(max(1, s.Cores)) * 1e9 / *s.CPUPerMessage
}

func percentOf(c cell) string { return format.Sig(100**c.Cell.Server.CPUShare) + " %" }

func cores(c cell) string {
	if n := c.Cell.Server.Cores; n > 1 {
		return format.Grouped(int64(n)) + " cores"
	}
	return "core"
}

// perSecond keeps two digits: a straight line deserves no more.
func perSecond(v float64) string {
	power := math.Pow(10, max(0, math.Floor(math.Log10(v))-1))
	return format.Grouped(int64(math.Round(v/power) * power))
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

// predicted holds the measured p99 against the model's, which knows nothing of this run but its settings.
func predicted(p named) string {
	if !isLongPoll(p.poll) || p.poll.work.Network.Delay <= 0 || p.poll.work.Pattern.ClientsSpeak() || !p.poll.work.LongPoll.Batch {
		return ""
	}
	law := pollModel(p.poll).Latency(p.poll.ratePerClient())
	return fmt.Sprintf("Theory, which knows only the delay and the rate, gives long-polling p99 %s; measured %s",
		format.Nanoseconds(float64(quantile(law, 0.99))), format.Nanoseconds(float64(p.poll.Cell.Latency.P99)))
}

func quantile(d model.Distribution, q float64) int64 { return int64(d.Quantile(q)) }

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
