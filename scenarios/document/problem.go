package document

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Origin is where a value was said: a place in a file, or the flag or environment variable.
// The zero Origin is a default.
type Origin struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`   // from 1; 0 outside a file
	Column int    `json:"column,omitempty"` // from 1, in characters
	Name   string `json:"name,omitempty"`   // `--rate` or `PUSHBENCH_RATE`; empty in a file
}

// String is `file:line:col`, the name of the flag or variable, or nothing for a default.
func (o Origin) String() string {
	switch {
	case o.Name != "":
		return o.Name
	case o.Line > 0:
		return fmt.Sprintf("%s:%d:%d", o.File, o.Line, o.Column)
	}
	return o.File
}

// Problem is one thing wrong with a file, or with what was said on top of it.
type Problem struct {
	Origin
	Field   string `json:"field,omitempty"` // the key's path, such as `network.delay`; empty if the whole file is wrong
	Problem string `json:"problem"`
	Allowed string `json:"allowed,omitempty"` // what would have been right
}

// String is `file:line:col: field: problem (allowed: …)`, without the parts that are empty.
func (p Problem) String() string {
	var b strings.Builder
	for _, part := range []string{p.Origin.String(), p.Field} {
		if part != "" {
			b.WriteString(part + ": ")
		}
	}
	b.WriteString(p.Problem)
	if p.Allowed != "" {
		b.WriteString(" (allowed: " + p.Allowed + ")")
	}
	return b.String()
}

func (p Problem) Error() string { return p.String() }

// Problems is everything that is wrong, found in one pass: one line each.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As reach each Problem.
func (ps Problems) Unwrap() []error {
	errs := make([]error, len(ps))
	for i, p := range ps {
		errs[i] = p
	}
	return errs
}

// Err is nil if there are no problems: a nil Problems in an error would not be.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

// Sorted puts problems in the order of the file, then those of the environment and the flags.
func (ps Problems) Sorted() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return ps
}
