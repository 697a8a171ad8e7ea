package review

import (
	"bytes"
	"strings"
	"testing"

	"pushbench/report/format"
	"pushbench/report/internal/sample"
)

func summary(t *testing.T, name string) string {
	t.Helper()
	run, h := cases[name](t)
	var b bytes.Buffer
	if err := Markdown(&b, run, reviewed(t, run, h)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestMarkdownTakesNoMarkup: what came from a file or a target must not become HTML, a link, an image, a mention or a cell of its own.
func TestMarkdownTakesNoMarkup(t *testing.T) {
	text := summary(t, "hostile")
	for _, bad := range []string{"<script", "[a](", "![i]", " @all", "\x1b", "\u202e", "`code`", "://"} {
		if strings.Contains(text, bad) {
			t.Errorf("%q stands in the summary", bad)
		}
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "| ") && strings.Contains(line, "**") {
			if cells := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|"); cells != 6 {
				t.Errorf("a row of claims has %d bars: %s", cells, line)
			}
		}
	}
}

func TestMarkdownHoldsWhatTheReviewSays(t *testing.T) {
	run, h := made(t, 1000, sample.Default...)
	r := reviewed(t, run, h)
	var b bytes.Buffer
	if err := Markdown(&b, run, r); err != nil {
		t.Fatal(err)
	}
	for _, l := range r.Sections[0].Decision.Pairs[0].Lines {
		if !strings.Contains(b.String(), format.EscapeMarkdown(l.Text)) {
			t.Errorf("%q is missing", l.Text)
		}
	}
	for _, c := range r.Claims {
		if !strings.Contains(b.String(), "| "+format.EscapeMarkdown(c.Claim)+" | **"+string(c.Verdict)+"**") {
			t.Errorf("claim %s is missing", c.ID)
		}
	}
}
