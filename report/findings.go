package report

import (
	"fmt"
	"slices"
	"strings"

	"pushbench/report/format"
	"pushbench/results"
)

// Warning is one thing the reader must know, with everything it holds for.
type Warning struct {
	// Where are the arms and rounds it holds for; one that holds for the whole run says "run".
	Where []string
	// Code is stable and machine-readable; Text says what happened and what to do.
	Code, Text string
	// Invalidates is set for one that makes its cell invalid.
	Invalidates bool
}

// maxPlaces is how many arms a warning names; a sweep may have hundreds.
const maxPlaces = 6

// String is the warning as it is printed: where, what kind, what.
func (w Warning) String() string {
	where := strings.Join(w.Where[:min(len(w.Where), maxPlaces)], ", ")
	if more := len(w.Where) - maxPlaces; more > 0 {
		where += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf("%s (%s): %s", where, w.Code, w.Text)
}

// collector gathers warnings in order of appearance, each text once.
type collector struct{ all []Warning }

func (c *collector) add(where string, w results.Warning) {
	code, text := format.Clean(w.Code), format.Clean(w.Text)
	at := slices.IndexFunc(c.all, func(have Warning) bool { return have.Code == code && have.Text == text })
	if at < 0 {
		c.all = append(c.all, Warning{Code: code, Text: text})
		at = len(c.all) - 1
	}
	have := &c.all[at]
	have.Invalidates = have.Invalidates || w.Invalidates
	if !slices.Contains(have.Where, where) {
		have.Where = append(have.Where, where)
	}
}

// cellWarnings are those of the cells, and of a round only where its cell has none of that code: the cell speaks for its rounds.
func cellWarnings(arms []format.Arm) []Warning {
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

// RunWarnings are those that hold for the whole run.
func RunWarnings(run *results.Run) []Warning {
	var c collector
	for _, w := range run.Warnings {
		c.add("run", w)
	}
	if run.Interrupted {
		c.add("run", results.Warning{Code: "interrupted", Text: "the run was cut short; what was measured until then is shown. Run it again for the rest."})
	}
	return c.all
}

// Account is a line that says whether the counts add up.
type Account struct {
	OK   bool
	Text string
}

// accounting checks each cell's message and byte sums. One line says that all hold; each that does not gets its own.
func accounting(arms []format.Arm) []Account {
	var bad []Account
	var sum results.Delivery
	for _, a := range arms {
		for _, b := range books(a) {
			sum.Expected += b.Expected
			sum.Delivered += b.Delivered
			sum.Missed += b.Missed
			sum.Undelivered += b.Undelivered
			bad = append(bad, messages(b.name, b.Delivery)...)
		}
		bad = append(bad, octets(a.Name, a.Cell.Wire)...)
	}
	if len(bad) > 0 {
		return bad
	}
	return []Account{{true, fmt.Sprintf("every message and byte accounted for: %s expected = %s delivered + %s missed + %s undelivered",
		format.Grouped(sum.Expected), format.Grouped(sum.Delivered), format.Grouped(sum.Missed), format.Grouped(sum.Undelivered))}}
}

// book is one of the books of messages that a cell has.
type book struct {
	name string
	results.Delivery
}

func books(a format.Arm) []book {
	all := []book{{a.Name, a.Cell.Delivery}}
	if u := a.Cell.Uplink; u != nil {
		all = append(all, book{a.Name + ", up", u.Delivery})
	}
	if s := a.Cell.Slow; s != nil {
		all = append(all, book{a.Name + ", slow readers", s.Delivery()})
	}
	return all
}

const accountingBug = "; the harness lost count: do not use this cell, and report a bug with its run.json"

func messages(name string, d results.Delivery) []Account {
	if d.Expected == d.Delivered+d.Missed+d.Undelivered {
		return nil
	}
	return []Account{{false, fmt.Sprintf("%s: %s expected ≠ %s delivered + %s missed + %s undelivered%s", name,
		format.Grouped(d.Expected), format.Grouped(d.Delivered), format.Grouped(d.Missed), format.Grouped(d.Undelivered), accountingBug)}}
}

func octets(name string, w results.Wire) []Account {
	sockets := w.SentBytes + w.ReceivedBytes
	parts := w.HandshakeBytes + w.WarmupBytes + w.PayloadBytes + w.OverheadBytes + w.TailBytes
	if sockets == parts {
		return nil
	}
	return []Account{{false, fmt.Sprintf("%s: %s bytes at the sockets ≠ %s in handshakes, warm-up, payload, overhead and tail%s", name,
		format.Grouped(sockets), format.Grouped(parts), accountingBug)}}
}
