package longpoll

import (
	"compress/gzip"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// packLimit is the smallest body that is compressed, in bytes: below it the gain is a few bytes for as much work. It is where the reference server's WebSocket
// library begins, so that the two can be compared.
const packLimit = 512

// packed is a compressed body, with what has made it: some 800 KB, so they are kept.
type packed struct {
	body []byte
	gzip *gzip.Writer
	pool *sync.Pool
}

// Write implements io.Writer for the compressor.
func (p *packed) Write(b []byte) (int, error) {
	p.body = append(p.body, b...)
	return len(b), nil
}

func (p *packed) release() {
	if p == nil {
		return
	}
	if cap(p.body) > keepBody {
		p.body = nil
	}
	p.pool.Put(p)
}

var (
	gzipped        = []string{"gzip"}
	acceptEncoding = []string{"Accept-Encoding"}
)

// Pack compresses an answer's body with gzip (RFC 1952), at the compressor's fastest level, if the handler shall, the client accepts it (accepts is its
// Accept-Encoding) and the body is worth it.
func (h *Handler) Pack(r *Reply, accepts string) {
	if !h.Compress || r.batch == nil || len(r.Body) < packLimit || !acceptsGzip(accepts) {
		return
	}
	p, ok := h.packers.Get().(*packed)
	if !ok {
		p = &packed{pool: &h.packers}
		p.gzip, _ = gzip.NewWriterLevel(p, gzip.BestSpeed) // the level is one it has
	}
	p.body = p.body[:0]
	p.gzip.Reset(p)
	// What it writes to takes everything.
	_, _ = p.gzip.Write(r.Body)
	_ = p.gzip.Close()
	r.packed, r.Body = p, p.body
	for i := range r.Fields() {
		if r.fields[i].Name == "Content-Length" {
			r.fields[i].Value = []string{strconv.Itoa(len(p.body))}
		}
	}
	r.share("Content-Encoding", gzipped)
	r.share("Vary", acceptEncoding)
}

// acceptsGzip reads an Accept-Encoding (RFC 9110, section 12.5.3) as far as gzip is concerned: it is there, and its weight is not 0.
func acceptsGzip(field string) bool {
	for coding := range strings.SplitSeq(field, ",") {
		name, weight, _ := strings.Cut(coding, ";")
		if name = strings.TrimSpace(name); strings.EqualFold(name, "gzip") || strings.EqualFold(name, "x-gzip") {
			return !slices.Contains([]string{"q=0", "q=0.0", "q=0.00", "q=0.000"}, strings.ToLower(strings.TrimSpace(weight)))
		}
	}
	return false
}
