package probe

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"pushbench/report/format"
)

// buffered is how events of a stream arrived.
type buffered struct {
	// Held says that the first event did not come; then more was sent, up to Sent bytes, until Arrived bytes came at once.
	Held bool
	// After is how long an event took that was not held, the least of several if the first took long. Other is the same over the quickest other transport, if
	// Compared.
	After, Other time.Duration
	Compared     bool
	Before, Sent int // bytes published when still nothing had come, and when something had
	Arrived      int
	Lost         string
	Encoding     string // of the stream
}

// moreEvent is how long what a larger event pushes out is waited for.
const moreEvent = 500 * time.Millisecond

// fillers are the payload bytes that are published one after the other into a buffer that holds events back. Together they stay below 128 KiB.
var fillers = []int{1 << 10, 2 << 10, 4 << 10, 8 << 10, 16 << 10, 32 << 10, 60 << 10}

var buffering = checkOf(plan{
	name: "buffering", bears: []Transport{SSE}, tried: "published an event and looked when it arrived; then larger ones, until something did",
}, lookBuffering, judgeBuffering)

func lookBuffering(ctx context.Context, p *Path) (buffered, error) {
	o := p.opened[SSE]
	if o.Err != nil {
		return buffered{}, p.noSession(SSE)
	}
	if err := p.service.publishes(); err != nil {
		return buffered{}, err
	}
	var b buffered
	if d, ok := p.delivered(SSE); ok { // what was published for that is in the buffer already
		b.After, b.Held, b.Lost, b.Sent = d.After, !d.Arrived, d.Lost, len(newToken())
		b.Other, b.Compared = p.quickest(SSE)
	}
	for range slowTries {
		if b.slow() {
			b.again(ctx, p, o.session)
		}
	}
	if b.Held {
		if err := b.fill(ctx, p, o.session); err != nil {
			b.Lost += ", and then publishing failed: " + reasonOf(err)
		}
	}
	b.Encoding = encodingOf(p.harvest(), isEvents)
	return b, ctx.Err()
}

// Something that waits for more before it sends, waits for a fifth of a second and longer: Nagle's algorithm and delayed acknowledgements, mostly.
const (
	slowEvent = 100 * time.Millisecond
	slowTries = 3
)

// slow says that events come, but markedly later than over another transport.
func (b *buffered) slow() bool { return !b.Held && b.Compared && b.After > b.Other+slowEvent }

// again publishes another event: one that was slow by accident will be followed by one that is not.
func (b *buffered) again(ctx context.Context, p *Path, s session) {
	token, sent := newToken(), time.Now()
	if err := p.publish(ctx, []byte(token)); err != nil {
		return
	}
	if at, lost := await(s, token, sent.Add(deliveryWait)); lost == "" {
		b.After = min(b.After, at.Sub(sent))
	}
}

// fill publishes ever more until something arrives.
func (b *buffered) fill(ctx context.Context, p *Path, s session) error {
	for _, size := range fillers {
		b.Before = b.Sent
		if err := p.publish(ctx, filler(size)); err != nil {
			return err
		}
		b.Sent += size
		if b.Arrived = drain(s, time.Now().Add(moreEvent)); b.Arrived > 0 {
			return nil
		}
	}
	return nil
}

// filler is text that compresses badly, so that a compressor's buffer fills too.
func filler(size int) []byte {
	var b strings.Builder
	for b.Len() < size {
		b.WriteString(rand.Text())
	}
	return []byte(b.String()[:size])
}

// pause is how long bytes that come together may lie apart.
const pause = 100 * time.Millisecond

// drain counts the bytes that arrive until the deadline, from the first on only until a pause.
func drain(s session, deadline time.Time) int {
	n := 0
	for {
		a, err := s.next(deadline)
		if err != nil {
			return n
		}
		if n += len(a.text); n > 0 {
			deadline = time.Now().Add(pause)
		}
	}
}

func judgeBuffering(b buffered) []Finding {
	f := Finding{Verdict: Broken, Change: changes(adviceBuffering), Measured: map[string]float64{}}
	switch {
	case b.slow():
		f.Verdict = Impaired
		f.Happened = fmt.Sprintf("an event arrived %s after it was published, over another transport it took %s", about(b.After), about(b.Other))
		f.Means = "Something on the path waits for more before it sends: every event is that much later."
		f.Measured["arrived_seconds"], f.Measured["other_seconds"] = seconds(b.After), seconds(b.Other)
	case !b.Held:
		f.Verdict, f.Change = Fine, nil
		f.Happened, f.Means = "an event arrived "+format.Nanoseconds(float64(b.After))+" after it was published", "Events are passed on as they come."
		f.Measured["arrived_seconds"] = seconds(b.After)
	case b.Arrived > 0:
		f.Happened = fmt.Sprintf("an event did not arrive within %s; the first bytes came once between %s and %s had been published, %s at a time",
			format.Setting(deliveryWait), bytesText(b.Before), bytesText(b.Sent), bytesText(b.Arrived))
		f.Means = "Something on the path collects the answer in a buffer and passes it on when that is full: an event waits until as many bytes have followed it."
		f.Measured["published_before_bytes"], f.Measured["published_bytes"], f.Measured["arrived_bytes"] = float64(b.Before), float64(b.Sent), float64(b.Arrived)
	default:
		f.Happened = fmt.Sprintf("nothing arrived, though %s had been published (%s)", bytesText(b.Sent), b.Lost)
		f.Means = "Something on the path keeps the answer until it ends: a stream of events delivers nothing."
		f.Measured["published_bytes"] = float64(b.Sent)
	}
	if b.Held && b.Encoding != "" {
		f.Means += " The stream is compressed (" + b.Encoding + "), which collects bytes by itself."
		f.Change = append(f.Change, changes(adviceCompression)...)
	}
	return []Finding{f}
}

// bytesText is a number of bytes as a setting would have it, or exactly.
func bytesText(n int) string {
	if n >= 1<<10 && n%(1<<10) == 0 {
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return format.Grouped(int64(n)) + " bytes"
}
