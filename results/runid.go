package results

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// NewRunID returns the name of a run and of its folder, such as 2026-11-23T17-52-49Z-default-ab12: when it was made (UTC, to the second), of what, and
// four hexadecimal digits of random. It sorts by time as text, and has only characters that every filesystem and shell takes as they are: no colon,
// at most 64, label reduced to lower-case letters, digits and single hyphens. The digits keep runs of the same second apart; [Store.Create] makes sure of it.
func NewRunID(created time.Time, label string, random uint16) string {
	return fmt.Sprintf("%s-%s-%04x", created.UTC().Format("2006-01-02T15-04-05Z"), idLabel(label), random)
}

var (
	runID   = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-[a-z0-9-]{1,38}-[0-9a-f]{4}$`)
	notInID = regexp.MustCompile(`[^a-z0-9]+`)
)

// longestID is the longest label in bytes.
const longestID = 38

func idLabel(label string) string {
	label = strings.Trim(notInID.ReplaceAllString(strings.ToLower(label), "-"), "-")
	if len(label) > longestID {
		label = strings.TrimRight(label[:longestID], "-")
	}
	if label == "" {
		return "run"
	}
	return label
}
