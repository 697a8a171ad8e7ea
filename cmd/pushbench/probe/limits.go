package probe

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"pushbench/loadgen/wire"
)

// headerLimit is how long a header line may be.
type headerLimit struct {
	// Accepted is the longest line that was taken, 0 for none; Refused the shortest that was not, 0 for none.
	Accepted, Refused int
	// How it was refused.
	How string
}

// The lengths that are tried, the second of each pair only if the first leaves it open: few servers take more than 32 KiB, and none should take less than 4.
const (
	headerFirst = 16 << 10
	headerMore  = 32 << 10
	headerLess  = 8 << 10
	headerLeast = 4 << 10
)

var headerSize = checkOf(plan{name: "header-size", bears: []Transport{LongPoll, WebSocket, SSE}, tried: "requests with one long header line"}, lookHeaderLimit, judgeHeaderLimit)

func lookHeaderLimit(ctx context.Context, p *Path) (headerLimit, error) {
	var l headerLimit
	usual := p.hello.answer.Status
	for size := headerFirst; size != 0; {
		how, err := p.tryHeader(ctx, size, usual)
		switch {
		case err != nil:
			return l, err
		case how == "":
			l.Accepted = max(l.Accepted, size)
		default:
			l.Refused, l.How = size, how
		}
		size = l.next()
	}
	return l, nil
}

// next is the length to try next, 0 for none.
func (l headerLimit) next() int {
	switch {
	case l.Accepted == headerFirst && l.Refused == 0:
		return headerMore
	case l.Refused == headerFirst && l.Accepted == 0:
		return headerLess
	case l.Refused == headerLess && l.Accepted == 0:
		return headerLeast
	}
	return 0
}

// tryHeader sends a line of so many bytes and says how it was refused, "" if it was not.
func (p *Path) tryHeader(ctx context.Context, size, usual int) (refused string, err error) {
	const name = "X-Pushbench-Padding"
	r := p.service.plain()
	r.fields = append(r.fields, wire.Field{Name: name, Value: strings.Repeat("x", size-len(name)-len(": \r\n"))})
	c, err := p.connect(ctx, dialOptions{})
	if err != nil {
		return "", err
	}
	defer c.Close()
	var response *http.Response
	if err = c.send(r); err == nil || !timedOut(err) {
		response, err = c.head(time.Now().Add(answerTimeout)) // a server may answer and close before it has read all
	}
	switch {
	case err != nil:
		return endingOf(err).How, ctx.Err()
	case response.StatusCode != usual && response.StatusCode >= http.StatusBadRequest:
		return newStatusError(c.describe(response)).Error(), nil
	}
	return "", nil
}

func judgeHeaderLimit(l headerLimit) []Finding {
	f := Finding{Verdict: Fine, Measured: map[string]float64{"accepted_bytes": float64(l.Accepted)}}
	switch {
	case l.Refused == 0:
		f.Happened = fmt.Sprintf("a line of %s was taken, the longest that was tried", bytesText(l.Accepted))
		f.Means = "Cookies and tokens have room."
		return []Finding{f}
	case l.Accepted == 0:
		f.Happened = fmt.Sprintf("a line of %s was refused: %s", bytesText(l.Refused), l.How)
	default:
		f.Happened = fmt.Sprintf("a line of %s was taken, one of %s refused: %s", bytesText(l.Accepted), bytesText(l.Refused), l.How)
	}
	f.Measured["refused_bytes"] = float64(l.Refused)
	f.Means = "All cookies of a request are one line, and a URL is another. Users whose line is longer cannot poll or connect at all, and others never see why."
	if l.Accepted < headerLess {
		f.Verdict, f.Change = Impaired, changes(adviceHeaderSize)
	} else {
		f.Means += " What was taken is usual."
	}
	return []Finding{f}
}
