package targetcheck

import (
	"strings"
	"testing"

	"pushbench/loadgen/target/file"
)

// A secret on the cut of a long body shows no part of itself.
func TestStoryCuts(t *testing.T) {
	m := &file.Mask{}
	m.Hide("SEKRET-of-some-length", file.Masked)
	for _, before := range []int{0, longestText - 30, longestText - 10, longestText - 1, longestText, longestText + longestRest - 5} {
		var s story
		s.trace().Frame([]byte(strings.Repeat("x", before) + "SEKRET-of-some-length" + strings.Repeat("y", longestText)))
		text := s.told(m)[0].Text
		if strings.Contains(text, "SEK") || len(text) > longestText+100 || !strings.HasSuffix(text, " bytes in all)") {
			t.Errorf("behind %d bytes: %q", before, text)
		}
	}
}
