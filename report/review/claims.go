package review

import (
	"fmt"
	"slices"
	"strings"

	"pushbench/report/format"
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
		Rule: "Confirmed where long-polling opened at least 1.5 connections per client and WebSocket no more than 1.05; refuted where long-polling did not.",
		Run:  anyOf + "websocket, longpoll and longpoll-newconn",
		applies: func(p pairing) bool {
			return isLongPoll(p.poll) && !p.poll.work.Pattern.ClientsSend() && undisturbed(p)
		},
		judge: judgeConnections, truth: connectionTruth, turns: paybackTurn,
	},
	{
		ID: "push", Claim: "The server pushes the moment it has data, without a request.",
		Rule:    "Confirmed where no request was needed for a message over WebSocket and at least one per response with polling.",
		Run:     anyOf + "websocket and a polling transport",
		applies: messages, judge: judgePush, truth: pushTruth,
	},
	{
		ID: "duplex", Claim: "Full duplex: both ways at any time.",
		Rule:    "Where every client sends while it receives: confirmed where WebSocket needed no more than 1.05 connections per client and polling at least 1.5.",
		Run:     "pushbench run duplex",
		applies: func(p pairing) bool { return p.poll.work.Pattern.ClientsSend() }, judge: judgeDuplex,
	},
	{
		ID: "overhead", Claim: "Little HTTP overhead (headers, cookies).",
		Rule:    "Confirmed where WebSocket's mean overhead per message is at most a tenth of polling's, handshakes apart; refuted where it is more. Bytes are counted, not sampled.",
		Run:     anyOf + "websocket and a polling transport",
		applies: messages, judge: judgeOverhead, turns: overheadTurn, note: overheadNote,
	},
	{
		ID: "latency", Claim: "Much lower latency than polling.",
		Rule:    "Confirmed where p50 and p99 are both at least halved, the 95 % interval of each factor excluding 2×; refuted where the interval of either lies below 2×; undecided otherwise.",
		Run:     "pushbench run internet with three rounds or more",
		applies: func(p pairing) bool { return messages(p) && undisturbed(p) },
		judge:   judgeLatency, turns: latencyTurn, truth: latencyTruth,
	},
	{
		ID: "idle", Claim: "No constant polling or fetching.",
		Rule:    "Confirmed where more than 5 % of the polling arm's responses came back empty and WebSocket sent no request; refuted where no more than 5 % did. A run shorter than one hold time decides nothing for a long-poll that would be idle.",
		Run:     "pushbench run idle, or any scenario of less than one message per hold time and client",
		applies: func(p pairing) bool { return !p.poll.work.Pattern.ClientsSpeak() && p.asksAgain() },
		judge:   judgeIdle, turns: idleTurn, note: idleNote,
	},
	{
		ID: "handshake", Claim: "The handshake is an HTTP request with Upgrade, on the same TCP connection.",
		Rule:    "Confirmed where every WebSocket session took one connection (at most 1.05 per client) and its handshake at least the 129 bytes of the shortest answer that accepts an upgrade.",
		Run:     anyOf + "websocket and a polling transport",
		applies: undisturbed, once: true, judge: judgeHandshake,
	},
}

// anyOf begins what to run where most scenarios would do.
const anyOf = "pushbench run claims, or any scenario with "

// undisturbed says that no outage cut the sessions: the connections and latencies of one that did are its own, and no transport's.
func undisturbed(p pairing) bool { return !p.disturbed() }

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
	var left []named
	told := map[int]bool{}
	for _, p := range all {
		if !polls(p.poll) || !r.applies(p.pairing) || r.once && told[p.ws.Index] {
			continue
		}
		told[p.ws.Index] = true
		if !p.valid() {
			left = append(left, p)
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
	if len(left) > 0 {
		c.Note = strings.TrimSpace(c.Note + " " + leftOut(left))
	}
	return c
}

// leftOut says how many comparisons are not in a verdict, and of the first why.
func leftOut(left []named) string {
	text := fmt.Sprintf("Left out: %s with an invalid arm, such as %s of %s", comparisons(len(left)), left[0].invalidArm(), left[0].scenario)
	if why := left[0].whyInvalid(); why != "" {
		text += ": " + why
	}
	return text + "."
}

// whyInvalid is the first warning that invalidates one of the two arms.
func (p pairing) whyInvalid() string {
	for _, c := range []cell{p.poll, p.ws} {
		for _, w := range c.Cell.Warnings {
			if w.Invalidates {
				return strings.TrimSuffix(format.Clean(w.Text), ".")
			}
		}
	}
	return ""
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
