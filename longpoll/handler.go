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
	RetryAfter  time.Duration // sent while shutting down, in whole seconds; 0 = 1s

	// Pools belong to the handler, not to the package, so that two servers in one
	// process share nothing.
	bodies sync.Pool
}

// keepBody is the largest body buffer that goes back to the pool. One huge
// answer must not pin its memory for ever.
const keepBody = 64 << 10

// Header values that never change, shared by all answers: setting them allocates
// nothing. net/http only reads them.
var (
	valueContentType = []string{ContentType}
	valueNoStore     = []string{"no-store"}
	valueReset       = []string{"1"}
)

// ServeHTTP answers one poll.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header()["Cache-Control"] = valueNoStore
	q, err := h.query(r)
	if err != nil {
		h.refuse(w, err)
		return
	}
	if !q.HasCursor {
		h.answerNow(w, q.Topic)
		return
	}
	b := Batch{limit: cmp.Or(h.MaxBytes, 1<<20), pool: &h.bodies}
	defer b.release()
	if err := h.Source.Read(r.Context(), q, &b); err != nil {
		h.refuse(w, err)
		return
	}
	h.answer(w, &b)
}

// query reads the request and applies the handler's limits to it.
func (h *Handler) query(r *http.Request) (Query, error) {
	if r.Method != http.MethodGet {
		return Query{}, errMethod
	}
	q, err := ParseQuery(r.URL.RawQuery)
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

func (h *Handler) answerNow(w http.ResponseWriter, topic string) {
	c, err := h.Source.Now(topic)
	if err != nil {
		h.refuse(w, err)
		return
	}
	w.Header()[HeaderCursor] = []string{c.String()}
	w.WriteHeader(http.StatusNoContent)
}

// answer writes what the source found, with one Write.
func (h *Handler) answer(w http.ResponseWriter, b *Batch) {
	header := w.Header()
	header[HeaderCursor] = []string{b.Next.String()}
	if b.Missed > 0 {
		header[HeaderMissed] = []string{strconv.FormatUint(b.Missed, 10)}
	}
	if b.count == 0 {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	header["Content-Type"] = valueContentType
	header["Content-Length"] = []string{strconv.Itoa(len(*b.body))}
	// An error means that the client has gone. It will come back with its old
	// cursor, so there is nothing to do about it here.
	_, _ = w.Write(*b.body)
}

var errMethod = errors.New("a poll is a GET request")

// refuse answers a poll that got no messages because of err.
func (h *Handler) refuse(w http.ResponseWriter, err error) {
	var param *ParamError
	var reset *ResetError
	switch {
	case errors.As(err, &param):
		http.Error(w, param.Error(), http.StatusBadRequest)
	case errors.As(err, &reset):
		w.Header()[HeaderReset] = valueReset
		w.Header()[HeaderCursor] = []string{reset.Start.String()}
		http.Error(w, reset.Error(), http.StatusGone)
	case errors.Is(err, ErrClosing):
		seconds := max(1, int(h.RetryAfter.Round(time.Second)/time.Second))
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
		w.Header().Set("Connection", "close")
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	case errors.Is(err, errMethod):
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, err.Error(), http.StatusMethodNotAllowed)
	default:
		http.Error(w, "the poll failed: "+err.Error(), http.StatusInternalServerError)
	}
}

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
