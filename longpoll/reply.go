package longpoll

import (
	"net/http"
	"strconv"
)

// Reply is the answer to one poll, before an HTTP library has made bytes of it.
// [Handler.Reply] makes it.
type Reply struct {
	Status int
	// Body is borrowed until [Reply.Release]. Where it is empty there is none,
	// not even one of length 0.
	Body []byte

	fields [maxFields]Field
	count  int
	batch  *Batch  // whose body it is; nil for a text
	packed *packed // the body compressed; nil if it is not
}

// maxFields is the most fields any answer has: that with messages has all of
// Cache-Control, Push-Cursor, Push-Missed, Content-Type, Content-Length, Content-Encoding and Vary.
const maxFields = 7

// Field is a header field. Its name is in canonical form. Its value has one
// element; being a slice it goes into an [http.Header] as it is.
type Field struct {
	Name  string
	Value []string
}

// Fields returns the header fields.
func (r *Reply) Fields() []Field { return r.fields[:r.count] }

// Release gives the body's memory back. It may be called once the answer has
// been written or copied, and must be called once.
func (r *Reply) Release() {
	if r.batch != nil {
		r.batch.release()
	}
	r.packed.release()
}

// Values that never change, shared by all answers: setting them allocates
// nothing. HTTP libraries only read them.
var (
	noStore   = []string{"no-store"}
	netstring = []string{ContentType}
	plainText = []string{"text/plain; charset=utf-8"}
	noSniff   = []string{"nosniff"}
)

func newReply(status int) Reply {
	r := Reply{Status: status}
	r.share("Cache-Control", noStore)
	return r
}

// newRefusal has one line of text for a body, as [http.Error] writes it.
func newRefusal(status int, text string) Reply {
	r := newReply(status)
	r.share("Content-Type", plainText)
	r.share("X-Content-Type-Options", noSniff)
	r.Body = append([]byte(text), '\n')
	return r
}

func (r *Reply) add(name, value string) { r.share(name, []string{value}) }

func (r *Reply) share(name string, value []string) {
	r.fields[r.count] = Field{name, value}
	r.count++
}

// reply is the answer with what the source found.
func (b *Batch) reply() Reply {
	status := http.StatusOK
	if b.count == 0 {
		status = http.StatusNoContent
	}
	r := newReply(status)
	r.batch = b
	r.add(HeaderCursor, b.Next.String())
	if b.Missed > 0 {
		r.add(HeaderMissed, strconv.FormatUint(b.Missed, 10))
	}
	if b.count > 0 {
		r.Body = *b.body
		r.share("Content-Type", netstring)
		r.add("Content-Length", strconv.Itoa(len(r.Body)))
	}
	return r
}
