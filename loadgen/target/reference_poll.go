package target

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"

	"pushbench/loadgen"
	"pushbench/loadgen/wire"
	"pushbench/longpoll"
)

// openPoll connects and fetches the cursor that means "now", or polls from where it goes on: from here on nothing published is lost.
func (t *Reference) openPoll(ctx context.Context, c loadgen.ClientSpec) (loadgen.Conn, error) {
	headers := t.headerFields(forPoll, c.Transport)
	next, err := wire.NewRequest(wire.RequestSpec{Host: t.host, Target: t.pollTarget(c) + "&" + longpoll.ParamCursor + "=", Header: headers})
	if err != nil {
		return nil, err
	}
	first, err := wire.NewRequest(wire.RequestSpec{Host: t.host, Target: t.firstPoll(c), Header: headers})
	if err != nil {
		return nil, err
	}
	p := t.newPoll(c, &referencePolls{request: next})
	if err := p.subscribe(ctx, firstPoll{first}); err != nil {
		_ = p.live.close()
		return nil, p.ledger.failed(fmt.Errorf("first poll: %w", t.named(err)))
	}
	if c.Sends {
		if p.post, err = t.openPoster(ctx, c, p.tls); err != nil {
			return nil, p.ledger.failed(errors.Join(err, p.Close()))
		}
	}
	return p, nil
}

// openPoster makes the sending half of a client's session.
func (t *Reference) openPoster(ctx context.Context, c loadgen.ClientSpec, session *tls.Config) (*post, error) {
	request, err := wire.NewRequest(wire.RequestSpec{
		Method: http.MethodPost, Host: t.host, Target: publishTarget(c.Destination()), Header: t.headerFields(forPost, c.Transport),
	})
	if err != nil {
		return nil, err
	}
	return t.openPost(ctx, c, session, referencePost{request})
}

// referencePost is a message posted to /publish.
type referencePost struct{ request *wire.Request }

func (r referencePost) post(b, payload []byte) []byte { return r.request.Append(b, nil, payload) }

func (r referencePost) accepted(answer *wire.Response) error {
	if answer.Status != http.StatusNoContent {
		return &kindError{fmt.Sprintf("http %d", answer.Status), errors.New("the server refused a message")}
	}
	return nil
}

// firstPoll opens a session: its request has no cursor, or one of its own.
type firstPoll struct{ request *wire.Request }

func (f firstPoll) ask(b []byte) []byte { return f.request.Append(b, nil, nil) }

// referencePolls are the polls of package longpoll's protocol.
type referencePolls struct {
	request *wire.Request
	cursor  []byte
}

func (r *referencePolls) ask(b []byte) []byte { return r.request.Append(b, r.cursor, nil) }

func (r *referencePolls) take(answer *wire.Response) error {
	if err := refused(answer.Status, string(answer.Header(longpoll.HeaderReset)) == "1", answer.Body); err != nil {
		return err
	}
	cursor := answer.Header(longpoll.HeaderCursor)
	if len(cursor) == 0 {
		return errNoCursor
	}
	r.cursor = append(r.cursor[:0], cursor...)
	return nil
}

func (r *referencePolls) tells(answer *wire.Response) bool {
	return len(answer.Body) > 0 || len(answer.Header(longpoll.HeaderMissed)) > 0
}

func (r *referencePolls) deliver(answer *wire.Response, b *loadgen.Batch) (empty bool, err error) {
	b.Reset = answer.Status == http.StatusGone // its body is for people
	empty = b.Reset || len(answer.Body) == 0
	if missed := answer.Header(longpoll.HeaderMissed); len(missed) > 0 {
		if b.Missed, err = parseMissed(string(missed)); err != nil {
			return empty, err
		}
	}
	if empty {
		return true, nil
	}
	return false, decodeMessages(answer.Body, b)
}

func (r *referencePolls) reply() asking { return nil }

func (r *referencePolls) place() loadgen.Place { return place{cursor: string(r.cursor)}.text() }

// decodeMessages splits a body of netstrings into the batch's messages.
func decodeMessages(body []byte, b *loadgen.Batch) error {
	for len(body) > 0 {
		message, rest, err := longpoll.DecodeNext(body)
		if err != nil {
			return &kindError{"protocol", fmt.Errorf("poll answer: %w", err)}
		}
		b.Messages = append(b.Messages, message)
		body = rest
	}
	return nil
}
