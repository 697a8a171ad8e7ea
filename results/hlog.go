package results

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// LogRound is one round in a histogram log.
type LogRound struct {
	// Scenario and Arm (see [ArmTag]) are as tags carry them, so a name with a space in it comes back with "_".
	Scenario, Arm string
	// Index is the round's.
	Index int
	// Started is the wall clock at the instant from which the slices' times count.
	Started    time.Time
	Histograms Histograms
}

// NewLogRound returns the round of the cell as it goes into a log.
func NewLogRound(c Cell, r RoundData) LogRound {
	return LogRound{Scenario: tagSafe(c.Scenario), Arm: ArmTag(c), Index: r.Round.Index, Started: r.Round.Started, Histograms: r.Histograms}
}

// WriteLog writes rounds in HdrHistogram's log format, version 1.3, which HistogramLogProcessor, its viewers and hdrhistogram-go read. One line is one slice:
//
//	Tag=metric/scenario/transport[@target][+param=value]/round,start,length,max,histogram
//
// start is absolute, in seconds since the epoch, and length in seconds, both exact to the nanosecond; max is in milliseconds as that format has it,
// for overhead in bytes. The scenario in the tag is an extension of metric/transport/round, because a run may hold several. Comment lines
//
//	#[Round: scenario/transport/round, 2026-11-23T17:52:49.5Z]
//
// tell the instant from which the round's own times count; other tools skip them. Lines are in order of time, as readers that stop at the end of a range need them.
//
// The library's writer is not used: it rounds times to microseconds, drops the milliseconds of the start, and lets a tag end in a comma.
// It is an error if two rounds would have the same tag, or a slice cannot be decoded.
//
// Source of the format: HdrHistogram's Java HistogramLogWriter.
func WriteLog(w io.Writer, rounds []LogRound) error {
	if err := checkTags(rounds); err != nil {
		return err
	}
	lines := logLines(rounds)
	buffered := bufio.NewWriter(w)
	writeLogHeader(buffered, rounds, lines)
	var reader SliceReader
	for _, l := range lines {
		if err := l.write(buffered, &reader); err != nil {
			return err
		}
	}
	return buffered.Flush() // a bufio.Writer keeps its first error
}

func checkTags(rounds []LogRound) error {
	seen := make(map[string]bool)
	for _, r := range rounds {
		tag := roundTag(r)
		if seen[tag] {
			return fmt.Errorf("write histogram log: two rounds have the tag %s: give the scenarios or parameters names that differ in letters and digits", tag)
		}
		seen[tag] = true
		if _, err := parseRoundTag(tag); err != nil {
			return fmt.Errorf("write histogram log: %w", err)
		}
	}
	return nil
}

// logLine is a slice with its place in the log.
type logLine struct {
	tag    string
	metric Metric
	start  time.Time
	slice  Slice
}

func logLines(rounds []LogRound) []logLine {
	var lines []logLine
	for _, r := range rounds {
		for _, m := range Metrics {
			for _, s := range r.Histograms[m] {
				lines = append(lines, logLine{string(m) + "/" + roundTag(r), m, r.Started.Add(s.Start), s})
			}
		}
	}
	slices.SortStableFunc(lines, func(a, b logLine) int {
		return cmp.Or(a.start.Compare(b.start), strings.Compare(a.tag, b.tag))
	})
	return lines
}

func writeLogHeader(w io.Writer, rounds []LogRound, lines []logLine) {
	fmt.Fprintf(w, "#[Histogram log format version 1.3]\n#[pushbench run schema %d]\n", Schema)
	if len(lines) > 0 {
		// Rounded down: a reader leaves out what begins before the start.
		start := lines[0].start.Truncate(time.Millisecond).UTC()
		fmt.Fprintf(w, "#[StartTime: %.14s (seconds since epoch), %s]\n", seconds(start), start.Format(time.RFC3339Nano))
	}
	for _, r := range rounds {
		fmt.Fprintf(w, "#[Round: %s, %s]\n", roundTag(r), r.Started.UTC().Format(time.RFC3339Nano))
	}
	fmt.Fprint(w, "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n")
}

func (l logLine) write(w io.Writer, reader *SliceReader) error {
	counts, err := reader.Read(l.slice)
	if err != nil {
		return fmt.Errorf("write histogram log: %s: %w", l.tag, err)
	}
	length := l.slice.End - l.slice.Start
	if length < 0 || l.start.Unix() < 0 {
		return fmt.Errorf("write histogram log: %s: slice from %v to %v of a round that started at %v has no place in time", l.tag, l.slice.Start, l.slice.End, l.start)
	}
	_, err = fmt.Fprintf(w, "Tag=%s,%s,%d.%09d,%.3f,%s\n", l.tag, seconds(l.start), length/time.Second, length%time.Second, l.max(counts.Max()), l.slice.HDR)
	return err
}

// max is in the unit of the log's third column.
func (l logLine) max(v int64) float64 {
	if strings.Contains(string(l.metric), string(Overhead)) { // also what goes up, and what a mix's transports take
		return float64(v)
	}
	return float64(v) / float64(time.Millisecond)
}

// seconds is the time since the epoch, exact: a float64 holds today's only to some hundred nanoseconds.
func seconds(t time.Time) string {
	return fmt.Sprintf("%d.%09d", t.Unix(), t.Nanosecond())
}
