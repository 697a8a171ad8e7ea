package probe

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"pushbench/report/format"
)

const (
	// keepAliveRequests is how many requests are sent on one connection: more than the commonest limit, 100.
	keepAliveRequests = 110
	// keepAliveTime and keepAliveBytes end the count early.
	keepAliveTime  = 15 * time.Second
	keepAliveBytes = 4 << 20
)

// kept is how many requests a connection carried.
type kept struct {
	Asked string
	// Answered is how many answers came; Closed says that the connection ended with the last, Announced that the answer said so.
	Answered          int
	Closed, Announced bool
	Failed            string // an ending in place of an answer
	HTTP10            bool
	Hint              string // the Keep-Alive field
	Trips             []time.Duration
}

var keepAlive = checkOf(plan{name: "keep-alive", bears: []Transport{LongPoll}}, lookKeepAlive, judgeKeepAlive)

// lookKeepAlive goes on with the first connection: its first answer counts.
func lookKeepAlive(ctx context.Context, p *Path) (kept, error) {
	first := p.hello.answer
	if first.Unfinished {
		return kept{}, errUnfinished
	}
	k := kept{Asked: shownTarget(p.service.plain().target), Answered: 1, HTTP10: first.Proto == "HTTP/1.0", Hint: first.Header.Get("Keep-Alive")}
	k.Closed, k.Announced = first.Closes, first.Closes
	bytes, until := first.BodyBytes, time.Now().Add(keepAliveTime)
	for !k.Closed && k.Answered < keepAliveRequests && bytes < keepAliveBytes && time.Now().Before(until) && ctx.Err() == nil {
		a, err := p.hello.conn.exchange(p.service.plain(), answerTimeout)
		if err != nil {
			k.Closed, k.Failed = true, endingOf(err).How
			break
		}
		k.Answered++
		k.Closed, k.Announced = a.Closes, a.Closes
		bytes += a.BodyBytes
		k.Trips = append(k.Trips, a.Took)
	}
	p.mu.Lock()
	p.trips = k.Trips
	p.mu.Unlock()
	return k, ctx.Err()
}

// errUnfinished is for what needs a whole answer.
var errUnfinished = untried("the answer to the plain request does not end, or is larger than 2 MiB")

func judgeKeepAlive(k kept) []Finding {
	f := Finding{
		Verdict: Fine, Tried: fmt.Sprintf("GET %s up to %d times on one connection", k.Asked, keepAliveRequests),
		Measured: map[string]float64{"answered": float64(k.Answered)},
	}
	switch {
	case k.Closed && k.Answered == 1:
		f.Verdict, f.Change = Impaired, changes(adviceKeepAlive)
		f.Happened = "the first answer ended the connection" + how(k)
		f.Means = "Every poll needs a connection of its own: a round trip more for TCP and another for TLS, in which messages wait, and the CPU and sockets for it at both ends."
	case k.Closed:
		f.Verdict, f.Change = Impaired, changes(adviceKeepAliveRequests)
		f.Happened = fmt.Sprintf("the connection ended with request %d%s", k.Answered, how(k))
		f.Means = fmt.Sprintf("A poller reconnects after every %d polls. Where a connection is closed without a word just as a poll is sent, the poll fails and has to be repeated.", k.Answered)
		f.Measured["closed_after_requests"] = float64(k.Answered)
	default:
		f.Happened = fmt.Sprintf("all %d were answered, and the connection is still open", k.Answered)
		f.Means = "Keep-alive is honoured."
	}
	if k.HTTP10 {
		f.Happened += "; the answers are HTTP/1.0"
	}
	return []Finding{f}
}

func how(k kept) string {
	switch {
	case k.Failed != "":
		return ": " + k.Failed + " instead of an answer to the next"
	case k.Announced:
		return ", as it announced"
	}
	return ""
}

// unused is how long an idle connection was kept.
type unused struct {
	Bound  time.Duration
	Ended  bool
	After  time.Duration
	Ending ending
	// Hint is the timeout that the server announced in Keep-Alive, 0 for none.
	Hint time.Duration
}

var keepAliveIdle = checkOf(plan{
	name: "keep-alive-idle", bears: []Transport{LongPoll}, long: true, tried: "left a connection without a request",
}, lookUnused, judgeUnused)

func lookUnused(ctx context.Context, p *Path) (unused, error) {
	switch first := p.hello.answer; {
	case first.Unfinished:
		return unused{}, errUnfinished
	case first.Closes:
		return unused{}, untried("keep-alive is not honoured")
	}
	c, err := p.connect(ctx, dialOptions{})
	if err != nil {
		return unused{}, err
	}
	defer c.Close()
	a, err := c.exchange(p.service.plain(), answerTimeout)
	if err != nil {
		return unused{}, err
	}
	u := unused{Bound: p.idle, Hint: announced(a.Header.Get("Keep-Alive"))}
	u.watch(c)
	return u, ctx.Err()
}

// watch waits until the connection ends or the bound has passed.
func (u *unused) watch(c *connection) {
	if err := c.SetReadDeadline(time.Now().Add(u.Bound)); err != nil {
		return
	}
	began := c.last
	c.budget = 1
	_, err := c.Read(make([]byte, 1))
	switch {
	case err == nil:
		err = errors.New("the server sent something that nobody asked for")
	case timedOut(err):
		return
	}
	u.Ended, u.After, u.Ending = true, time.Since(began), endingOf(err)
}

// announced reads the timeout parameter of a Keep-Alive field.
func announced(field string) time.Duration {
	for _, part := range strings.Split(field, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if n, err := strconv.Atoi(value); err == nil && strings.EqualFold(name, "timeout") && n > 0 && n < 1<<20 {
			return time.Duration(n) * time.Second
		}
	}
	return 0
}

// shortKeep is how long a connection ought to live between two polls: anything shorter ends it for short pollers, and for clients that pause.
const shortKeep = 15 * time.Second

func judgeUnused(u unused) []Finding {
	f := Finding{Verdict: Fine, Measured: map[string]float64{"bound_seconds": seconds(u.Bound)}}
	switch {
	case !u.Ended:
		f.Happened = fmt.Sprintf("it was still open after %s, the bound of this probe (--idle)", format.Setting(u.Bound))
		f.Means = "Polls may lie that far apart and still use the same connection."
	default:
		f.Happened = fmt.Sprintf("%s after %s", u.Ending.How, about(u.After))
		f.Means = "Pollers that pause for longer open a new connection for each poll; those that pause for about as long lose a poll now and then. A long-poller sends the next at once and does not notice."
		f.Measured["cut_after_seconds"] = seconds(u.After)
		if u.After < shortKeep {
			f.Verdict, f.Change = Impaired, changes(adviceKeepAliveIdle)
		}
	}
	if u.Hint > 0 {
		f.Happened += fmt.Sprintf("; the server announces %s", format.Setting(u.Hint))
		f.Measured["announced_seconds"] = seconds(u.Hint)
	}
	return []Finding{f}
}
