package format

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// linked matches what GitHub makes a link of without any markup: a scheme's "://" and a host's "www." (GFM §6.9).
var linked = regexp.MustCompile(`://|(?i:www\.)`)

// EscapeMarkdown makes s plain text in GitHub's Markdown: every punctuation character that can mean something within a line takes a backslash (CommonMark §2.4),
// the three that HTML knows become entities, and "@" and "#" do too, so that no one is notified and no thread linked. The result is meant to stand
// inside a line: after a list's dash, in a heading or a cell.
func EscapeMarkdown(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '@' || r == '#':
			fmt.Fprintf(&b, "&#%d;", r)
		case strings.ContainsRune("\\`*_[]|~$", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < utf8.RuneSelf && r < ' ':
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	return linked.ReplaceAllStringFunc(b.String(), unlink)
}

func unlink(match string) string {
	return strings.NewReplacer(":", "&#58;", ".", "&#46;").Replace(match)
}
