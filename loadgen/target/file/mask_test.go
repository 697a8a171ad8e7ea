package file

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
)

func TestMask(t *testing.T) {
	target := mustParse(t, `
url: https://${HOST}
users: users.csv
headers: {Authorization: "Bearer literal-word.{user.token}", Cookie: "theme=dark-mode; sid=abcdef"}
publish: {post: "/p?api_key=qu%65ry&topic={topic}", body: '{"key":"${KEY}","text":"{payload}"}'}
websocket: {path: "/ws?transport=websocket&token=socket-token"}
`)
	m := target.Mask()
	for said, want := range map[string]string{
		`dial staging.example.com: refused`:                                       "dial REDACTED: refused",
		`{"key":"s3cr\"et"} and s3cr"et`:                                          `{"key":"REDACTED"} and REDACTED`,
		"/p?api_key=qu%65ry or query, tok%20en":                                   "/p?api_key=REDACTED or REDACTED, REDACTED",
		"tok en, other, literal-word.":                                            "REDACTED, REDACTED, REDACTED",
		"dark-mode abcdef socket-token websocket":                                 "REDACTED REDACTED REDACTED websocket",
		"7 is no secret that could be looked for":                                 "7 is no secret that could be looked for",
		base64.StdEncoding.EncodeToString([]byte("literal-word.")) + " is base64": "REDACTED is base64",
	} {
		if have := m.Text(said); have != want {
			t.Errorf("%q is masked as %q, want %q", said, have, want)
		}
	}
}

func TestMaskExchange(t *testing.T) {
	m := &Mask{}
	m.Hide("0123456789", "{sid}")
	said := "GET /p?sid=0123456789&access_token=abc&x=1 HTTP/1.1\r\nHost: h\r\nauthorization: Basic abc\r\nX-Api-Key:  k\r\nSet-Cookie: a=b; Path=/\r\n\r\n" +
		`{"sessionToken" : "a\"b","text":"token"}`
	want := "GET /p?sid={sid}&access_token=REDACTED&x=1 HTTP/1.1\r\nHost: h\r\nauthorization: REDACTED\r\nX-Api-Key:  REDACTED\r\nSet-Cookie: REDACTED\r\n\r\n" +
		`{"sessionToken" : "REDACTED","text":"token"}`
	if have := m.Exchange(said); have != want {
		t.Errorf("have %q\nwant %q", have, want)
	}
}

// FuzzMask holds that a value that is hidden is in no text afterwards, in none of the forms in which sessions write it.
func FuzzMask(f *testing.F) {
	f.Add("a text with pass word/1 in it", "pass word/1")
	f.Add("aaaaaaaa", "aaaa")
	f.Add(`{"a":"x\"y\\z!"}`, `x"y\z!`)
	f.Fuzz(func(t *testing.T, text, value string) {
		if len(value) < shortestSecret || strings.Contains(Masked, value) || strings.ContainsAny(value, Masked) {
			t.Skip("what stands for it would contain it")
		}
		m := &Mask{}
		m.Hide(value, Masked)
		for _, form := range []string{value, url.PathEscape(value), base64.StdEncoding.EncodeToString([]byte(value)), string(EscapeJSON(nil, []byte(value), true))} {
			if have := m.Text(text + form + text); strings.Contains(have, value) {
				t.Errorf("%q still has %q: %q", text+form+text, value, have)
			}
		}
	})
}
