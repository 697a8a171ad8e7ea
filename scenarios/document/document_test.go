package document

import (
	"strings"
	"testing"
)

// Within finds a byte's own place, and stays at the scalar where an escape may have moved it.
func TestWithin(t *testing.T) {
	for text, want := range map[string]string{
		"k: abcX":            "f:1:7",
		"k: 'a''bX'":         "f:1:9",
		"k: \"abX\"":         "f:1:7",
		"k: \"a\\tbX\"":      "f:1:4",
		"k: |\n  abX\n":      "f:1:4",
		"k: éX":              "f:1:5",
		"k: {l: [a, 'b X']}": "f:1:15",
	} {
		top, problems := Parse("f", []byte(text), "")
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		n := top.Content[1]
		for n.Kind != Scalar {
			n = n.Content[len(n.Content)-1]
		}
		if have := Within("f", n, strings.Index(n.Value, "X")).String(); have != want {
			t.Errorf("%q: %s, want %s", text, have, want)
		}
	}
}

// What people often write wrong is told with how it is right.
func TestSyntaxProblems(t *testing.T) {
	for text, want := range map[string]string{
		"a:\n\tb: 1\n":        "f:2:1: is not YAML: found character that cannot start any token (allowed: spaces before a key, no tab)",
		"a:\n  b: 1\n \tc: 1": "no tab)",
		"a: {b: c {d}}\n":     `stands in quotes, such as {a: "x {b}"})`,
		"a: [b {c}]\n":        `stands in quotes, such as {a: "x {b}"})`,
		"a: 'b\n":             "f:2:1: is not YAML: found unexpected end of stream",
		"a: b: c\n":           "is not YAML: ",
	} {
		_, problems := Parse("f", []byte(text), "")
		if have := problems.Error(); !strings.Contains(have, want) {
			t.Errorf("%q: %s, want %s", text, have, want)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	known := []string{"websocket", "network.delay", "long_poll"}
	for word, want := range map[string]string{"webscoket": "websocket", "delay": "network.delay", "long-poll": "long_poll", "ws": "websocket", "xyz": "", "": ""} {
		want = strings.TrimSuffix(`; did you mean "`+want+`"?`, `; did you mean ""?`)
		if have := DidYouMean(word, known, map[string]string{"ws": "websocket"}); have != want {
			t.Errorf("%q: %s, want %s", word, have, want)
		}
	}
}
