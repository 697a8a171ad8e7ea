package review

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"pushbench/report/format"
	"pushbench/scenarios"
)

// connectionTruth depends on whether both ways of long-polling were measured.
func connectionTruth(seen []judged) string {
	var kept, renewed bool
	for _, j := range seen {
		kept = kept || j.poll.Cell.Transport == scenarios.LongPoll && j.holds == No
		renewed = renewed || j.poll.Cell.Transport == scenarios.LongPollNewConn && j.holds == Yes
	}
	switch {
	case kept && renewed:
		return "With keep-alive, long-polling does not re-establish the connection; without it, it does."
	case kept:
		return "With keep-alive, long-polling does not re-establish the connection."
	case renewed:
		return "Without keep-alive, long-polling re-establishes the connection."
	}
	return ""
}

// paybackTurn is where a session is long enough for its upgrade.
func paybackTurn(seen []judged) string {
	at := slices.IndexFunc(seen, func(j judged) bool { return messages(j.pairing) })
	if at < 0 {
		return ""
	}
	n, ok := upgradePaid(seen[at].pairing)
	switch {
	case !ok && !costsKnown(seen[0].pairing):
		return ""
	case !ok:
		return "in bytes, the upgrade never pays for itself here"
	case n <= 1:
		return "in bytes, the upgrade has paid for itself with the first message"
	}
	return fmt.Sprintf("in bytes, the upgrade has paid for itself after %s messages", format.Grouped(int64(n)))
}

// pushTruth holds a parked poll's median against the push.
func pushTruth(seen []judged) string {
	for _, j := range seen {
		if !isLongPoll(j.poll) || j.poll.work.Pattern.ClientsSpeak() {
			continue
		}
		c := j.compare(medianLatency)
		if !c.Change.Known {
			return ""
		}
		return "Without a request, yes. “The moment it has data” holds for a parked poll, too, if it is there; what polling lacks is the time between an answer and the next poll. " +
			j.name() + ": " + c.Text + "."
	}
	return ""
}

// overheadTurn is where polling's overhead falls to the bound: by what an exchange takes, and along the sweeps of the run.
func overheadTurn(seen []judged) string {
	return sentences(modelledOverhead(seen), measuredTurn(seen, littleOverhead, func(j judged) (float64, bool) {
		ws, poll := overheadOf(j.ws), overheadOf(j.poll)
		return poll.Number / ws.Number, ws.Known && poll.Known && ws.Number > 0
	}))
}

// modelledOverhead is how many messages must share a response for it.
func modelledOverhead(seen []judged) string {
	for _, j := range seen {
		ws := overheadOf(j.ws)
		poll, ok := costOf(j.poll)
		if !ok || !ws.Known || !isLongPoll(j.poll) || !(poll.PerExchange > 0) || !(ws.Number > 0) {
			continue
		}
		return fmt.Sprintf("a long-poll's exchange takes %s beyond payload: shared by more than %s messages it costs less than ten times a WebSocket's %s",
			format.Bytes(poll.PerExchange), format.Sig(poll.PerExchange/(littleOverhead*ws.Number)), format.Bytes(ws.Number))
	}
	return ""
}

// overheadNote says what the network would see, by the model, of each scenario.
func overheadNote(seen []judged) string {
	var sizes, totals []string
	for _, j := range firstOfEach(seen) {
		sizes = append(sizes, j.scenario+": "+headersOf(j.poll.work))
		ws, poll := j.ws.Cell.Wire.ModelledIP, j.poll.Cell.Wire.ModelledIP
		if ws != nil && poll != nil && *ws > 0 {
			totals = append(totals, fmt.Sprintf("in %s %s took %s times the bytes of WebSocket", j.scenario, j.name(), format.Sig(float64(*poll)/float64(*ws))))
		}
	}
	note := "Header size is the workload's (" + strings.Join(sizes, "; ") + "): with other headers it is another number."
	if len(totals) > 0 {
		note += " With TCP/IP headers, modelled, and the sessions' opening, over all rounds " + listing(totals) + "."
	}
	return note
}

// firstOfEach are the first pairing of each scenario.
func firstOfEach(seen []judged) []judged {
	var out []judged
	for _, j := range seen {
		if !slices.ContainsFunc(out, func(o judged) bool { return o.scenario == j.scenario }) {
			out = append(out, j)
		}
	}
	return out
}

func headersOf(s scenarios.Scenario) string {
	h := s.Headers
	words := []string{format.Clean(string(h.Preset))}
	for _, part := range []struct {
		name string
		size scenarios.Size
	}{{"request", h.Request}, {"cookie", h.Cookie}, {"response", h.Response}} {
		if part.size > 0 {
			words = append(words, part.name+" "+format.Bytes(float64(part.size)))
		}
	}
	return strings.Join(words, ", ")
}

// latencyTruth separates the median from the tail, which a single word for both would hide.
func latencyTruth(seen []judged) string {
	var parts []string
	for _, q := range []quantity{medianLatency, tailLatency} {
		count := map[Holds]int{}
		for _, j := range seen {
			count[halves(j.compare(q).Factor)]++
		}
		text := fmt.Sprintf("%s in %d of %s", q.key, count[Yes], comparisons(len(seen)))
		if n := count[Unsure]; n > 0 {
			text += fmt.Sprintf(" (undecided in %d)", n)
		}
		parts = append(parts, text)
	}
	return "At least halved: " + strings.Join(parts, ", ") + "."
}

func comparisons(n int) string {
	if n == 1 {
		return "1 comparison"
	}
	return format.Grouped(int64(n)) + " comparisons"
}

// latencyTurn is where p99 reaches twice a WebSocket's: by the model, and along the sweeps of the run.
func latencyTurn(seen []judged) string {
	return sentences(modelledLatency(seen), measuredTurn(seen, halved, func(j judged) (float64, bool) {
		f := j.compare(tailLatency).Factor
		return f.Number, f.Known && j.poll.work.Network.Delay > 0 // without a way it is the machine's noise that turns
	}))
}

// modelledLatency is the rate from which it does, by the model at the scenario's delay.
func modelledLatency(seen []judged) string {
	for _, j := range seen {
		if !isLongPoll(j.poll) || j.poll.work.Network.Delay <= 0 || j.poll.work.Pattern.ClientsSpeak() || !j.poll.work.LongPoll.Batch {
			continue
		}
		m := pollModel(j.poll)
		factor := func(rate float64) float64 { return float64(m.Latency(rate).Quantile(0.99)) / float64(m.Delay) }
		if factor(1e6) < halved {
			continue
		}
		text := fmt.Sprintf("by the model, %s at %s there and back has twice a WebSocket's p99 ", j.poll.Look.Name, format.Setting(2*m.Delay))
		if factor(0) >= halved {
			return text + "at any rate"
		}
		text += "from " + format.Sig(60*rateAt(halved, factor)) + " messages a minute per client"
		if m.DelayedShare(0) < unfelt {
			text += ", and the same p99 below " + format.Sig(60*rateAt(unfelt, m.DelayedShare))
		}
		return text
	}
	return ""
}

// idleTurn is the rate at which one poll in twenty comes back empty.
func idleTurn(seen []judged) string {
	for _, j := range seen {
		m := pollModel(j.poll)
		if !isLongPoll(j.poll) || m.Hold <= 0 {
			continue
		}
		rate := -math.Log(forNothing) / (m.Gap() + m.Hold).Seconds()
		return fmt.Sprintf("by the model, a long-poll held for %s comes back empty more than one time in twenty under %s messages a minute per client",
			format.Setting(m.Hold), format.Sig(60*rate))
	}
	return ""
}

// idleNote is what a client costs that gets nothing, by the model, where no scenario of this run measured it.
func idleNote(seen []judged) string {
	if slices.ContainsFunc(seen, func(j judged) bool { return j.idleHour() != "" }) {
		return "Polls, holds and pings come as often as the scenario says: what a client's hour takes falls as they are set further apart."
	}
	for _, j := range seen {
		cost, ok := costOf(j.poll)
		m := pollModel(j.poll)
		if !isLongPoll(j.poll) || !ok || m.Hold <= 0 {
			continue
		}
		polls := 3600 / (m.Gap() + m.Hold).Seconds()
		return fmt.Sprintf("An idle client was not measured. Modelled from the bytes of %s, an idle hour of %s takes %s polls and %s; a WebSocket without pings takes none.",
			j.scenario, j.poll.Look.Name, format.Sig(polls), format.Bytes(polls*cost.PerExchange))
	}
	return ""
}

func sentences(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; ")
}

// swept is a polling arm's ratio at one place of a sweep.
type swept struct {
	at    string
	ratio float64
}

// measuredTurn is between which values of a sweep an arm's ratio to WebSocket passes a bound, or that it does not: of the first sweep that has such an arm, else
// of the first.
func measuredTurn(seen []judged, bound float64, ratio func(judged) (float64, bool)) string {
	var order [][2]string // scenario and arm
	curves := map[[2]string][]swept{}
	for _, j := range seen {
		v, ok := ratio(j)
		if j.at == "" || !ok {
			continue
		}
		key := [2]string{j.scenario, j.poll.Name}
		if curves[key] == nil {
			order = append(order, key)
		}
		curves[key] = append(curves[key], swept{j.at, v})
	}
	var throughout string
	for _, key := range order {
		text, turns := passes(curves[key], bound)
		text = fmt.Sprintf("measured in %s: %s takes %s", key[0], key[1], text)
		if turns {
			return text
		}
		if throughout == "" && len(curves[key]) > 1 {
			throughout = text
		}
	}
	return throughout
}

// passes says where a curve passes a bound for the first time.
func passes(curve []swept, bound float64) (text string, turns bool) {
	times := func(s swept) string { return format.Sig(s.ratio) + "× WebSocket's at " + s.at }
	for i := 1; i < len(curve); i++ {
		if a, b := curve[i-1], curve[i]; (a.ratio < bound) != (b.ratio < bound) {
			return times(a) + " and " + times(b), true
		}
	}
	first, last, side := curve[0], curve[len(curve)-1], "more"
	if first.ratio < bound {
		side = "less"
	}
	return fmt.Sprintf("%s and %s, %s than %s× throughout", times(first), times(last), side, format.Sig(bound)), false
}
