package report

import (
	"fmt"
	"slices"
	"strings"

	"pushbench/report/format"
	"pushbench/results"
)

// warning is one thing the reader must know, with everything it holds for.
type warning struct {
	where       []string
	code, text  string
	invalidates bool
}

// maxPlaces is how many arms a warning names; a sweep may have hundreds.
const maxPlaces = 6

func (w warning) String() string {
	where := strings.Join(w.where[:min(len(w.where), maxPlaces)], ", ")
	if more := len(w.where) - maxPlaces; more > 0 {
		where += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf("%s (%s): %s", where, w.code, w.text)
}

// collector gathers warnings in order of appearance, each text once.
type collector struct{ all []warning }

func (c *collector) add(where string, w results.Warning) {
	code, text := format.Clean(w.Code), format.Clean(w.Text)
	at := slices.IndexFunc(c.all, func(have warning) bool { return have.code == code && have.text == text })
	if at < 0 {
		c.all = append(c.all, warning{nil, code, text, false})
		at = len(c.all) - 1
	}
	have := &c.all[at]
	have.invalidates = have.invalidates || w.Invalidates
	if !slices.Contains(have.where, where) {
		have.where = append(have.where, where)
	}
}

// cellWarnings are those of the cells, and of a round only where its cell has none of that code: the cell speaks for its rounds.
func cellWarnings(arms []format.Arm) []warning {
	var c collector
	for _, a := range arms {
		codes := map[string]bool{}
		for _, w := range a.Cell.Warnings {
			codes[w.Code] = true
			c.add(a.Name, w)
		}
		for _, r := range a.Cell.Rounds {
			for _, w := range r.Warnings {
				if !codes[w.Code] {
					c.add(fmt.Sprintf("%s round %d", a.Name, r.Index+1), w)
				}
			}
		}
	}
	return c.all
}

// runWarnings are those that hold for the whole run.
func runWarnings(run *results.Run) []warning {
	var c collector
	for _, w := range run.Warnings {
		c.add("run", w)
	}
	if run.Interrupted {
		c.add("run", results.Warning{Code: "interrupted", Text: "the run was cut short; what was measured until then is shown. Run it again for the rest."})
	}
	return c.all
}

// account is a line that says whether the counts add up.
type account struct {
	ok   bool
	text string
}

// accounting checks each cell's message and byte sums. One line says that all hold; each that does not gets its own.
func accounting(arms []format.Arm) []account {
	var bad []account
	var sum results.Delivery
	for _, a := range arms {
		d := a.Cell.Delivery
		sum.Expected += d.Expected
		sum.Delivered += d.Delivered
		sum.Missed += d.Missed
		sum.Undelivered += d.Undelivered
		bad = append(bad, messages(a.Name, d)...)
		bad = append(bad, octets(a.Name, a.Cell.Wire)...)
	}
	if len(bad) > 0 {
		return bad
	}
	return []account{{true, fmt.Sprintf("every message and byte accounted for: %s expected = %s delivered + %s missed + %s undelivered",
		format.Grouped(sum.Expected), format.Grouped(sum.Delivered), format.Grouped(sum.Missed), format.Grouped(sum.Undelivered))}}
}

const accountingBug = "; the harness lost count: do not use this cell, and report a bug with its run.json"

func messages(name string, d results.Delivery) []account {
	if d.Expected == d.Delivered+d.Missed+d.Undelivered {
		return nil
	}
	return []account{{false, fmt.Sprintf("%s: %s expected ≠ %s delivered + %s missed + %s undelivered%s", name,
		format.Grouped(d.Expected), format.Grouped(d.Delivered), format.Grouped(d.Missed), format.Grouped(d.Undelivered), accountingBug)}}
}

func octets(name string, w results.Wire) []account {
	sockets := w.SentBytes + w.ReceivedBytes
	parts := w.HandshakeBytes + w.WarmupBytes + w.PayloadBytes + w.OverheadBytes + w.TailBytes
	if sockets == parts {
		return nil
	}
	return []account{{false, fmt.Sprintf("%s: %s bytes at the sockets ≠ %s in handshakes, warm-up, payload, overhead and tail%s", name,
		format.Grouped(sockets), format.Grouped(parts), accountingBug)}}
}
