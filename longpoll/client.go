package longpoll

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Client polls one topic and keeps its cursor. Only URL and Topic must be set.
// It is for one goroutine at a time.
type Client struct {
	URL    string // the poll endpoint, such as http://host:port/poll; a query in it is kept
	Topic  string
	Cursor string        // where to start; "" = from now. Kept up to date.
	Hold   time.Duration // how long the server may wait; 0 = the server's default, below 0 = answer at once
	Max    int           // most messages per answer; 0 = the server's limit

	HTTP     *http.Client // nil = http.DefaultClient; its Timeout must exceed Hold
	Header   http.Header  // sent with every poll
	MaxBytes int64        // longest body accepted; 0 = 64 MiB

	// Interval is the pause after each answer: 0 for long-polling, the polling
	// interval for short polling.
	Interval time.Duration
	// MinBackoff and MaxBackoff bound the wait after a failed poll, which doubles
	// from one to the other; 0 = 100ms and 5s.
	MinBackoff, MaxBackoff time.Duration
}

// Answer is what one poll brought.
type Answer struct {
	Messages [][]byte // nil when the hold passed without one
	Missed   uint64   // messages lost before these, fallen out of the server's log
	Reset    bool     // the server was restarted; what it had not delivered is lost, uncounted
}

// StatusError is an answer that carries no messages: a refusal, or a server that
// is shutting down or broken.
type StatusError struct {
	Code       int           // HTTP status
	Text       string        // first line of the body
	RetryAfter time.Duration // 0 if the server named none
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("poll answered %d %s: %s", e.Code, http.StatusText(e.Code), e.Text)
}

// Permanent reports whether repeating the same poll is pointless.
func (e *StatusError) Permanent() bool { return e.Code < 500 && e.Code != http.StatusTooManyRequests }

// ErrProtocol is wrapped by errors about an answer that breaks the protocol: the
// URL is probably not a poll endpoint.
var ErrProtocol = errors.New("answer is not of the long-poll protocol")

// Poll sends one poll, waits for its answer and moves the cursor on. A first
// poll without a cursor is answered at once, without messages. Errors are a
// [*StatusError], wrap [ErrProtocol] or [ErrMalformed], or come from net/http;
// after any of them the cursor is where it was, and Poll may be called again.
func (c *Client) Poll(ctx context.Context) (Answer, error) {
	req, err := c.request(ctx)
	if err != nil {
		return Answer{}, err
	}
	res, err := cmp.Or(c.HTTP, http.DefaultClient).Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	body, err := readBody(res, cmp.Or(c.MaxBytes, 64<<20))
	if err != nil {
		return Answer{}, fmt.Errorf("reading the answer to a poll: %w", err)
	}
	return c.take(res, body)
}

// Run polls until ctx is done or the server refuses for good, and hands over
// every answer that says anything. It waits and tries again after broken
// connections and 5xx. It returns ctx's error, take's, or the refusal.
func (c *Client) Run(ctx context.Context, take func(Answer) error) error {
	var backoff time.Duration
	for {
		answer, err := c.Poll(ctx)
		wait := c.Interval
		switch {
		case err == nil:
			backoff = 0
			if err := deliver(answer, take); err != nil {
				return err
			}
		case ctx.Err() != nil:
			return ctx.Err()
		case hopeless(err):
			return err
		default:
			backoff = min(max(2*backoff, cmp.Or(c.MinBackoff, 100*time.Millisecond)), cmp.Or(c.MaxBackoff, 5*time.Second))
			wait = retryWait(err, backoff)
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

func deliver(a Answer, take func(Answer) error) error {
	if len(a.Messages) == 0 && a.Missed == 0 && !a.Reset {
		return nil
	}
	return take(a)
}

// hopeless reports whether another try could not go better.
func hopeless(err error) bool {
	var status *StatusError
	if errors.As(err, &status) {
		return status.Permanent()
	}
	return errors.Is(err, ErrProtocol) || errors.Is(err, ErrMalformed)
}

// retryWait is the server's Retry-After, or the backoff with jitter so that
// clients which failed together do not come back together.
func retryWait(err error, backoff time.Duration) time.Duration {
	var status *StatusError
	if errors.As(err, &status) && status.RetryAfter > 0 {
		return status.RetryAfter
	}
	return backoff/2 + rand.N(backoff/2+1)
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

func (c *Client) request(ctx context.Context) (*http.Request, error) {
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, fmt.Errorf("poll URL: %w", err)
	}
	u.RawQuery = c.query(u.RawQuery)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	for k, v := range c.Header {
		req.Header[k] = v
	}
	return req, nil
}

// query appends the poll's parameters to those the URL has.
func (c *Client) query(own string) string {
	var b strings.Builder
	if own != "" {
		b.WriteString(own + "&")
	}
	b.WriteString(ParamTopic + "=" + url.QueryEscape(c.Topic))
	if c.Cursor != "" {
		b.WriteString("&" + ParamCursor + "=" + url.QueryEscape(c.Cursor))
	}
	if c.Hold != 0 {
		b.WriteString("&" + ParamHold + "=" + max(c.Hold, 0).String())
	}
	if c.Max > 0 {
		b.WriteString("&" + ParamMax + "=" + strconv.Itoa(c.Max))
	}
	return b.String()
}

func readBody(res *http.Response, limit int64) ([]byte, error) {
	if res.ContentLength > limit {
		return nil, fmt.Errorf("%w: body of %d bytes is over the client's limit of %d", ErrProtocol, res.ContentLength, limit)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err == nil && int64(len(body)) > limit {
		return nil, fmt.Errorf("%w: body is over the client's limit of %d bytes", ErrProtocol, limit)
	}
	return body, err
}

// take turns an answer into messages and, if that works, moves the cursor.
func (c *Client) take(res *http.Response, body []byte) (a Answer, err error) {
	switch res.StatusCode {
	case http.StatusOK:
		a.Messages, err = decodeAll(body)
	case http.StatusNoContent:
	case http.StatusGone:
		if a.Reset = res.Header.Get(HeaderReset) == "1"; !a.Reset {
			return Answer{}, statusError(res, body)
		}
	default:
		return Answer{}, statusError(res, body)
	}
	if err != nil {
		return Answer{}, err
	}
	if a.Missed, err = missed(res.Header); err != nil {
		return Answer{}, err
	}
	cursor := res.Header.Get(HeaderCursor)
	if cursor == "" {
		return Answer{}, fmt.Errorf("%w: status %d without %s", ErrProtocol, res.StatusCode, HeaderCursor)
	}
	c.Cursor = cursor
	return a, nil
}

func missed(h http.Header) (uint64, error) {
	text := h.Get(HeaderMissed)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: %s: %.40q", ErrProtocol, HeaderMissed, text)
	}
	return n, nil
}

func decodeAll(body []byte) ([][]byte, error) {
	var messages [][]byte
	for len(body) > 0 {
		msg, rest, err := DecodeNext(body)
		if err != nil {
			return nil, fmt.Errorf("%w: message %d of the body: %w", ErrProtocol, len(messages)+1, err)
		}
		messages, body = append(messages, msg), rest
	}
	return messages, nil
}

func statusError(res *http.Response, body []byte) *StatusError {
	line, _, _ := strings.Cut(string(body[:min(len(body), 200)]), "\n")
	e := &StatusError{Code: res.StatusCode, Text: strings.TrimSpace(line)}
	if s, err := strconv.ParseUint(res.Header.Get("Retry-After"), 10, 16); err == nil {
		e.RetryAfter = time.Duration(s) * time.Second
	}
	return e
}
