package results

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ReferenceTarget is the name of the target that pushbench starts itself. As the usual case it is left out of tags.
const ReferenceTarget = "reference"

// ArmTag names the cell's arm in the tags of a log: the transport, then a target other than [ReferenceTarget] as @target, then the parameters as
// +key=value sorted by key. Characters that tags cannot hold become "_".
func ArmTag(c Cell) string {
	var b strings.Builder
	b.WriteString(tagSafe(string(c.Transport)))
	if c.Target != "" && c.Target != ReferenceTarget {
		b.WriteString("@" + tagSafe(c.Target))
	}
	keys := make([]string, 0, len(c.Params))
	for key := range c.Params {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		b.WriteString("+" + tagSafe(key) + "=" + tagSafe(c.Params[key]))
	}
	return b.String()
}

// tagSafe replaces what would end a tag (HistogramLogProcessor allows no comma, space or newline) or one of its parts (/ @ + =), and every other
// character that a shell or a spreadsheet might take for its own.
func tagSafe(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("._-:", r):
			return r
		}
		return '_'
	}, s)
}

// roundTag is scenario/arm/round, the part of a tag that all metrics of a round share.
func roundTag(r LogRound) string {
	return tagSafe(r.Scenario) + "/" + r.Arm + "/" + strconv.Itoa(r.Index)
}

// parseTag splits metric/scenario/arm/round.
func parseTag(tag string) (Metric, LogRound, error) {
	parts := strings.SplitN(tag, "/", 2)
	if len(parts) != 2 || !slices.Contains(Metrics, Metric(parts[0])) {
		return "", LogRound{}, fmt.Errorf("tag %q does not begin with a metric of pushbench and a slash", tag)
	}
	round, err := parseRoundTag(parts[1])
	return Metric(parts[0]), round, err
}

func parseRoundTag(tag string) (LogRound, error) {
	parts := strings.Split(tag, "/")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" {
		return LogRound{}, fmt.Errorf("tag %q is not scenario/transport/round", tag)
	}
	index, err := strconv.Atoi(parts[2])
	if err != nil || index < 0 || strconv.Itoa(index) != parts[2] {
		return LogRound{}, fmt.Errorf("tag %q does not end in the number of a round", tag)
	}
	return LogRound{Scenario: parts[0], Arm: parts[1], Index: index}, nil
}
