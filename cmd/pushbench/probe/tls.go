package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// encryption is what the first handshake agreed upon.
type encryption struct {
	Clear   bool
	Version uint16
	Cipher  uint16
	Invalid error // why clients refuse the certificate
	// Certificate facts.
	Subject, Issuer string
	NotAfter        time.Time
	Now             time.Time
}

var encrypted = checkOf(plan{name: "tls", bears: Transports, tried: "a TLS handshake, and what a client does with the certificate"}, lookEncryption, judgeEncryption)

// What is left to say when the certificate was refused, and when HTTP/1.1 was.
var onlyCertificate, onlyHTTP2 = []Check{encrypted}, []Check{encrypted, http2}

func lookEncryption(_ context.Context, p *Path) (encryption, error) {
	if !p.encrypted() {
		return encryption{Clear: true}, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	e := encryption{Invalid: p.certificate, Now: time.Now()}
	if c := p.hello.conn; c != nil && c.state != nil {
		e.Version, e.Cipher = c.state.Version, c.state.CipherSuite
		leaf := c.state.PeerCertificates[0]
		e.Subject, e.Issuer, e.NotAfter = leaf.Subject.CommonName, leaf.Issuer.CommonName, leaf.NotAfter
	}
	return e, nil
}

// soonExpires is how long before its end a certificate is worth a word.
const soonExpires = 14 * 24 * time.Hour

func judgeEncryption(e encryption) []Finding {
	if e.Clear {
		return []Finding{{
			Verdict: Fine, Happened: "the URL is not encrypted", Tried: "the URL's scheme",
			Means: "Proxies on the way can read and change everything. Those that do not know WebSocket break it in clear text far more often than under TLS; a page loaded over https may not use it at all.",
		}}
	}
	if e.Invalid != nil {
		return []Finding{e.invalid()}
	}
	f := Finding{
		Verdict: Fine, Happened: fmt.Sprintf("%s, %s; the certificate is valid until %s", tls.VersionName(e.Version), tls.CipherSuiteName(e.Cipher), e.NotAfter.UTC().Format(time.DateOnly)),
		Means:    "A new connection takes one round trip for TLS beside that for TCP. That is the price of each reconnect, and of each poll without keep-alive.",
		Measured: map[string]float64{"certificate_days_left": float64(int(e.NotAfter.Sub(e.Now).Hours() / 24))},
	}
	if e.Version < tls.VersionTLS13 {
		f.Verdict, f.Change = Impaired, changes(adviceTLSVersion)
		f.Means = "A new connection takes two round trips for TLS where TLS 1.3 takes one; polls without keep-alive pay that each time."
	}
	if left := e.NotAfter.Sub(e.Now); left < soonExpires {
		f.Verdict = Impaired
		f.Happened += fmt.Sprintf(", in %d days", int(left.Hours()/24))
		f.Change = append(f.Change, Change{own, "renew the certificate"})
	}
	return []Finding{f}
}

func (e encryption) invalid() Finding {
	return Finding{
		Verdict: Broken, Happened: "clients refuse the certificate: " + certificateReason(e.Invalid),
		Means:  "No browser opens a connection of any kind. With --insecure the probe goes on all the same.",
		Change: []Change{{own, "a certificate for this host name, from an authority that clients trust, with its intermediates; or --ca FILE if clients have one of their own"}},
	}
}

// certificateReason says in a few words what is wrong.
func certificateReason(err error) string {
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var authority x509.UnknownAuthorityError
	switch {
	case errors.As(err, &host):
		return "it is for another host name"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "it has expired, or is not valid yet"
	case errors.As(err, &authority):
		return "it is signed by no authority that is trusted here"
	}
	return err.Error()
}

// resumed is whether a second connection could resume the session of the first.
type resumed struct {
	Resumed     bool
	First, Next time.Duration // the handshakes
	Version     uint16
}

var resumption = checkOf(plan{
	name: "tls-resumption", bears: Transports, tried: "a second connection with the TLS session of the first",
}, lookResumption, judgeResumption)

func lookResumption(ctx context.Context, p *Path) (resumed, error) {
	if !p.encrypted() {
		return resumed{}, untried("the URL is not encrypted")
	}
	c, err := p.connect(ctx, dialOptions{resume: true})
	if err != nil {
		return resumed{}, err
	}
	defer c.Close()
	return resumed{Resumed: c.state.DidResume, First: p.hello.conn.tls, Next: c.tls, Version: c.state.Version}, nil
}

func judgeResumption(r resumed) []Finding {
	f := Finding{
		Verdict: Fine, Happened: "the session was resumed",
		Means:    "A reconnect needs no certificate: fewer bytes and less CPU at both ends.",
		Measured: map[string]float64{"first_handshake_seconds": seconds(r.First), "next_handshake_seconds": seconds(r.Next)},
	}
	if !r.Resumed {
		f.Verdict, f.Happened, f.Change = Impaired, "the session was not resumed", changes(adviceResumption)
		f.Means = "Every reconnect pays for a full handshake: after a restart of the server all clients pay at once, and polls without keep-alive pay each time."
		f.Transports = []Transport{LongPoll, WebSocket, SSE}
	}
	return []Finding{f}
}

// negotiation is what came of offering HTTP/2.
type negotiation struct {
	Clear bool
	// Protocol is what the server chose, "" if it chose none.
	Protocol string
	// Extended says that its settings allow WebSocket over HTTP/2 (RFC 8441).
	Extended bool
	// OnlyHTTP2 says that HTTP/1.1 was refused.
	OnlyHTTP2 bool
}

var http2 = checkOf(plan{name: "http2", bears: Transports, tried: "offered h2 and http/1.1 by ALPN"}, lookHTTP2, judgeHTTP2)

func lookHTTP2(ctx context.Context, p *Path) (negotiation, error) {
	if !p.encrypted() {
		return negotiation{Clear: true}, nil
	}
	c, err := p.connect(ctx, dialOptions{protocols: []string{"h2", "http/1.1"}})
	if err != nil {
		return negotiation{}, err
	}
	defer c.Close()
	n := negotiation{Protocol: c.state.NegotiatedProtocol, OnlyHTTP2: p.hello.onlyHTTP2}
	if n.Protocol == "h2" {
		n.Extended, err = extendedConnect(c)
	}
	return n, err
}

// Of HTTP/2 (RFC 9113, sections 3.4, 4.1 and 6.5) as much as it takes to read the server's settings.
const (
	preface                = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	frameHead              = 9
	frameSettings          = 4
	settingExtendedConnect = 8 // SETTINGS_ENABLE_CONNECT_PROTOCOL, RFC 8441, section 3
	maxSettings            = 16 << 10
)

// extendedConnect reads the server's settings, its first frame.
func extendedConnect(c *connection) (bool, error) {
	if err := c.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		return false, err
	}
	if _, err := io.WriteString(c, preface+"\x00\x00\x00\x04\x00\x00\x00\x00\x00"); err != nil {
		return false, err
	}
	var head [frameHead]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return false, err
	}
	length := int(head[0])<<16 | int(head[1])<<8 | int(head[2])
	if head[3] != frameSettings || length > maxSettings {
		return false, errors.New("HTTP/2 was chosen but the first frame is not its settings")
	}
	settings := make([]byte, length)
	if _, err := io.ReadFull(c, settings); err != nil {
		return false, err
	}
	return hasExtendedConnect(settings), nil
}

// hasExtendedConnect looks for the setting in a frame's payload: pairs of a two-byte name and a four-byte value.
func hasExtendedConnect(settings []byte) bool {
	for ; len(settings) >= 6; settings = settings[6:] {
		if binary.BigEndian.Uint16(settings) == settingExtendedConnect && binary.BigEndian.Uint32(settings[2:]) == 1 {
			return true
		}
	}
	return false
}

func judgeHTTP2(n negotiation) []Finding {
	f := Finding{Verdict: Fine, Happened: "the server chose " + strings.Replace(n.Protocol, "h2", "HTTP/2", 1)}
	switch {
	case n.Clear:
		f.Tried, f.Happened = "the URL's scheme", "HTTP/2 is negotiated within TLS, which the URL does not use"
		f.Means = "Browsers use HTTP/1.1, and at most six connections to a host: each parked poll and each stream of events in any tab takes one."
	case n.OnlyHTTP2 && !n.Extended:
		f.Verdict, f.Transports, f.Change = Broken, []Transport{WebSocket}, changes(adviceALPN)
		f.Means = "HTTP/1.1 was refused, and its HTTP/2 does not carry WebSocket (RFC 8441): none can be opened."
		return []Finding{f, {Verdict: Untried, Transports: []Transport{LongPoll, SSE}, Happened: "only HTTP/2 is spoken, which this probe does not"}}
	case n.Protocol == "h2" && n.Extended:
		f.Happened += ", and its settings allow WebSocket over it (RFC 8441)"
		f.Means = "Polls, streams and WebSockets of a browser share one connection. What follows was measured over HTTP/1.1."
	case n.Protocol == "h2":
		f.Happened += ", without WebSocket over it (RFC 8441)"
		f.Means = "Polls and streams of a browser share one connection; for a WebSocket it opens another with HTTP/1.1. What follows was measured over HTTP/1.1."
	default:
		f.Happened = "the server stayed with HTTP/1.1"
		f.Means = "A browser uses at most six connections to a host: each parked poll and each stream of events in any tab takes one."
		f.Change = changes(adviceALPN)
	}
	return []Finding{f}
}
