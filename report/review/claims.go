package review

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"pushbench/report/format"
	"pushbench/report/model"
	"pushbench/scenarios"
)

// Rule is a claim about WebSockets and how it is judged, fixed before anything is measured.
type Rule struct {
	ID, Claim, Rule string
	// Run says what to run to measure it.
	Run string

	// applies says which pairings bear on the claim; judge what one of them says.
	applies func(pairing) bool
	// once is for a rule about the WebSocket arm: the polling arm that people would move from first stands beside it, the others would repeat it.
	once  bool
	judge func(pairing) (Holds, string)
	// turns says where it stops being true, truth the plain truth first, note what else must be said; each may be nil, and each sees the pairings that were judged.
	turns, truth, note func([]judged) string
}

// judged is a pairing with what it says.
type judged struct {
	named
	holds Holds
}

// halved is the factor of "much lower".
const halved = 2

// Bounds of the rules.
const (
	oneConnection  = 1.05 // connections per client that still count as one: a client that lost its connection dials again
	reconnects     = 1.5
	littleOverhead = 10   // times less
	forNothing     = 0.05 // share of responses without a message
)

// Rules are the claims in the order they are shown.
var Rules = []Rule{
	{
		ID: "connection", Claim: "A WebSocket is one long-held TCP connection; long-polling re-establishes it.",
		Rule:    "Confirmed where long-polling opened at least 1.5 connections per client and WebSocket no more than 1.05; refuted where long-polling did not.",
		Run:     "any scenario with websocket, longpoll and longpoll-newconn",
		applies: func(p pairing) bool { return isLongPoll(p.poll) && !p.poll.work.Pattern.ClientsSend() },
		judge:   judgeConnections, truth: connectionTruth, turns: paybackTurn,
	},
	{
		ID: "push", Claim: "The server pushes the moment it has data, without a request.",
		Rule:    "Confirmed where no request was needed for a message over WebSocket and at least one per response with polling.",
		Run:     "any scenario with websocket and a polling transport",
		applies: messages, judge: judgePush, truth: pushTruth,
	},
	{
		ID: "duplex", Claim: "Full duplex: both ways at any time.",
		Rule:    "Where every client sends while it receives: confirmed where WebSocket needed no more than 1.05 connections per client and polling at least 1.5.",
		Run:     "pushbench run echo",
		applies: func(p pairing) bool { return p.poll.work.Pattern.ClientsSend() }, judge: judgeDuplex,
	},
	{
		ID: "overhead", Claim: "Little HTTP overhead (headers, cookies).",
		Rule:    "Confirmed where WebSocket's mean overhead per message is at most a tenth of polling's, handshakes apart; refuted where it is more. Bytes are counted, not sampled.",
		Run:     "any scenario with websocket and a polling transport",
		applies: messages, judge: judgeOverhead, turns: overheadTurn, note: overheadNote,
	},
	{
		ID: "latency", Claim: "Much lower latency than polling.",
		Rule:    "Confirmed where p50 and p99 are both at least halved, the 95 % interval of each factor excluding 2×; refuted where the interval of either lies below 2×; undecided otherwise.",
		Run:     "pushbench run internet with three rounds or more",
		applies: messages, judge: judgeLatency, turns: latencyTurn, truth: latencyTruth,
	},
	{
		ID: "idle", Claim: "No constant polling or fetching.",
		Rule:    "Confirmed where more than 5 % of the polling arm's responses came back empty and WebSocket sent no request; refuted where no more than 5 % did. A run shorter than one hold time decides nothing for a long-poll that would be idle.",
		Run:     "a scenario of less than one message per hold time and client, such as rate_per_client: 1/min with duration: 2m",
		applies: func(p pairing) bool { return !p.poll.work.Pattern.ClientsSpeak() }, judge: judgeIdle, turns: idleTurn, note: idleNote,
	},
	{
		ID: "handshake", Claim: "The handshake is an HTTP request with Upgrade, on the same TCP connection.",
		Rule:    "Confirmed where every WebSocket session took one connection (at most 1.05 per client) and its handshake at least the 129 bytes of the shortest answer that accepts an upgrade.",
		Run:     "any scenario with websocket and a polling transport",
		applies: always, once: true, judge: judgeHandshake,
	},
}

func always(pairing) bool { return true }

// messages says whether anything was to be received.
func messages(p pairing) bool { return p.poll.work.Rate > 0 }

// polls tells the arms that the claims are about from server-sent events, which push as a WebSocket does.
func polls(c cell) bool { return c.Cell.Transport != scenarios.SSE }

// named is a pairing's scenario beside it.
type named struct {
	pairing
	scenario string
}

// judgeClaims applies every rule to all valid pairings.
func judgeClaims(all []named) []Claim {
	var out []Claim
	for _, r := range Rules {
		out = append(out, r.apply(all))
	}
	return out
}

func (r Rule) apply(all []named) Claim {
	c := Claim{ID: r.ID, Claim: r.Claim, Rule: r.Rule}
	var seen []judged
	var where []string
	left := 0
	told := map[int]bool{}
	for _, p := range all {
		if !polls(p.poll) || !r.applies(p.pairing) || r.once && told[p.ws.Index] {
			continue
		}
		told[p.ws.Index] = true
		if !p.valid() {
			left++
			continue
		}
		holds, text := r.judge(p.pairing)
		seen = append(seen, judged{p, holds})
		c.Evidence = append(c.Evidence, Evidence{Scenario: p.scenario, Arm: p.name(), Holds: holds, Text: text})
		if !slices.Contains(where, p.scenario) {
			where = append(where, p.scenario)
		}
	}
	c.Verdict = verdictOf(seen)
	c.Scenario = few(where)
	if len(seen) == 0 {
		c.Scenario = "to measure it: " + r.Run
	}
	c.Measured = measured(c.Evidence)
	c.Truth, c.Turns, c.Note = optionalText(r.truth, seen), optionalText(r.turns, seen), optionalText(r.note, seen)
	if c.Truth == "" && c.Verdict == Depends {
		c.Truth = split(c.Evidence)
	}
	c.Tally = tally(seen)
	if left > 0 {
		c.Note = strings.TrimSpace(c.Note + fmt.Sprintf(" Left out: %d comparisons with an invalid arm.", left))
	}
	return c
}

func optionalText(f func([]judged) string, seen []judged) string {
	if f == nil || len(seen) == 0 {
		return ""
	}
	return f(seen)
}

// verdictOf joins evidence in three values: what is unsure neither confirms nor refutes, and only both sides seen make it depend.
func verdictOf(seen []judged) ClaimVerdict {
	count := map[Holds]int{}
	for _, j := range seen {
		count[j.holds]++
	}
	switch {
	case len(seen) == 0:
		return NotMeasured
	case count[Yes] > 0 && count[No] > 0:
		return Depends
	case count[Unsure] > 0:
		return Undecided
	case count[Yes] > 0:
		return Confirmed
	}
	return Refuted
}

// measured is the evidence in one cell of a table, by scenario; of each, a sweep's dozens are counted.
func measured(all []Evidence) string {
	const most = 4
	texts := map[string][]string{}
	var order []string
	for _, e := range all {
		if texts[e.Scenario] == nil {
			order = append(order, e.Scenario)
		}
		texts[e.Scenario] = append(texts[e.Scenario], e.Text)
	}
	var parts []string
	for _, scenario := range order {
		list := texts[scenario]
		text := scenario + ": " + strings.Join(list[:min(len(list), most)], "; ")
		if more := len(list) - most; more > 0 {
			text += fmt.Sprintf("; and %d more", more)
		}
		parts = append(parts, text+".")
	}
	return strings.Join(parts, " ")
}

// split says for which arms a claim holds and for which it does not. The scenario stands only beside an arm that differs between them.
func split(all []Evidence) string {
	arms, verdicts := map[Holds][]string{}, map[string][]Holds{}
	for _, e := range all {
		if !slices.Contains(verdicts[e.Arm], e.Holds) {
			verdicts[e.Arm] = append(verdicts[e.Arm], e.Holds)
		}
	}
	for _, e := range all {
		name := e.Arm
		if len(verdicts[e.Arm]) > 1 {
			name += " (" + e.Scenario + ")"
		}
		if !slices.Contains(arms[e.Holds], name) {
			arms[e.Holds] = append(arms[e.Holds], name)
		}
	}
	out := fmt.Sprintf("It holds against %s; it does not against %s", few(arms[Yes]), few(arms[No]))
	if len(arms[Unsure]) > 0 {
		out += "; it is undecided against " + few(arms[Unsure])
	}
	return out + "."
}

// tally says how many comparisons a verdict stands on, where no other sentence does.
func tally(seen []judged) string {
	count := map[Holds]int{}
	for _, j := range seen {
		count[j.holds]++
	}
	switch n := comparisons(len(seen)); {
	case len(seen) == 0:
		return ""
	case count[Yes] == len(seen):
		return "It holds in " + n + "."
	case count[No] == len(seen):
		return "It does not hold in " + n + "."
	default:
		return fmt.Sprintf("It is undecided in %d of %s.", count[Unsure], n)
	}
}

func yesIf(ok bool) Holds {
	if ok {
		return Yes
	}
	return No
}

func (c cell) connections() float64 { return float64(c.Cell.Wire.Connections) / c.sessions() }

func judgeConnections(p pairing) (Holds, string) {
	ws, poll := p.ws.connections(), p.poll.connections()
	return yesIf(ws <= oneConnection && poll >= reconnects),
		fmt.Sprintf("%s opened %s connections per client, WebSocket %s", p.name(), format.Sig(poll), format.Sig(ws))
}

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
	n, ok := upgradePaid(seen[0].pairing)
	switch {
	case !messages(seen[0].pairing):
		return ""
	case !ok:
		return "in bytes, the upgrade never pays for itself here"
	case n <= 1:
		return "in bytes, the upgrade has paid for itself with the first message"
	}
	return fmt.Sprintf("in bytes, the upgrade has paid for itself after %s messages", format.Grouped(int64(n)))
}

func requestsPerMessage(c cell) Value { return optional(c.Cell.Wire.RequestsPerMessage) }

func judgePush(p pairing) (Holds, string) {
	ws, poll := requestsPerMessage(p.ws), requestsPerMessage(p.poll)
	text := fmt.Sprintf("%s requests per message with %s, %s over WebSocket", poll.in(plain[0]).Text, p.name(), ws.in(plain[0]).Text)
	if !ws.Known || !poll.Known {
		return Unsure, text
	}
	w := p.poll.Cell.Wire
	return yesIf(ws.Number == 0 && w.SteadyRequests > 0 && w.SteadyRequests >= w.SteadyResponses), text
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

func judgeDuplex(p pairing) (Holds, string) {
	ws, poll := p.ws.connections(), p.poll.connections()
	text := fmt.Sprintf("%s needed %s connections per client, WebSocket %s; %s, %s", p.name(), format.Sig(poll), format.Sig(ws),
		p.compare(medianLatency).brief(), p.compare(tailLatency).brief())
	return yesIf(ws <= oneConnection && poll >= reconnects), text
}

func overheadOf(c cell) Value {
	if s := c.Cell.Wire.Overhead; s != nil && s.Count > 0 {
		return number(s.Mean)
	}
	return unknown()
}

func judgeOverhead(p pairing) (Holds, string) {
	ws, poll := overheadOf(p.ws), overheadOf(p.poll)
	if !ws.Known || !poll.Known {
		return Unsure, fmt.Sprintf("overhead of %s: n/a", p.name())
	}
	text := fmt.Sprintf("%s %s per message, WebSocket %s", p.name(), format.Bytes(poll.Number), format.Bytes(ws.Number))
	return yesIf(poll.Number >= littleOverhead*ws.Number), text
}

// overheadTurn is how many messages must share a response for polling's overhead to fall to the bound.
func overheadTurn(seen []judged) string {
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

// overheadNote says what the network would see, by the model.
func overheadNote(seen []judged) string {
	p := seen[0]
	headers := "Header size is the workload's (" + headersOf(p.poll.work) + "): with other headers it is another number."
	ws, poll := p.ws.Cell.Wire.ModelledIP, p.poll.Cell.Wire.ModelledIP
	if ws == nil || poll == nil || *ws <= 0 {
		return headers
	}
	return headers + fmt.Sprintf(" With TCP/IP headers, modelled, and the sessions' opening, %s took %s times the bytes of WebSocket over the whole run.",
		p.name(), format.Sig(float64(*poll)/float64(*ws)))
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

// judgeLatency compares the factors' intervals with the bound.
func judgeLatency(p pairing) (Holds, string) {
	median, tail := p.compare(medianLatency), p.compare(tailLatency)
	text := fmt.Sprintf("%s: %s, %s", p.name(), median.Text, tail.Text)
	a, b := halves(median.Factor), halves(tail.Factor)
	switch {
	case a == No || b == No:
		return No, text
	case a == Yes && b == Yes:
		return Yes, text
	}
	return Unsure, text
}

func halves(factor Value) Holds {
	switch {
	case !factor.Known || !factor.Interval:
		return Unsure
	case factor.Low > halved:
		return Yes
	case factor.High < halved:
		return No
	}
	return Unsure
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

// latencyTurn is the rate at which p99 reaches twice a WebSocket's, by the model at the scenario's delay.
func latencyTurn(seen []judged) string {
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

// emptyShare is the share of a cell's responses that carried nothing, over the whole session.
func emptyShare(c cell) Value {
	if c.Cell.Wire.Responses <= 0 {
		return unknown()
	}
	return number(float64(c.Cell.Wire.EmptyResponses) / float64(c.Cell.Wire.Responses))
}

func judgeIdle(p pairing) (Holds, string) {
	share := emptyShare(p.poll)
	if !share.Known {
		return Unsure, p.name() + ": no response was counted"
	}
	text := fmt.Sprintf("%s %% of the responses of %s came back empty, WebSocket sent %s requests", format.Trim(100*share.Number), p.name(), format.Grouped(p.ws.Cell.Wire.Requests))
	if share.Number <= forNothing && isLongPoll(p.poll) && p.tooShortToBeIdle() {
		return Unsure, text + "; the run is shorter than one hold time"
	}
	return yesIf(share.Number > forNothing && p.ws.Cell.Wire.Requests == 0), text
}

// tooShortToBeIdle says that no poll of the run could time out although, by the model, more than the bound would in a longer one.
func (p pairing) tooShortToBeIdle() bool {
	length := p.poll.work.Warmup + p.poll.work.Duration
	return length < p.poll.work.LongPoll.Hold && pollModel(p.poll).EmptyShare(p.poll.ratePerClient()) > forNothing
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

// idleNote is what a client costs that gets nothing, by the model: no scenario of this run measured it.
func idleNote(seen []judged) string {
	for _, j := range seen {
		cost, ok := costOf(j.poll)
		m := pollModel(j.poll)
		if !isLongPoll(j.poll) || !ok || m.Hold <= 0 {
			continue
		}
		polls := 3600 / (m.Gap() + m.Hold).Seconds()
		return fmt.Sprintf("An idle client was not measured. Modelled from this run's bytes, an idle hour of %s takes %s polls and %s; a WebSocket without pings takes none.",
			j.poll.Look.Name, format.Sig(polls), format.Bytes(polls*cost.PerExchange))
	}
	return ""
}

// judgeHandshake is of the WebSocket arm; the polling arm stands beside it for scale.
func judgeHandshake(p pairing) (Holds, string) {
	ws, poll := float64(p.ws.Cell.Wire.HandshakeBytes)/p.ws.sessions(), float64(p.poll.Cell.Wire.HandshakeBytes)/p.poll.sessions()
	text := fmt.Sprintf("WebSocket opens with %s%s on %s connections per client, %s with %s%s",
		format.Bytes(ws), connectTime(p.ws), format.Sig(p.ws.connections()), p.name(), format.Bytes(poll), connectTime(p.poll))
	return yesIf(p.ws.connections() <= oneConnection && ws >= model.MinimalUpgradeResponse), text
}

func connectTime(c cell) string {
	s := c.Cell.Connect
	if s == nil || s.Count == 0 {
		return ""
	}
	return " in " + format.Nanoseconds(float64(s.P50)) + " (p50)"
}
