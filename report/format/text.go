package format

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"
)

// Escape sequences, whole: CSI (with the 8-bit introducer too), the string commands OSC, DCS, SOS, PM and APC up to their terminator (ST, also the 8-bit
// one, or BEL), and any other escape (ECMA-48 §5.3–5.6). Removing only the ESC byte would leave "[31m" in the text.
var escapes = regexp.MustCompile(
	"(?:\x1b\\[|\u009b)[0-?]*[ -/]*[@-~]?" +
		"|(?:\x1b[]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\x07\x1b\u009c]*(?:\x07|\x1b\\\\|\u009c)?" +
		"|\x1b[ -/]*[0-~]?")

// Clean makes untrusted text safe for one line of a terminal, a chart or a page's text: escape sequences, control characters, bidirectional overrides and
// other invisible characters are dropped, every run of white space becomes one space. Markup is left alone: each renderer escapes for its own language.
func Clean(s string) string {
	s = escapes.ReplaceAllString(strings.ToValidUTF8(s, "\uFFFD"), "")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// ASCII replaces what a plain terminal cannot show: the signs this program prints by their usual spellings, anything else by a question mark.
func ASCII(s string) string {
	s = asciiSpelling.Replace(s)
	return strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII {
			return '?'
		}
		return r
	}, s)
}

var asciiSpelling = strings.NewReplacer(
	"✓", "ok", "✗", "FAIL", "·", "|", "–", "-", "—", "-", "…", "...", "µ", "u", "×", "x", "÷", "/", "−", "-", "≤", "<=", "≠", "!=", "±", "+-", "→", "->", "≈", "~", "∞", "inf", "α", "alpha",
)

// Width is how many terminal columns s takes.
func Width(s string) int { return runewidth.StringWidth(s) }

// Clip shortens s to at most width columns, ending in "…" where something was cut.
func Clip(s string, width int) string {
	if Width(s) <= width {
		return s
	}
	if width <= 0 {
		return ""
	}
	return runewidth.Truncate(s, width, "…")
}

// Pad fills s with spaces to width columns, on the left for numbers.
func Pad(s string, width int, left bool) string {
	gap := strings.Repeat(" ", max(0, width-Width(s)))
	if left {
		return gap + s
	}
	return s + gap
}

// Wrap breaks s at spaces into lines of at most width columns; a longer word is cut where the line ends.
func Wrap(s string, width int) []string {
	width = max(1, width)
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		if line != "" && Width(line)+1+Width(word) <= width {
			line += " " + word
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		line, lines = splitWord(word, width, lines)
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// splitWord appends to lines what of word fills whole lines, and returns the rest.
func splitWord(word string, width int, lines []string) (string, []string) {
	for Width(word) > width {
		head := runewidth.Truncate(word, width, "")
		if head == "" {
			return "", lines // a character wider than the line: nothing can be shown of it
		}
		lines = append(lines, head)
		word = word[len(head):]
	}
	return word, lines
}
