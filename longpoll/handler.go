package longpoll

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Source is the log a [Handler] reads from. It must be safe for use by many
// requests at once.
type Source interface {
	// Now returns the cursor behind the newest message of topic.
	Now(topic string) (Cursor, error)

	// Read adds to b the messages after q.Cursor: at least one if there is any,
	// at most q.Max, and no more once b is [Batch.Full]. If there is none it
	// waits for one until q.Hold has passed or ctx is done. It sets b.Next always,
	// and b.Missed when messages after q.Cursor are gone.
	//
	// Errors the handler knows: [*ParamError] (answered 400), [*ResetError]
	// (410), [ErrClosing] (503). Any other, such as ctx's, is answered 500, which
	// nobody reads if the client has gone.
	Read(ctx context.Context, q Query, b *Batch) error
}

// ErrClosing is what a [Source] returns when its server is shutting down.
var ErrClosing = errors.New("server is shutting down; come back later")

// ResetError is what a [Source] returns for a cursor of another epoch.
type ResetError struct {
	Start Cursor // the beginning of the log as it is now
}

func (e *ResetError) Error() string {
	return "cursor is of another epoch; go on at " + e.Start.String()
}

// Batch collects the messages of one answer.
type Batch struct {
	Next   Cursor // where the client goes on
	Missed uint64 // messages that had fallen out of the log

	body  *[]byte // borrowed with the first message: a held poll has none
	count int
	limit int
	pool  *sync.Pool
}

// Add encodes one message into the batch. msg is copied.
func (b *Batch) Add(msg []byte) {
	if b.body == nil {
		b.body = borrow(b.pool)
	}
	*b.body = AppendNetstring(*b.body, msg)
	b.count++
}

// Len returns the number of messages added.
func (b *Batch) Len() int { return b.count }

// Room returns the bytes, as netstrings, that the batch should still take.
func (b *Batch) Room() int {
	if b.body == nil {
		return b.limit
	}
	return max(0, b.limit-len(*b.body))
}

// Full reports whether the batch has reached the handler's MaxBytes.
func (b *Batch) Full() bool { return b.Room() == 0 }

// Handler answers polls from a [Source]. Only Source must be set. A Handler must
// not be copied after its first use.
type Handler struct {
	Source      Source
	DefaultHold time.Duration // for a poll that names none; 0 = 25s
	MaxHold     time.Duration // longest hold granted; 0 = 60s
	MaxMessages int           // most messages per answer; 0 = 1024
	MaxBytes    int           // an answer takes no further message beyond this; 0 = 1 MiB
	Compress    bool          // compress answers of 512 bytes and more for clients that accept gzip
	RetryAfter  time.Duration // sent while shutting down, in whole seconds; 0 = 1s

	// Pools belong to the handler, not to the package, so that two servers in one
	// process share nothing.
	bodies, packers sync.Pool
}

// keepBody is the largest body buffer that goes back to the pool. One huge
// answer must not pin its memory for ever.
const keepBody = 64 << 10

// ServeHTTP answers one poll.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	reply := h.Reply(r.Context(), r.Method, r.URL.RawQuery)
	defer reply.Release()
	h.Pack(&reply, r.Header.Get("Accept-Encoding"))
	header := w.Header()
	for _, f := range reply.Fields() {
		header[f.Name] = f.Value
	}
	w.WriteHeader(reply.Status)
	if len(reply.Body) > 0 {
		// An error means that the client has gone. It will come back with its old
		// cursor, so there is nothing to do about it here.
		_, _ = w.Write(reply.Body)
	}
}

// Reply works out the answer to one poll and waits as long as that takes; it is
// all of ServeHTTP but for what the HTTP library does. A library other than
// net/http has [Handler.Pack] compress it, writes the status, the fields and the body, in that order, and then
// calls [Reply.Release]. ctx ends the wait: that of the client's connection, if
// the library can tell when it is gone.
func (h *Handler) Reply(ctx context.Context, method, rawQuery string) Reply {
	q, err := h.query(method, rawQuery)
	if err != nil {
		return h.refuse(err)
	}
	if !q.HasCursor {
		return h.now(q.Topic)
	}
	b := Batch{limit: cmp.Or(h.MaxBytes, 1<<20), pool: &h.bodies}
	if err := h.Source.Read(ctx, q, &b); err != nil {
		b.release()
		return h.refuse(err)
	}
	return b.reply()
}

// query reads the request and applies the handler's limits to it.
func (h *Handler) query(method, rawQuery string) (Query, error) {
	if method != http.MethodGet {
		return Query{}, errMethod
	}
	q, err := ParseQuery(rawQuery)
	if err != nil {
		return Query{}, err
	}
	if !q.hasHold {
		q.Hold = cmp.Or(h.DefaultHold, 25*time.Second)
	}
	q.Hold = min(q.Hold, cmp.Or(h.MaxHold, time.Minute))
	limit := cmp.Or(h.MaxMessages, 1024)
	if q.Max == 0 || q.Max > limit {
		q.Max = limit
	}
	return q, nil
}

// now answers a poll that asks where to begin.
func (h *Handler) now(topic string) Reply {
	c, err := h.Source.Now(topic)
	if err != nil {
		return h.refuse(err)
	}
	r := newReply(http.StatusNoContent)
	r.add(HeaderCursor, c.String())
	return r
}

// refuse answers a poll that got no messages because of err.
func (h *Handler) refuse(err error) Reply {
	var param *ParamError
	var reset *ResetError
	switch {
	case errors.As(err, &param):
		return newRefusal(http.StatusBadRequest, param.Error())
	case errors.As(err, &reset):
		r := newRefusal(http.StatusGone, reset.Error())
		r.add(HeaderReset, "1")
		r.add(HeaderCursor, reset.Start.String())
		return r
	case errors.Is(err, ErrClosing):
		r := newRefusal(http.StatusServiceUnavailable, err.Error())
		r.add("Retry-After", strconv.Itoa(max(1, int(h.RetryAfter.Round(time.Second)/time.Second))))
		r.add("Connection", "close")
		return r
	case errors.Is(err, errMethod):
		r := newRefusal(http.StatusMethodNotAllowed, err.Error())
		r.add("Allow", http.MethodGet)
		return r
	}
	return newRefusal(http.StatusInternalServerError, "the poll failed: "+err.Error())
}

var errMethod = errors.New("a poll is a GET request")

// borrow takes a body buffer out of the pool.
func borrow(pool *sync.Pool) *[]byte {
	if body, ok := pool.Get().(*[]byte); ok {
		return body
	}
	return new([]byte)
}

// release gives the body's buffer back.
func (b *Batch) release() {
	if b.body == nil || cap(*b.body) > keepBody {
		return
	}
	*b.body = (*b.body)[:0]
	b.pool.Put(b.body)
	b.body = nil
}
