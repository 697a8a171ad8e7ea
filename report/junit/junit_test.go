package junit

import (
	"bytes"
	"encoding/xml"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func written(t testing.TB, suites ...Suite) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, suites); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWrite(t *testing.T) {
	have := written(t,
		Suite{Name: "default", Cases: []Case{
			{Name: "p(99)<50ms", Class: "default.websocket", Seconds: 1.5},
			{Name: "missed==0", Class: "default.longpoll", Failure: "7 messages\nof 100"},
			{Name: "max<1s", Skipped: "the cell is invalid"},
		}},
		Suite{Name: "empty"})
	want := `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="3" failures="1" errors="0" skipped="1" time="1.500">
  <testsuite name="default" tests="3" failures="1" errors="0" skipped="1" time="1.500">
    <testcase name="p(99)&lt;50ms" classname="default.websocket" time="1.500"></testcase>
    <testcase name="missed==0" classname="default.longpoll" time="0.000">
      <failure message="7 messages">7 messages&#xA;of 100</failure>
    </testcase>
    <testcase name="max&lt;1s" classname="" time="0.000">
      <skipped message="the cell is invalid">the cell is invalid</skipped>
    </testcase>
  </testsuite>
  <testsuite name="empty" tests="0" failures="0" errors="0" skipped="0" time="0.000"></testsuite>
</testsuites>
`
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWriteReportsTheDisk(t *testing.T) {
	if err := Write(full{}, nil); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("have %v", err)
	}
}

// FuzzWrite holds that any text makes a document that parses, with the same text in it but for what XML cannot hold.
func FuzzWrite(f *testing.F) {
	for _, seed := range []string{"plain", "]]>", "\x00\x1b[31m", "\xff\xfe", "\uffff\ufffe", "<!--", "\"'&", "a\r\nb\tc", "\U0001F600"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var d document
		document := written(t, Suite{Name: text, Cases: []Case{{Name: text, Class: text, Failure: text + "!"}}})
		if !utf8.ValidString(document) {
			t.Fatal("not UTF-8")
		}
		if err := xml.Unmarshal([]byte(document), &d); err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
		c := d.Suites[0].Cases[0]
		if want := clean(text); c.Name != want || c.Class != want || d.Suites[0].Name != want || c.Failure.Text != want+"!" {
			t.Errorf("have %q, want %q", c.Name, want)
		}
	})
}
