package longpoll

import (
	"errors"
	"net/url"
	"testing"
	"time"
)

func TestParseQuery(t *testing.T) {
	q, err := ParseQuery("x=1&topic=a%2Fb&cursor=1z-3&hold=1m30s&max=7&flag")
	want := Query{Topic: "a/b", Cursor: Cursor{71, 3}, HasCursor: true, Hold: 90 * time.Second, Max: 7, hasHold: true}
	if err != nil || q != want {
		t.Errorf("got %+v, %v; want %+v", q, err, want)
	}
	q, err = ParseQuery("topic=a&skip=2&cursor=1z-3")
	if want = (Query{Topic: "a", Cursor: Cursor{71, 3}, HasCursor: true, Skip: 2}); err != nil || q != want {
		t.Errorf("got %+v, %v; want %+v", q, err, want)
	}
	for _, tc := range []struct{ name, raw, param string }{
		{"skip without cursor", "topic=a&skip=2", ParamSkip},
		{"negative skip", "topic=a&cursor=1z-3&skip=-2", ParamSkip},
		{"huge skip", "topic=a&cursor=1z-3&skip=9223372036854775808", ParamSkip},
		{"skip twice", "topic=a&cursor=1z-3&skip=2&skip=2", ParamSkip},
		{"no topic", "", ParamTopic},
		{"empty topic", "topic=", ParamTopic},
		{"topic twice", "topic=a&topic=b", ParamTopic},
		{"broken escape", "topic=%zz", ParamTopic},
		{"bad cursor", "topic=a&cursor=x", ParamCursor},
		{"empty cursor", "topic=a&cursor=", ParamCursor},
		{"hold without unit", "topic=a&hold=5", ParamHold},
		{"negative hold", "topic=a&hold=-5s", ParamHold},
		{"negative max", "topic=a&max=-1", ParamMax},
		{"huge max", "topic=a&max=99999999999", ParamMax},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := ParseQuery(tc.raw)
			if param := (*ParamError)(nil); !errors.As(err, &param) || param.Param != tc.param {
				t.Errorf("ParseQuery(%q): %v; want an error about %s", tc.raw, err, tc.param)
			}
		})
	}
}

// The parser must agree with net/url wherever it accepts.
func FuzzParseQuery(f *testing.F) {
	for _, s := range []string{"topic=a", "topic=a%20b&hold=0s", "topic=a+b&max=1&cursor=0-0", "a=b&topic", "topic=a;b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := ParseQuery(raw)
		std, stdErr := url.ParseQuery(raw)
		if err != nil || stdErr != nil {
			return
		}
		if got := std.Get(ParamTopic); got != q.Topic {
			t.Fatalf("%q: topic %q, net/url says %q", raw, q.Topic, got)
		}
		if q.HasCursor && std.Get(ParamCursor) != q.Cursor.String() {
			t.Fatalf("%q: cursor %v, net/url says %q", raw, q.Cursor, std.Get(ParamCursor))
		}
	})
}

func BenchmarkParseQuery(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseQuery("topic=broadcast&cursor=2x8d1k3jq-9ix&hold=25s"); err != nil {
			b.Fatal(err)
		}
	}
}
