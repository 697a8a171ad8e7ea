package scenarios

import (
	"fmt"
	"slices"
	"strings"
)

// Mix is what stands for a transport in an arm whose clients do not all use the same one: as many use each as [Scenario.Mix] says. It is no member of
// [Transports], because it is none.
const Mix Transport = "mix"

// Comparable lists what a scenario can compare: the transports, and the mix of them.
var Comparable = append(slices.Clone(Transports), Mix)

// TransportShare is how large a share of the clients uses a transport.
type TransportShare struct {
	Transport Transport `json:"transport"`
	Share     Fraction  `json:"share"`
}

// Uses lists the transports of an arm's clients: the arm's own, or those that are mixed.
func (s *Scenario) Uses(arm Transport) []Transport {
	if arm != Mix {
		return []Transport{arm}
	}
	used := make([]Transport, len(s.Mix))
	for i, m := range s.Mix {
		used[i] = m.Transport
	}
	return used
}

// Users is how many of an arm's clients use each of [Scenario.Uses]: of a mix its share, to the client, those with the largest remainders first.
func (s *Scenario) Users(arm Transport) []int {
	if arm != Mix {
		return []int{s.Clients}
	}
	users, left, rest := make([]int, len(s.Mix)), make([]float64, len(s.Mix)), s.Clients
	for i, m := range s.Mix {
		exact := float64(m.Share) * float64(s.Clients)
		users[i] = min(int(exact+1e-9), rest) // a share such as 0.3 is a hair off
		left[i] = exact - float64(users[i])
		rest -= users[i]
	}
	for ; rest > 0 && len(users) > 0; rest-- {
		most := slices.Index(left, slices.Max(left))
		users[most]++
		left[most]--
	}
	return users
}

// Seats says for each of an arm's clients, by its number, which of [Scenario.Uses] it uses. Each transport's clients stand evenly among the others, so that
// the clients of a room use several.
func (s *Scenario) Seats(arm Transport) []int {
	users := s.Users(arm)
	seats, credit := make([]int, s.Clients), make([]int, len(users))
	for client := range seats {
		for i, n := range users {
			credit[i] += n
		}
		most := slices.Index(credit, slices.Max(credit))
		seats[client] = most
		credit[most] -= s.Clients
	}
	return seats
}

var transportShares = shareCodec[Transport]{
	kind: "mixture", form: "a mapping of transports to shares that sum to 100 %, such as {websocket: 97%, longpoll: 3%}",
	parse: func(text string) (Transport, error) { return Transport(text), nil },
	print: func(t Transport) string { return string(t) },
	keys:  "^(" + strings.Join(textsOf(Transports), "|") + ")$",
}

func mixParameter() Parameter {
	get := func(s *Scenario) (used []Transport, shares []Fraction) {
		for _, m := range s.Mix {
			used, shares = append(used, m.Transport), append(shares, m.Share)
		}
		return used, shares
	}
	put := func(s *Scenario, used []Transport, shares []Fraction) {
		s.Mix = nil
		for i := range used {
			s.Mix = append(s.Mix, TransportShare{used[i], shares[i]})
		}
	}
	check := func(t Transport) string {
		if known := textsOf(Transports); !slices.Contains(known, string(t)) {
			return fmt.Sprintf("%q is not a transport%s", string(t), didYouMean(string(t), known))
		}
		return ""
	}
	return mixture("mix", "Which transports the clients of transport mix use, each a share of them.", transportShares, get, put, check)
}

// mixFindings wants a mix where the transports name one and only there, a client for each of its transports, and a workload whose books can be kept for each.
func mixFindings(s *Scenario) []finding {
	var found []finding
	add := func(problem, allowed string, fields ...string) {
		found = append(found, finding{fields, problem, allowed})
	}
	named := slices.Contains(s.Transports, Mix)
	switch {
	case named && len(s.Mix) == 0:
		add("names mix, of which nothing is said", "mix: "+transportShares.form, "transports")
	case !named && len(s.Mix) > 0:
		add("goes with transport mix only", "mix among transports, such as transports: [websocket, mix]", "mix")
	}
	for i, n := range s.Users(Mix) {
		if len(s.Mix) > 0 && n == 0 {
			add(fmt.Sprintf("%v of %d clients is no client over %s", s.Mix[i].Share, s.Clients, s.Mix[i].Transport), "shares of at least one client", "mix", "clients")
		}
	}
	if len(s.Mix) > 0 && s.Pattern == Duplex {
		add("stands beside pattern duplex: what goes up is not kept apart by transport", "another pattern", "mix", "pattern")
	}
	if len(s.Mix) > 0 && s.Slow.Share > 0 {
		add("stands beside slow.share: slow readers are not kept apart by transport", "one of the two", "mix", "slow.share")
	}
	return found
}
