package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"pushbench/report/format"
	"pushbench/report/model"
	"pushbench/report/sweep"
	"pushbench/scenarios"
)

// preference is the order in which polling arms are held against WebSocket: what people run today first.
var preference = []scenarios.Transport{scenarios.LongPoll, scenarios.LongPollNewConn, scenarios.ShortPoll}

func preferred(a, b pairing) int {
	rank := func(p pairing) int {
		if i := slices.Index(preference, p.poll.Cell.Transport); i >= 0 {
			return i
		}
		return len(preference)
	}
	return rank(a) - rank(b)
}

// shown are the pairings of the card: all, or of a sweep those at the first and the last value of the axis.
func shown(g format.Group, all []pairing) []pairing {
	s, swept := sweep.Of(g)
	if swept {
		all = slices.DeleteFunc(slices.Clone(all), func(p pairing) bool { return !atAnEnd(s, p) })
	}
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b pairing) int { return cmp.Or(invalidLast(a, b), preferred(a, b)) })
	return sorted
}

// invalidLast puts what may be compared before what may not.
func invalidLast(a, b pairing) int {
	switch {
	case a.valid() == b.valid():
		return 0
	case a.valid():
		return -1
	}
	return 1
}

func atAnEnd(s sweep.Sweep, p pairing) bool {
	last := len(s.Axis.Values) - 1
	for _, slice := range s.Slices {
		for _, c := range slice.Curves {
			if c.Points[0].Cell == p.poll.Cell || c.Points[last].Cell == p.poll.Cell {
				return true
			}
		}
	}
	return false
}

func newDecision(g format.Group, all []pairing) Decision {
	var d Decision
	for _, p := range shown(g, all) {
		d.Pairs = append(d.Pairs, p.pair())
	}
	d.Headline = headline(g, d.Pairs)
	d.Stay = stay(g, d.Pairs, all)
	d.NotMeasured = notMeasured(g)
	d.Caveats = caveats(g, d.Pairs)
	return d
}

// headline says of the first pair what is told of each quantity.
func headline(g format.Group, pairs []Pair) string {
	switch {
	case len(g.Arms) == 0:
		return "Nothing was measured of this scenario."
	case len(pairs) == 0:
		return "No decision: there are not both a WebSocket arm and a polling arm of the same target and parameters."
	}
	p := pairs[0]
	if p.From.Invalid || p.To.Invalid {
		return "No decision: " + invalidOf(p) + " is invalid, and nothing is compared with it. The warnings say why and what to do."
	}
	told := map[Order][]string{}
	for _, l := range p.Lines {
		told[l.Verdict] = append(told[l.Verdict], l.aside())
	}
	head := fmt.Sprintf("Moving from %s to WebSocket%s", p.From.Name, suffix(" at ", p.At))
	switch lower, higher := listing(told[WebSocketLower]), listing(told[PollingLower]); {
	case lower != "" && higher != "":
		head += " lowers " + lower + ", and raises " + higher
	case lower != "":
		head += " lowers " + lower
	case higher != "":
		head += " raises " + higher
	case len(told[Untold]) > 0:
		head += " makes no difference that this run could tell"
	case len(told[Unproven]) > 0:
		head += fmt.Sprintf(" has %s; measured: %s", untestable(g.Arms[slices.IndexFunc(g.Arms, func(a format.Arm) bool { return a.Index == p.To.Cell })]), listing(told[Unproven]))
		delete(told, Unproven)
	default:
		head += " has nothing that could be compared"
	}
	return head + "." + remaining(told)
}

// untestable is why there is no interval.
func untestable(a format.Arm) string {
	switch n := len(a.Cell.Rounds); {
	case n == 1:
		return "one round, so no change can be tested"
	case n < fewestPairs:
		return fmt.Sprintf("%d rounds, too few to test a change by", n)
	}
	return "no interval to test a change by"
}

// remaining is what the run says nothing of, in sentences.
func remaining(told map[Order][]string) string {
	var out string
	for _, side := range []struct {
		order Order
		words string
	}{{Untold, "Not told apart: "}, {Unproven, "Without an interval to tell by: "}, {NotComparable, "Not comparable: "}} {
		if names := listing(told[side.order]); names != "" {
			out += " " + side.words + names + "."
		}
	}
	return out
}

// listing joins names as a sentence does.
func listing(names []string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

// aside is "p99 latency (164 → 41.0 ms)".
func (c Comparison) aside() string {
	if !c.From.Known && !c.To.Known {
		return c.Metric
	}
	return fmt.Sprintf("%s (%s → %s%s)", c.Metric, c.From.Text, c.To.Text, suffix(" ", c.Unit))
}

func invalidOf(p Pair) string {
	if p.From.Invalid {
		return p.From.Name
	}
	return p.To.Name
}

// brief is "p99 latency 164 → 41.0 ms".
func (c Comparison) brief() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s → %s %s", c.Metric, c.From.Text, c.To.Text, c.Unit))
}

// stay says when polling is the better choice, from what was measured, then from the model.
func stay(g format.Group, pairs []Pair, all []pairing) []string {
	var out []string
	for _, p := range pairs {
		for _, l := range p.Lines {
			if l.Verdict == PollingLower {
				out = append(out, fmt.Sprintf("%s measured lower with %s%s: %s.", l.Metric, p.From.Name, suffix(" at ", p.At), l.brief()))
			}
		}
	}
	out = append(out, crossings(g)...)
	if p, ok := longPolling(all); ok {
		out = append(out, quietRate(p), payback(p))
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

func suffix(before, s string) string {
	if s == "" {
		return ""
	}
	return before + s
}

// crossings are those of a sweep at which polling becomes the lower one.
func crossings(g format.Group) []string {
	s, swept := sweep.Of(g)
	if !swept {
		return nil
	}
	var out []string
	for _, slice := range s.Slices {
		for _, m := range []sweep.Metric{sweep.P50, sweep.P99, sweep.ServerCPU} {
			falls := slices.ContainsFunc(slice.Compare(s.Axis, m), func(c sweep.Comparison) bool {
				return slices.ContainsFunc(c.Crossings, func(x sweep.Crossing) bool { return x.Falls })
			})
			if falls {
				out = append(out, strings.TrimPrefix(slice.Name+", ", ", ")+slice.Finding(s.Axis, m)+".")
			}
		}
	}
	return out
}

// longPolling is the first valid pairing whose model is a long-poll's, keep-alive before new connections. The model knows no outage.
func longPolling(all []pairing) (pairing, bool) {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, preferred)
	for _, p := range sorted {
		if p.valid() && !p.disturbed() && isLongPoll(p.poll) && !p.poll.work.Pattern.ClientsSpeak() {
			return p, true
		}
	}
	return pairing{}, false
}

func isLongPoll(c cell) bool {
	return c.Cell.Transport == scenarios.LongPoll || c.Cell.Transport == scenarios.LongPollNewConn
}

// unfelt is the share of delayed messages up to which p99 does not see them.
const unfelt = 0.01

// quietRate is the rate below which p99 cannot tell long-polling from WebSocket, by the model at the scenario's delay. Without one, the blind gap is the
// computers' own, which the model does not hold.
func quietRate(p pairing) string {
	m := pollModel(p.poll)
	if m.Gap() <= 0 || p.poll.work.Network.Delay <= 0 || m.DelayedShare(0) >= unfelt {
		return ""
	}
	rate := rateAt(unfelt, m.DelayedShare)
	return fmt.Sprintf("By the model, under %s messages a minute per client fewer than 1 message in 100 falls between two polls: at %s there and back, %s then has the p99 of a WebSocket.",
		format.Sig(60*rate), format.Setting(2*p.poll.work.Network.Delay), p.poll.Name)
}

// rateAt bisects for the rate, in messages per second, at which a rising share reaches what is wanted.
func rateAt(want float64, share func(rate float64) float64) float64 {
	low, high := 0.0, 1.0
	for share(high) < want && high < 1e9 {
		high *= 2
	}
	for range 60 {
		if middle := (low + high) / 2; share(middle) < want {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// pollModel is the theory of a long-polling arm at its scenario's delay.
func pollModel(c cell) model.LongPoll {
	m := model.LongPoll{Path: model.Path{Delay: c.work.Network.Delay, Turnaround: c.work.LongPoll.Turnaround}, Hold: c.work.LongPoll.Hold}
	if c.Cell.Transport == scenarios.LongPollNewConn {
		m.Setup = map[scenarios.TLSVersion]model.Setup{scenarios.TLS12: model.NewTLS12, scenarios.TLS13: model.NewTLS13}[c.work.TLS]
		if m.Setup == model.KeepAlive {
			m.Setup = model.NewTCP
		}
	}
	return m
}

// payback is after how many messages the upgrade has cost no more bytes than polling.
func payback(p pairing) string {
	n, ok := upgradePaid(p)
	switch {
	case !messages(p), !ok && !costsKnown(p):
		return ""
	case !ok:
		return "The upgrade never pays for itself in bytes here: a polled message costs no more than a pushed one."
	case n <= 1:
		return ""
	}
	return fmt.Sprintf("A session that ends before its %s message: the upgrade has not paid for itself in bytes by then.", ordinal(n))
}

func ordinal(n float64) string {
	i := int64(n)
	end := "th"
	if i%100 < 11 || i%100 > 13 {
		end = map[int64]string{1: "st", 2: "nd", 3: "rd"}[i%10]
		if end == "" {
			end = "th"
		}
	}
	return format.Grouped(i) + end
}

// costOf reads what a client costs on the wire out of a measured cell; a polling arm's overhead is shared over its exchanges.
func costOf(c cell) (cost model.Cost, ok bool) {
	w := c.Cell.Wire
	if w.SteadyMessages <= 0 || c.sessions() <= 0 {
		return cost, false
	}
	messages, payload, overhead := float64(w.SteadyMessages), w.PayloadBytes, w.OverheadBytes
	if up := c.Cell.Uplink; up != nil {
		payload, overhead = payload-up.PayloadBytes, overhead-up.OverheadBytes
	}
	cost = model.Cost{Setup: float64(w.HandshakeBytes) / c.sessions(), PerMessage: float64(payload) / messages}
	if w.SteadyRequests > 0 {
		cost.PerExchange = float64(overhead) / float64(w.SteadyRequests)
	} else {
		cost.PerMessage += float64(overhead) / messages
	}
	return cost, true
}

// costsKnown says that both arms had messages to tell their costs by.
func costsKnown(p pairing) bool {
	_, okWS := costOf(p.ws)
	_, okPoll := costOf(p.poll)
	return okWS && okPoll && p.poll.Cell.Wire.SteadyRequests > 0
}

func upgradePaid(p pairing) (messages float64, ok bool) {
	if !costsKnown(p) {
		return 0, false
	}
	ws, _ := costOf(p.ws)
	poll, _ := costOf(p.poll)
	return model.PaidAfter(ws, poll, float64(p.poll.Cell.Wire.SteadyMessages)/float64(p.poll.Cell.Wire.SteadyRequests))
}

// notMeasured lists what could change the decision and was not part of the scenario.
func notMeasured(g format.Group) []string {
	s := g.Scenario
	out := []string{"packet loss, reordering and congestion", "mobile radio and battery", "proxies, load balancers and firewalls on the way", "browsers: their limits on connections, their own CPU", "HTTP/2 and HTTP/3"}
	if s.Network.Delay == 0 && !sweeps(s, "network.delay") {
		out = append(out, "a network: clients and server were joined by loopback, without delay")
	}
	if s.TLS == "" || s.TLS == scenarios.TLSOff {
		out = append(out, "TLS")
	}
	if !s.Pattern.ClientsSend() {
		out = append(out, "messages from the clients to the server")
	}
	out = append(out, fmt.Sprintf("more than %s clients, longer than %s", format.Grouped(mostClients(g)), format.Setting(longest(g))))
	if s.Outage.At == 0 && !sweeps(s, "outage.at") {
		out = append(out, "many clients that reconnect at once, after a restart")
	}
	return out
}

func sweeps(s scenarios.Scenario, path string) bool {
	return slices.ContainsFunc(s.Sweep, func(a scenarios.Axis) bool { return a.Parameter == path })
}

func mostClients(g format.Group) int64 {
	most := 0
	for _, a := range g.Arms {
		most = max(most, a.Cell.Clients)
	}
	return int64(most)
}

// longest is the longest steady phase of any round.
func longest(g format.Group) time.Duration {
	most := time.Duration(0)
	for _, a := range g.Arms {
		c := newCell(g.Scenario, a)
		for _, r := range a.Cell.Rounds {
			most = max(most, c.steady(r))
		}
	}
	return most
}

// caveats are what must be known to quote the numbers.
func caveats(g format.Group, pairs []Pair) []string {
	var out []string
	var invalid, injected []string
	for _, a := range g.Arms {
		if a.Invalid() {
			invalid = append(invalid, a.Name)
		}
		if a.Cell.Server != nil && a.Cell.Server.Injected != "" {
			injected = append(injected, a.Name+" ("+format.Clean(a.Cell.Server.Injected)+")")
		}
	}
	if len(invalid) > 0 {
		out = append(out, "Invalid, and compared with nothing: "+few(invalid)+".")
	}
	if len(injected) > 0 {
		out = append(out, "The server was told to misbehave: "+few(injected)+".")
	}
	if loopback(g.Scenario) {
		out = append(out, "Loopback: clients and server shared a machine and no delay was emulated, so that latency here is computing and queueing, not distance.")
	} else if g.Scenario.Network.Delay > 0 {
		out = append(out, "The network's delay was emulated in the clients, on one machine: nothing is lost and nothing congests.")
	}
	if hasRough(pairs) {
		out = append(out, fmt.Sprintf("~ marks a percentile that fewer than %d independent messages stand behind.", format.Needed(0.99)))
	}
	if hasBare(pairs) {
		out = append(out, fmt.Sprintf("Where there is no interval, nothing is told apart: run at least %d rounds, or longer ones.", fewestPairs))
	}
	if bySmallSample(pairs) {
		out = append(out, "Some intervals stand on three to five rounds and take the rounds' differences as normally distributed.")
	}
	if _, swept := sweep.Of(g); swept {
		out = append(out, "A sweep's crossovers are told by ranges that lie apart, which is less strict than the interval of a change: the two may differ in words at a value near a crossover.")
	}
	if c := libraryClient(g); c != "" {
		out = append(out, c)
	}
	return out
}

// few lists up to six names and counts the rest.
func few(names []string) string {
	const most = 6
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

func loopback(s scenarios.Scenario) bool { return s.Network.Delay == 0 && !sweeps(s, "network.delay") }

func anyLine(pairs []Pair, is func(Comparison) bool) bool {
	return slices.ContainsFunc(pairs, func(p Pair) bool { return slices.ContainsFunc(p.Lines, is) })
}

func hasRough(pairs []Pair) bool {
	return anyLine(pairs, func(c Comparison) bool { return c.From.Rough || c.To.Rough })
}

func hasBare(pairs []Pair) bool {
	return anyLine(pairs, func(c Comparison) bool { return c.Verdict == Unproven })
}

func bySmallSample(pairs []Pair) bool {
	return anyLine(pairs, func(c Comparison) bool { return c.Basis == FromRounds })
}

// libraryClient tells of arms that were driven by other client codecs than the lean ones.
func libraryClient(g format.Group) string {
	for _, a := range g.Arms {
		if c := format.Clean(a.Cell.Generator.Client); c != "" && c != "lean" {
			return "The clients were of kind “" + c + "”: their own cost is part of the latencies."
		}
	}
	return ""
}
