package probe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// greeting is the first connection and what came over it.
type greeting struct {
	conn *connection
	// answer is that of the URL, or of the reference server's poll.
	answer answer
	// refused is why clients refuse the certificate; then nothing was sent.
	refused *certificateError
	// onlyHTTP2 says that the near end does not speak HTTP/1.1.
	onlyHTTP2 bool
	remote    string
}

func (g *greeting) close() {
	if g.conn != nil {
		_ = g.conn.Close()
	}
}

// greet opens the first connection and finds out what the server speaks.
func (p *Path) greet(ctx context.Context) error {
	c, err := p.connect(ctx, dialOptions{resume: true})
	if err != nil && strings.Contains(err.Error(), noProtocol) {
		p.hello.onlyHTTP2 = true
		c, err = p.connect(ctx, dialOptions{protocols: []string{"h2"}})
	}
	if errors.As(err, &p.hello.refused) {
		return nil
	}
	if err != nil {
		return err
	}
	p.hello.conn, p.hello.remote = c, c.RemoteAddr().String()
	if p.hello.onlyHTTP2 {
		return nil
	}
	if p.service == nil {
		return p.recognise(ctx)
	}
	p.hello.answer, err = c.exchange(p.service.plain(), answerTimeout)
	return err
}

// noProtocol is what crypto/tls says of the alert no_application_protocol (RFC 7301), for which it has no type.
const noProtocol = "no application protocol"

// recognise asks for a cursor as the reference server's clients do; a server that has none is asked for the URL itself.
func (p *Path) recognise(ctx context.Context) error {
	r := reference{base: referenceBase(p.url.EscapedPath()), topic: p.topic}
	a, err := p.hello.conn.exchange(r.plain(), answerTimeout)
	if err == nil && a.Status == http.StatusNoContent && a.Header.Get(cursorHeader) != "" {
		p.service, p.hello.answer = r, a
		return nil
	}
	p.service = unknown{target: p.url.RequestURI()}
	if err != nil || a.Closes {
		p.hello.close()
		if p.hello.conn, err = p.connect(ctx, dialOptions{resume: true}); err != nil {
			return err
		}
	}
	p.hello.answer, err = p.hello.conn.exchange(p.service.plain(), answerTimeout)
	return err
}

// referenceBase is a URL's path without the reference server's own last step, and without a slash at its end.
func referenceBase(path string) string {
	path = strings.TrimSuffix(path, "/")
	for _, own := range []string{"/ws", "/poll", "/sse", "/publish"} {
		if base, ok := strings.CutSuffix(path, own); ok {
			return base
		}
	}
	return path
}

// reached is what the first answer said.
type reached struct {
	Remote, Proto, Asked string
	Status               int
	Location             string
	Speaks               string
	TCP, TLS, Took       time.Duration
}

var reach = checkOf(plan{name: "reach", bears: Transports, tried: "opened a connection and sent a request"}, lookReached, judgeReached)

func lookReached(_ context.Context, p *Path) (reached, error) {
	g := &p.hello
	return reached{
		Remote: g.remote, Proto: g.answer.Proto, Status: g.answer.Status, Location: g.answer.Header.Get("Location"), Asked: shownTarget(p.service.plain().target),
		Speaks: p.service.speaks(), TCP: g.conn.tcp, TLS: g.conn.tls, Took: g.answer.Took,
	}, nil
}

func judgeReached(r reached) []Finding {
	f := Finding{
		Verdict:  Fine,
		Tried:    "GET " + r.Asked,
		Happened: fmt.Sprintf("%s answered %s %d", r.Remote, r.Proto, r.Status),
		Means:    "The path leads to a server.",
		Measured: map[string]float64{"status": float64(r.Status), "tcp_seconds": seconds(r.TCP), "answer_seconds": seconds(r.Took)},
	}
	if r.TLS > 0 {
		f.Measured["tls_seconds"] = seconds(r.TLS)
	}
	switch {
	case r.Status >= 300 && r.Status < 400:
		f.Verdict = Impaired
		f.Happened += " with a redirect to " + shownLocation(r.Location) + ", which was not followed"
		f.Means = "Browsers follow no redirect for a WebSocket, and every poll that is redirected costs a round trip more. What follows is about the server that redirects."
		f.Change = []Change{{own, "point clients at the address redirected to, and probe that one"}}
	case r.Speaks == "reference":
		f.Means = "It speaks the reference server's protocol: messages can be sent and received."
	case r.Speaks == "unknown":
		f.Means = "Its protocol is not known, so only what needs no knowledge was tried. A target file describes it."
	}
	return []Finding{f}
}
