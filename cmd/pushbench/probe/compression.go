package probe

import (
	"context"
	"fmt"
	"strings"

	"pushbench/loadgen/wire"
)

// compressed is how an answer changes when compression is offered.
type compressed struct {
	Asked string
	// Encoding is the answer's, "" for none; Bytes and Plain its body's size with and without.
	Encoding     string
	Bytes, Plain int64
	Type         string
	// Poll and Events are the encodings of those answers, which were asked for with gzip too.
	Poll, Events string
	// Ours says that the server itself compresses nothing, so that it was the path.
	Ours bool
}

// worthwhile is from how many bytes on servers compress an answer at the latest, by what they do unless told otherwise.
const worthwhile = 1 << 10

var compression = checkOf(plan{name: "compression", bears: []Transport{LongPoll, SSE}}, lookCompression, judgeCompression)

func lookCompression(ctx context.Context, p *Path) (compressed, error) {
	r, err := p.service.compressible()
	if err != nil {
		return compressed{}, err
	}
	c := compressed{Asked: shownTarget(r.target), Ours: p.service.speaks() == reference{}.speaks()}
	var via reused
	defer via.close()
	plain, err := via.exchange(ctx, p, r)
	if err != nil {
		return c, err
	}
	switch {
	case plain.Unfinished:
		return c, errUnfinished
	case plain.Status/100 != 2:
		return c, untried("GET %s was answered with %s, which nobody compresses", c.Asked, newStatusError(plain))
	case plain.BodyBytes == 0:
		return c, untried("the answer to GET %s is empty", c.Asked)
	}
	r.fields = append(r.fields, wire.Field{Name: "Accept-Encoding", Value: "gzip, deflate, br, zstd"})
	packed, err := via.exchange(ctx, p, r)
	if err != nil {
		return c, err
	}
	c.Encoding, c.Type = packed.Header.Get("Content-Encoding"), packed.Header.Get("Content-Type")
	c.Bytes, c.Plain = packed.BodyBytes, plain.BodyBytes
	c.Poll, c.Events = encodingOf(p.harvest(), isPoll), encodingOf(p.harvest(), isEvents)
	return c, nil
}

// isPoll and isEvents say what an answer is to.
func isPoll(a answer) bool { return a.Header.Get(cursorHeader) != "" }

func isEvents(a answer) bool {
	return strings.HasPrefix(a.Header.Get("Content-Type"), "text/event-stream")
}

// encodingOf is that of the answers of a kind.
func encodingOf(all []answer, is func(answer) bool) string {
	for _, a := range all {
		if e := a.Header.Get("Content-Encoding"); e != "" && is(a) {
			return e
		}
	}
	return ""
}

func judgeCompression(c compressed) []Finding {
	f := Finding{Verdict: Fine, Tried: "GET " + c.Asked + " with and without Accept-Encoding", Measured: map[string]float64{"plain_bytes": float64(c.Plain)}}
	f.Happened = "nothing was compressed"
	f.Means = "Bytes are as the server sends them."
	if c.Plain < worthwhile {
		f.Happened += fmt.Sprintf(" of an answer of %s", bytesText(int(c.Plain)))
		f.Means += " An answer this short is often left alone where longer ones are compressed."
	}
	if c.Encoding != "" {
		f.Happened = fmt.Sprintf("%s of %s were sent as %s in %s", bytesText(int(c.Plain)), c.kind(), bytesText(int(c.Bytes)), c.Encoding)
		f.Means = "Answers of that type are compressed" + c.byWhom() + ": fewer bytes and more CPU for each. Frames of a WebSocket are not."
		f.Measured["compressed_bytes"] = float64(c.Bytes)
	}
	if c.Poll != "" {
		f.Happened += "; answers to polls are compressed (" + c.Poll + ")"
	}
	if c.Events != "" {
		f.Verdict, f.Change, f.Transports = Impaired, changes(adviceCompression), []Transport{SSE}
		f.Happened += "; the stream of events is compressed (" + c.Events + ")"
		f.Means += " A compressed stream has to be flushed after each event, or events wait for more: see buffering."
	}
	return []Finding{f}
}

func (c compressed) kind() string {
	kind, _, _ := strings.Cut(c.Type, ";")
	if kind == "" {
		return "an answer"
	}
	return kind
}

func (c compressed) byWhom() string {
	if c.Ours {
		return " by something on the path, for the server compresses nothing"
	}
	return ""
}
