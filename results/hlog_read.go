package results

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxLogLine is longer than any line can be: the 31,000 counters of a histogram at 9 bytes, uncompressed, in base64.
const maxLogLine = 1 << 20

// LogError is what is wrong with a histogram log, and where.
type LogError struct {
	Line int
	Err  error
}

func (e *LogError) Error() string { return fmt.Sprintf("histogram log, line %d: %v", e.Line, e.Err) }

// Unwrap returns the cause.
func (e *LogError) Unwrap() error { return e.Err }

// ReadLog reads what [WriteLog] wrote, rounds in order of scenario, arm and index. Every histogram has been decoded once, so that a damaged file
// is found here and not in the middle of a report; the error is then a *[LogError]. A log without the line of a round's start is one of another
// tool, or a damaged one, and refused.
func ReadLog(r io.Reader) ([]LogRound, error) {
	p := logParser{rounds: make(map[string]*LogRound)}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLogLine)
	lines.Split(wholeLines)
	for n := 1; lines.Scan(); n++ {
		if err := p.line(lines.Text()); err != nil {
			return nil, &LogError{n, err}
		}
		p.read = n
	}
	if err := lines.Err(); err != nil {
		return nil, &LogError{p.read + 1, err}
	}
	return p.sorted(), nil
}

var errCutOff = errors.New("the line has no end: the file was cut off")

// wholeLines splits like bufio.ScanLines but does not take the end of the file for the end of a line: a histogram cut off inside its base64 may
// happen to decode no more, but a comment cut off would pass unnoticed.
func wholeLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if atEOF && len(data) > 0 && bytes.IndexByte(data, '\n') < 0 {
		return 0, nil, errCutOff
	}
	return bufio.ScanLines(data, atEOF)
}

type logParser struct {
	rounds map[string]*LogRound
	slices SliceReader
	read   int
}

func (p *logParser) line(text string) error {
	switch {
	case strings.HasPrefix(text, "#[Round: "):
		return p.round(text)
	case strings.HasPrefix(text, "#"), strings.HasPrefix(text, `"`), text == "":
		return nil
	}
	return p.slice(text)
}

func (p *logParser) round(text string) error {
	inner, ok := strings.CutSuffix(strings.TrimPrefix(text, "#[Round: "), "]")
	tag, at, found := strings.Cut(inner, ", ")
	if !ok || !found {
		return fmt.Errorf("%q is not #[Round: scenario/transport/round, time]", text)
	}
	r, err := parseRoundTag(tag)
	if err != nil {
		return err
	}
	if r.Started, err = time.Parse(time.RFC3339Nano, at); err != nil {
		return fmt.Errorf("start of round %s: %w", tag, err)
	}
	if p.rounds[tag] != nil {
		return fmt.Errorf("round %s begins a second time", tag)
	}
	r.Histograms = make(Histograms)
	p.rounds[tag] = &r
	return nil
}

func (p *logParser) slice(text string) error {
	fields := strings.Split(text, ",")
	if len(fields) != 5 || !strings.HasPrefix(fields[0], "Tag=") {
		return fmt.Errorf("not Tag=…,start,length,max,histogram but %d fields: %.40q", len(fields), text)
	}
	metric, key, err := parseTag(strings.TrimPrefix(fields[0], "Tag="))
	if err != nil {
		return err
	}
	r := p.rounds[roundTag(key)]
	if r == nil {
		return fmt.Errorf("no #[Round: %s, …] line before its histograms: it was not written by pushbench", roundTag(key))
	}
	s, err := parseSlice(r.Started, fields[1], fields[2], fields[4])
	if err != nil {
		return err
	}
	if _, err := p.slices.Read(s); err != nil {
		return err
	}
	r.Histograms[metric] = append(r.Histograms[metric], s)
	return nil
}

func parseSlice(origin time.Time, start, length, encoded string) (Slice, error) {
	from, err := parseSeconds(start)
	if err != nil {
		return Slice{}, fmt.Errorf("start: %w", err)
	}
	took, err := parseSeconds(length)
	if err != nil {
		return Slice{}, fmt.Errorf("length: %w", err)
	}
	begin := time.Unix(0, int64(from)).Sub(origin)
	s := Slice{Start: begin, End: begin + took, HDR: encoded}
	if s.End < s.Start {
		return Slice{}, fmt.Errorf("length %s is beyond any time", length)
	}
	return s, nil
}

// parseSeconds reads decimal seconds, exactly.
func parseSeconds(text string) (time.Duration, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	if len(fraction) > 9 || strings.ContainsAny(text, "+-_") {
		return 0, fmt.Errorf("%q is not decimal seconds with at most 9 decimals", text)
	}
	s, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || s > int64((1<<63-1)/time.Second)-1 {
		return 0, fmt.Errorf("%q is not decimal seconds of this era", text)
	}
	ns, err := strconv.ParseInt(fraction+strings.Repeat("0", 9-len(fraction)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not decimal seconds", text)
	}
	return time.Duration(s)*time.Second + time.Duration(ns), nil
}

func (p *logParser) sorted() []LogRound {
	rounds := make([]LogRound, 0, len(p.rounds))
	for _, r := range p.rounds {
		rounds = append(rounds, *r)
	}
	slices.SortFunc(rounds, func(a, b LogRound) int {
		return cmp.Or(strings.Compare(a.Scenario, b.Scenario), strings.Compare(a.Arm, b.Arm), cmp.Compare(a.Index, b.Index))
	})
	return rounds
}
