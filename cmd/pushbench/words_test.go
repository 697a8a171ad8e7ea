package main

import (
	"slices"
	"testing"
)

func TestSplitWords(t *testing.T) {
	for line, want := range map[string][]string{
		"node server.js --port {port}": {"node", "server.js", "--port", "{port}"},
		"  a\tb\n c ":                  {"a", "b", "c"},
		`'a b' "c d"`:                  {"a b", "c d"},
		`a'b'"c"d`:                     {"abcd"},
		`'' x ""`:                      {"", "x", ""},
		`a\ b 'c\d' "e\"f\g"`:          {"a b", `c\d`, `e"f\g`},
		`sh -c 'exec "$0" | x'`:        {"sh", "-c", `exec "$0" | x`},
	} {
		if got, err := splitWords(line); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v; want %q", line, got, err, want)
		}
	}
	for _, line := range []string{"", " \t", "a 'b", `a "b\"`, `a\`, "a | b", "a $HOME", "a; b", "a > f"} {
		if got, err := splitWords(line); err == nil {
			t.Errorf("%q: %q, want an error", line, got)
		}
	}
}
