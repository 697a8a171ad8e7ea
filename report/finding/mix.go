package finding

import (
	"fmt"

	"pushbench/report"
	"pushbench/report/format"
	"pushbench/report/review"
	"pushbench/scenarios"
)

// withinMixes says of each arm whose clients use several transports what its clients received over each of its transports:
//
//	in the mix the 970 users over a WebSocket had a message after 20.3 ms (p99 20.6 ms), the 30 with long-polling after 20.4 ms (p99 29.9 ms)
//
// The parts shared one server and one schedule, but no client was in both: how they differ has no interval of pairs, and none is said.
func withinMixes(g format.Group) saying {
	var said saying
	for _, a := range g.Arms {
		if len(a.Cell.ByTransport) > 0 && !a.Invalid() {
			said = said.and(withinMix(a))
		}
	}
	return said
}

func withinMix(a format.Arm) saying {
	name := "where some fall back,"
	if a.Cell.Transport == scenarios.Mix {
		name = way(review.ArmRef{Name: a.Name, Transport: a.Cell.Transport})
	}
	said := saying{trust: report.Firm}
	for i, p := range review.WithinMix(a) {
		users := fmt.Sprintf("the %s %s", format.Grouped(p.Clients), format.ProseOf(p.Transport).Way)
		if i == 0 {
			users = fmt.Sprintf("%s the %s users %s had a message", name, format.Grouped(p.Clients), format.ProseOf(p.Transport).Way)
		}
		part := saying{trust: report.Firm}
		switch {
		case !p.Median.Known:
			part = saying{report.NotMeasured, users + " after " + format.NA}
		default:
			part.text = fmt.Sprintf("%s after %s (p99 %s)", users, p.Median.Text, p.Tail.Text)
		}
		if p.Median.Rough || p.Tail.Rough {
			part.trust = part.trust.Worse(report.TooFew)
		}
		if i > 0 {
			said = saying{said.trust.Worse(part.trust), said.text + ", " + part.text}
			continue
		}
		said = part
	}
	return said
}
