package target

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"syscall"

	"github.com/coder/websocket"

	"pushbench/loadgen/netem"
	"pushbench/loadgen/wire"
	"pushbench/longpoll"
)

// kindError gives an error the name under which it is counted.
type kindError struct {
	kind string
	err  error
}

func (e *kindError) Error() string { return e.err.Error() }
func (e *kindError) Unwrap() error { return e.err }

// Kind is the name under which the error is counted.
func (e *kindError) Kind() string { return e.kind }

// named gives an error from a session the kind that a reader can act on.
func named(err error) error {
	if err == nil {
		return nil // apart, because what looks for kinds allocates: that would be done for every message sent
	}
	return withKind(err)
}

func withKind(err error) error {
	if kind := kindOfError(err); kind != "" {
		return &kindError{kind, err}
	}
	return err
}

// kindOfError is the name under which an error is counted; empty for one that has a name already, or none beyond that of connections.
func kindOfError(err error) string {
	if status := websocket.CloseStatus(err); status != -1 {
		return "websocket close " + strconv.Itoa(int(status))
	}
	if e, ok := errors.AsType[*wire.CloseError](err); ok {
		return "websocket close " + strconv.Itoa(e.Code)
	}
	if e, ok := errors.AsType[*wire.UpgradeError](err); ok {
		return kindOfRefusal(e.Status, e.TooLarge())
	}
	if e, ok := errors.AsType[*wire.EventsError](err); ok {
		return kindOfRefusal(e.Status, e.TooLarge())
	}
	if e, ok := errors.AsType[*wire.FormatError](err); ok && e.TooLarge() {
		return "too large"
	}
	if e, ok := errors.AsType[*wire.ProtocolError](err); ok && e.Code == wire.CloseTooBig {
		return "too large"
	}
	return kindOfType(err)
}

// kindOfRefusal is that of an answer that opened neither a WebSocket nor a stream of events.
func kindOfRefusal(status int, tooLarge bool) string {
	switch {
	case tooLarge:
		return "too large"
	case status == http.StatusSwitchingProtocols, status == 0: // to what was not asked for, or an answer without a status
		return "protocol"
	}
	return "http " + strconv.Itoa(status)
}

func kindOfType(err error) string {
	var protocol *wire.ProtocolError
	var format *wire.FormatError
	var truncated *wire.TruncatedError
	var slow *wire.SlowError
	var timeout net.Error
	switch {
	case errors.Is(err, netem.ErrCut):
		return "cut"
	case errors.Is(err, netem.ErrRefused), errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.As(err, &protocol), errors.As(err, &format), errors.Is(err, longpoll.ErrMalformed), errors.Is(err, wire.ErrUnsolicited):
		return "protocol"
	case errors.As(err, &truncated):
		return "truncated response"
	case errors.Is(err, wire.ErrNoRoom):
		return "too large"
	case errors.As(err, &slow), errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	}
	return kindOfTLS(err)
}

// kindOfTLS tells a certificate that is not accepted from other failures of a handshake.
func kindOfTLS(err error) string {
	var certificate *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var header tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.As(err, &certificate), errors.As(err, &authority), errors.As(err, &host), errors.As(err, &invalid):
		return "certificate"
	case errors.As(err, &header), errors.As(err, &alert):
		return "tls"
	}
	return ""
}

// discreet is an error in words of our own, where a server's might repeat a secret that it was sent: reasons, bodies and addresses of redirects are left out.
func discreet(err error) error {
	if err == nil {
		return nil
	}
	text := ""
	if e, ok := errors.AsType[*wire.CloseError](err); ok {
		text = fmt.Sprintf("the server closed the WebSocket session with code %d", e.Code)
	}
	if e, ok := errors.AsType[*wire.UpgradeError](err); ok {
		text = fmt.Sprintf("the server answered the upgrade to WebSocket with status %d: %s", e.Status, e.Detail)
		if u, err := url.Parse(e.Location); err == nil && e.Location != "" {
			text += ", redirected to " + (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"}).String() + "…"
		}
	}
	kind := kindOfError(err)
	if text == "" {
		return withKind(err)
	}
	return &kindError{kind, errors.New(text)}
}
