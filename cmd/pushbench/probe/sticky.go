package probe

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// spread is what answers on different connections tell of the backends behind them.
type spread struct {
	Connections int
	// Backends are the differing values of Field, which names the backend: a cursor's epoch, or a header field.
	Field    string
	Backends int
	// Cookies are names of cookies that load balancers set.
	Cookies []string
	// Several says that answers on one and the same connection came from more than one backend.
	Several bool
}

var sticky = checkOf(plan{
	name: "stickiness", bears: Transports, harvest: true, tried: "compared the answers on all connections",
}, func(_ context.Context, p *Path) (spread, error) { return lookSpread(p.harvest()), nil }, judgeSpread)

// backendFields are fields in which something on a path names the machine that answered.
var backendFields = []string{"X-Backend", "X-Backend-Server", "X-Served-By", "X-Server", "X-Upstream", "X-Upstream-Addr", "X-Instance", "X-Instance-Id", "X-Node", "X-Pod", "X-Pod-Name", "X-Hostname", "X-Host"}

// balancerCookies are cookies (or how they begin) by which load balancers keep a client with its backend.
var balancerCookies = []string{"AWSALB", "AWSELB", "SERVERID", "BIGipServer", "ROUTEID", "JSESSIONID", "ARRAffinity", "route", "sticky", "lb", "GCLB", "INGRESSCOOKIE", "__cflb", "io"}

// epoch is the part of a reference server's cursor that is the same for one run of one server.
func epoch(a answer) string {
	before, _, _ := strings.Cut(a.Header.Get(cursorHeader), "-")
	return before
}

func lookSpread(all []answer) spread {
	s := spread{Connections: len(byConnection(all, func(answer) string { return "" }))}
	for _, a := range all {
		for _, name := range cookiesOf(a) {
			if !slices.Contains(s.Cookies, name) {
				s.Cookies = append(s.Cookies, name)
			}
		}
	}
	s.count("the epoch of "+cursorHeader, all, epoch)
	for _, field := range backendFields {
		s.count(field, all, func(a answer) string { return a.Header.Get(field) })
	}
	return s
}

// count looks at one thing that names a backend, and keeps it if it names more of them than those before.
func (s *spread) count(field string, all []answer, name func(answer) string) {
	values := map[string]bool{}
	for _, names := range byConnection(all, name) {
		s.Several = s.Several || len(names) > 1
		for n := range names {
			values[n] = true
		}
	}
	if len(values) > s.Backends {
		s.Field, s.Backends = field, len(values)
	}
}

// byConnection collects what answers say, without those that say nothing, by connection.
func byConnection(all []answer, name func(answer) string) map[int]map[string]bool {
	m := map[int]map[string]bool{}
	for _, a := range all {
		if m[a.Connection] == nil {
			m[a.Connection] = map[string]bool{}
		}
		if n := name(a); n != "" {
			m[a.Connection][n] = true
		}
	}
	return m
}

// cookiesOf are the names of an answer's cookies that load balancers set.
func cookiesOf(a answer) []string {
	var names []string
	for _, c := range (&http.Response{Header: a.Header}).Cookies() {
		if slices.ContainsFunc(balancerCookies, func(known string) bool {
			return strings.HasPrefix(c.Name, known) && (len(known) > 5 || c.Name == known)
		}) {
			names = append(names, c.Name)
		}
	}
	return names
}

func judgeSpread(s spread) []Finding {
	f := Finding{Verdict: Fine, Measured: map[string]float64{"connections": float64(s.Connections)}}
	f.Happened = fmt.Sprintf("nothing in the answers on %d connections names a backend", s.Connections)
	f.Means = "Whether there are several is not known."
	switch {
	case s.Backends == 1:
		f.Happened = fmt.Sprintf("%s is the same on all %d connections", s.Field, s.Connections)
		f.Means = "They reached the same backend."
		f.Measured["backends"] = 1
	case s.Backends > 1:
		f.Verdict, f.Change = Impaired, changes(adviceSticky)
		f.Happened = fmt.Sprintf("%s has %d values on %d connections", s.Field, s.Backends, s.Connections)
		f.Measured["backends"] = float64(s.Backends)
		f.Means = "Connections reach different backends. A WebSocket stays where it began. A poller changes with every connection: what it asks for has to be known to all of them (a shared log, or a session that any can take over)."
	}
	if s.Several {
		f.Means += " Even requests on one connection do."
	}
	if len(s.Cookies) > 0 {
		f.Happened += "; a cookie of a load balancer was set: " + strings.Join(s.Cookies, ", ")
		f.Means += " This probe sends no cookies back; a browser does, and stays with the backend it names."
	}
	return []Finding{f}
}
