package server

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Inject says which faults the server makes on purpose, so that a harness can be
// shown to find them. The zero value makes none.
//
// All but the stall act per delivery, that is per message and subscriber, and
// independently: a fault of one subscriber touches no other. They keep to a
// subscriber's order, except reorder:
//
//   - Drop: the message is passed over.
//   - Duplicate: it is delivered twice in a row.
//   - Reorder: it changes places with the next message delivered to that
//     subscriber. It waits for that one for up to a second; if none comes it goes
//     out in its place and nothing is counted.
//   - Delay: it is held for DelayBy, and so are the later messages of that
//     subscriber. Messages read from the log together are held together, not one
//     after the other. A poll's answer is one unit: it leaves when its last
//     message may.
//   - CPU: that much processor time is burnt before each delivery.
//   - Stall: nobody is delivered anything while it lasts.
//
// A duplicate or a reordered pair may carry a poll's answer over its max by one
// or more: that too is a fault a client has to live with.
type Inject struct {
	Drop, Duplicate, Reorder Percent

	Delay   Percent // share of deliveries held
	DelayBy time.Duration

	CPU time.Duration

	Stall      time.Duration // length of a stall
	StallAfter time.Duration // once, this long after the first publish; or
	StallEvery time.Duration // at every multiple of this after the first publish
}

// Percent is a probability in percent, 0 to 100.
type Percent float64

func (p Percent) String() string { return strconv.FormatFloat(float64(p), 'f', -1, 64) + "%" }

// ParseInject reads faults as the command line has them: any of
//
//	stall=500ms@5s or stall=500ms/5s, drop=0.1%, duplicate=0.1%, reorder=0.1%, delay=2%:20ms, cpu=50us
//
// separated by commas, each at most once. stall=S@T stalls once for S, T after
// the first publish; stall=S/P every P. The empty text is no faults.
func ParseInject(text string) (Inject, error) {
	var in Inject
	seen := make(map[string]bool)
	for text != "" {
		fault, rest, more := strings.Cut(text, ",")
		if more && rest == "" {
			return Inject{}, errors.New("inject: a fault is missing after the last comma")
		}
		text = rest
		name, value, _ := strings.Cut(fault, "=")
		if seen[name] {
			return Inject{}, fmt.Errorf("inject: %s is given twice", name)
		}
		seen[name] = true
		if err := in.set(name, value); err != nil {
			return Inject{}, fmt.Errorf("inject: %.60q: %w", fault, err)
		}
	}
	return in, in.validate()
}

func (in *Inject) set(name, value string) (err error) {
	switch name {
	case "drop":
		in.Drop, err = parsePercent(value)
	case "duplicate":
		in.Duplicate, err = parsePercent(value)
	case "reorder":
		in.Reorder, err = parsePercent(value)
	case "delay":
		err = in.setDelay(value)
	case "cpu":
		in.CPU, err = parsePositive(value)
	case "stall":
		err = in.setStall(value)
	default:
		err = errors.New("unknown fault; there are stall, drop, duplicate, reorder, delay and cpu")
	}
	return err
}

func (in *Inject) setDelay(value string) (err error) {
	share, by, ok := strings.Cut(value, ":")
	if !ok {
		return errors.New("write the share and the time, as in delay=2%:20ms")
	}
	if in.Delay, err = parsePercent(share); err != nil {
		return err
	}
	in.DelayBy, err = parsePositive(by)
	return err
}

func (in *Inject) setStall(value string) (err error) {
	i := strings.IndexAny(value, "@/")
	if i < 0 {
		return errors.New("write the length and when, as in stall=500ms@5s (once) or stall=500ms/5s (every)")
	}
	if in.Stall, err = parsePositive(value[:i]); err != nil {
		return err
	}
	if value[i] == '@' {
		in.StallAfter, err = parseDuration(value[i+1:])
		return err
	}
	in.StallEvery, err = parsePositive(value[i+1:])
	return err
}

func parsePercent(s string) (Percent, error) {
	digits, ok := strings.CutSuffix(s, "%")
	if !ok || strings.Trim(digits, "0123456789.") != "" {
		return 0, fmt.Errorf("%.40q is not a percentage such as 0.1%%", s)
	}
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil || v > 100 {
		return 0, fmt.Errorf("%.40q is not a percentage from 0%% to 100%%", s)
	}
	return Percent(v), nil
}

func parseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%.40q is not a duration such as 500ms", s)
	}
	return d, nil
}

func parsePositive(s string) (time.Duration, error) {
	d, err := parseDuration(s)
	if err == nil && d == 0 {
		return 0, fmt.Errorf("%.40q must be over 0", s)
	}
	return d, err
}

// active reports whether any fault is to be made.
func (in *Inject) active() bool { return *in != Inject{} }

func (in *Inject) validate() error {
	for _, p := range []Percent{in.Drop, in.Duplicate, in.Reorder, in.Delay} {
		if !(p >= 0 && p <= 100) {
			return fmt.Errorf("inject: %v is not from 0%% to 100%%", p)
		}
	}
	if min(in.DelayBy, in.CPU, in.Stall, in.StallAfter, in.StallEvery) < 0 {
		return errors.New("inject: a duration is negative")
	}
	if in.StallEvery > 0 && (in.Stall >= in.StallEvery || in.StallAfter > 0) {
		return fmt.Errorf("inject: a stall of %v every %v leaves no time to deliver: make the period longer", in.Stall, in.StallEvery)
	}
	return nil
}

// String returns the faults as ParseInject reads them.
func (in Inject) String() string {
	var parts []string
	add := func(on bool, name string, value ...any) {
		if on {
			parts = append(parts, name+"="+fmt.Sprint(value...))
		}
	}
	when, sign := cmp.Or(in.StallEvery, in.StallAfter), "@"
	if in.StallEvery > 0 {
		sign = "/"
	}
	add(in.Stall > 0, "stall", in.Stall.String()+sign+when.String())
	add(in.Drop > 0, "drop", in.Drop)
	add(in.Duplicate > 0, "duplicate", in.Duplicate)
	add(in.Reorder > 0, "reorder", in.Reorder)
	add(in.DelayBy > 0, "delay", in.Delay.String()+":"+in.DelayBy.String())
	add(in.CPU > 0, "cpu", in.CPU)
	return strings.Join(parts, ",")
}
