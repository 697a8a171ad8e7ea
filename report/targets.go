package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pushbench/report/format"
	"pushbench/results"
	"pushbench/scenarios"
)

// targetFindings say what every other target adds to the one that was named first, over each transport that both were measured with.
func targetFindings(g format.Group) []string {
	arms := slices.SortedFunc(slices.Values(g.Arms), func(a, b format.Arm) int { return a.Index - b.Index })
	var names []string
	for _, a := range arms {
		if !slices.Contains(names, a.Cell.Target) {
			names = append(names, a.Cell.Target)
		}
	}
	var out []string
	for _, name := range names[min(1, len(names)):] {
		if said := addedBy(name, names[0], arms); said != "" {
			out = append(out, fmt.Sprintf("what %s adds to %s — %s", format.Clean(name), format.Clean(names[0]), said))
		}
	}
	return out
}

// addedBy compares the arms of two targets, transport by transport; empty if there is nothing to compare.
func addedBy(name, first string, arms []format.Arm) string {
	var parts []string
	for _, a := range arms {
		if a.Cell.Target != name {
			continue
		}
		at := slices.IndexFunc(arms, func(b format.Arm) bool {
			return b.Cell.Target == first && b.Cell.Transport == a.Cell.Transport && maps.Equal(a.Cell.Params, b.Cell.Params)
		})
		switch {
		case at < 0:
		case a.Invalid() || arms[at].Invalid():
			parts = append(parts, a.Look.Name+": n/a, one of the two is invalid")
		default:
			parts = append(parts, a.Look.Name+": "+strings.Join(added(arms[at].Cell, a.Cell), ", "))
		}
	}
	return strings.Join(parts, "; ")
}

// added is what one cell has more of than another.
func added(from, to *results.Cell) []string {
	var parts []string
	for _, p := range []struct {
		key  string
		pick func(*results.Summary) int64
	}{{"p50", p50Of}, {"p99", p99Of}} {
		if a, b := from.Latency, to.Latency; a != nil && b != nil {
			parts = append(parts, p.key+" "+addedLatency(a, b, p.key, p.pick))
		}
	}
	if a, b := from.Wire.Overhead, to.Wire.Overhead; a != nil && b != nil {
		parts = append(parts, "overhead "+more(a.Mean, b.Mean, format.Bytes)+" a message")
	}
	if a, b := from.Server, to.Server; a != nil && b != nil && a.CPUPerMessage != nil && b.CPUPerMessage != nil {
		parts = append(parts, "server CPU "+addedCPU(from, to))
	}
	if from.Transport != scenarios.WebSocket && from.Wire.Connections > 0 && to.Clients > 0 && from.Clients > 0 {
		a, b := float64(from.Wire.Connections)/float64(from.Clients), float64(to.Wire.Connections)/float64(to.Clients)
		if a != b {
			parts = append(parts, fmt.Sprintf("connections %s → %s a client", format.Sig(a), format.Sig(b)))
		}
	}
	return parts
}

// addedCPU is a difference of the server's CPU, if all that is counted of the first target is counted of the other, too: a proxy's own CPU is less than that of
// the server behind it, and saves none. pushbench's own server is nothing that another stands before, so the two are compared.
func addedCPU(from, to *results.Cell) string {
	first, other := from.Server.Counted, to.Server.Counted
	missing := func(name string) bool { return !slices.Contains(other, name) }
	reference := from.Target == results.ReferenceTarget || to.Target == results.ReferenceTarget
	if !reference && (len(first) == 0 || slices.ContainsFunc(first, missing)) {
		return fmt.Sprintf("n/a, as that of %s leaves out what %s counts (--server-pid)", format.Clean(to.Target), format.Clean(from.Target))
	}
	return more(*from.Server.CPUPerMessage, *to.Server.CPUPerMessage, format.Nanoseconds) + " a message"
}

// addedLatency is a difference of percentiles. Where both have an interval and these overlap, none can be told; without intervals it is rough.
func addedLatency(a, b *results.Summary, key string, pick func(*results.Summary) int64) string {
	ca, known := a.CI[key]
	cb, also := b.CI[key]
	text := more(float64(pick(a)), float64(pick(b)), format.Nanoseconds)
	switch {
	case !known || !also:
		return "~" + text
	case ca[0] <= cb[1] && cb[0] <= ca[1]:
		return "no difference can be told"
	}
	return text
}

// more is a difference with its ratio, such as "+1.20 ms (1.30×)".
func more(a, b float64, write func(float64) string) string {
	sign, d := "+", b-a
	if d < 0 {
		sign, d = "−", -d
	}
	text := sign + write(d)
	if a > 0 {
		text += " (" + format.Sig(b/a) + "×)"
	}
	return text
}
