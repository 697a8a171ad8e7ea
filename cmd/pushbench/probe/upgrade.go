package probe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"pushbench/loadgen/wire"
)

func asUpgradeError(err error, target **wire.UpgradeError) bool { return errors.As(err, target) }

// handshaken is what came of asking for a WebSocket.
type handshaken struct {
	Target string
	Known  bool // the server is known to have a WebSocket there
	// Status of the answer, 0 if none came; Detail says what is wrong with it, Why what happened instead of an answer.
	Status      int
	Detail, Why string
	Location    string
	Body        string
	Server      string
	Untried     string
}

// checkUpgrade is a check that others refer to.
const checkUpgrade = "upgrade"

var upgrade = checkOf(plan{name: checkUpgrade, bears: []Transport{WebSocket}}, lookUpgrade, judgeUpgrade)

func lookUpgrade(_ context.Context, p *Path) (handshaken, error) {
	o := p.opened[WebSocket]
	var why *untriedError
	if errors.As(o.Err, &why) {
		return handshaken{}, why
	}
	h := handshaken{Target: o.Target, Known: p.service.knows(WebSocket), Status: o.Head.Status, Server: o.Head.Header.Get("Server")}
	var refused *wire.UpgradeError
	switch {
	case asUpgradeError(o.Err, &refused):
		h.Detail, h.Location, h.Body = refused.Detail, refused.Location, p.mask.clean(string(refused.Body)) // before it is cut
	case o.Err != nil:
		h.Why = endingOf(o.Err).How
	}
	return h, nil
}

// refusalKind is what kind of answer stands in place of a switch of protocols.
type refusalKind int

const (
	switched     refusalKind = iota
	unanswered               // no answer at all
	miswritten               // 101, but not WebSocket's
	redirected               // 3xx
	stripped                 // the server did not see that it was asked: 426, 400 that says so, or an ordinary answer
	forbidden                // 401, 403, 407
	unavailable              // 502, 503, 504
	refusedOther             // anything else
)

func (h handshaken) kind() refusalKind {
	ok := h.Detail == "" && h.Why == ""
	switch {
	case ok:
		return switched
	case h.Status == 0:
		return unanswered
	case h.Status == http.StatusSwitchingProtocols:
		return miswritten
	case h.Status >= 300 && h.Status < 400:
		return redirected
	case h.Status == http.StatusUpgradeRequired, h.namesUpgrade(), h.Known && h.Status < 300:
		return stripped
	case h.Status == http.StatusUnauthorized, h.Status == http.StatusForbidden, h.Status == http.StatusProxyAuthRequired:
		return forbidden
	case h.Status >= http.StatusBadGateway && h.Status <= http.StatusGatewayTimeout:
		return unavailable
	}
	return refusedOther
}

// namesUpgrade says whether a refusal is about the fields that ask for a WebSocket.
func (h handshaken) namesUpgrade() bool {
	body := strings.ToLower(h.Body)
	return h.Status == http.StatusBadRequest && (strings.Contains(body, "upgrade") || strings.Contains(body, "websocket"))
}

func judgeUpgrade(h handshaken) []Finding {
	f := Finding{Verdict: Broken, Tried: "GET " + h.Target + " with Upgrade: websocket", Change: changes(adviceUpgrade), Measured: map[string]float64{}}
	f.Happened = h.happened()
	if h.Status > 0 {
		f.Measured["status"] = float64(h.Status)
	}
	switch h.kind() {
	case switched:
		f.Verdict, f.Change, f.Means = Fine, nil, "The upgrade survives the path."
	case unanswered:
		f.Means = "Something on the path takes the request and does not answer it: a WebSocket cannot be opened."
	case miswritten:
		f.Means = "Something on the path answers in the server's place, or changes the answer: clients refuse it."
	case redirected:
		f.Means = "Browsers follow no redirect for a WebSocket: it cannot be opened at this address."
		f.Change = []Change{{own, "point clients at " + shownLocation(h.Location) + ", and probe that"}}
	case stripped:
		f.Means = "The server did not see that it was asked to switch: " + h.culprit() + ". A WebSocket cannot be opened."
	case forbidden:
		f.Means = "The request was refused for who sent it, not for what it asks: credentials are missing (-H), or the Origin is not allowed."
		f.Verdict, f.Change = Untried, nil
	case unavailable:
		f.Means = "A proxy got no usable answer from the server behind it: that is down, or does not take the upgrade as the proxy sends it."
	default:
		f.Means = "A WebSocket cannot be opened."
	}
	if !h.Known && h.kind() == redirected {
		f.Verdict = Untried
	} else if !h.Known && h.mayHaveNone() {
		f.Verdict, f.Change = Untried, nil
		f.Means = "Not known: perhaps this server has no WebSocket at this address. A target file says where it has one."
	}
	return []Finding{f}
}

// culprit is what a proxy did, as far as the server's refusal tells.
func (h handshaken) culprit() string {
	body := strings.ToLower(h.Body)
	switch {
	case strings.Contains(body, "http/1.0"):
		return "a proxy on the path speaks HTTP/1.0 to it"
	case strings.Contains(body, "connection header"), strings.Contains(body, "upgrade header"):
		return "a proxy on the path drops the Upgrade and Connection fields"
	}
	return "a proxy on the path drops the Upgrade and Connection fields, or speaks HTTP/1.0 to it"
}

// mayHaveNone says whether the answer is what a server without a WebSocket there would say.
func (h handshaken) mayHaveNone() bool {
	switch h.kind() {
	case refusedOther:
		return true
	case stripped:
		return false
	}
	return h.Status != 0 && h.Status < 300 && h.Status != http.StatusSwitchingProtocols
}

func (h handshaken) happened() string {
	switch {
	case h.kind() == switched:
		return "101 Switching Protocols"
	case h.Status == 0:
		return strings.TrimPrefix(strings.TrimPrefix(h.Detail+" "+h.Why, " "), "wire: ")
	}
	s := fmt.Sprintf("status %d %s", h.Status, http.StatusText(h.Status))
	if h.Status == http.StatusSwitchingProtocols {
		s += ", but " + h.Detail
	}
	if h.Location != "" {
		s += ", redirected to " + shownLocation(h.Location)
	}
	if text := strings.TrimSpace(h.Body); text != "" && !strings.HasPrefix(text, "<") {
		s += fmt.Sprintf(", saying %q", text[:min(len(text), 120)])
	}
	return s
}
