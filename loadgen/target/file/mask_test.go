package file

import (
	"encoding/base64"
	"html"
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
websocket: {path: "/ws?transport=websocket&token=socket-token&v=4&u=a%20user&mix=left-{topic}-right&bare-word&e=${KEY}"}
longpoll: {get: "/poll?first={cursor}&hold={hold}{single}", single: "&max=lots", cursor: body}
`)
	m := target.Mask()
	for said, want := range map[string]string{
		`dial staging.example.com: refused`:                                       "dial REDACTED: refused",
		`{"key":"s3cr\"et"} and s3cr"et`:                                          `{"key":"REDACTED"} and REDACTED`,
		"/p?api_key=qu%65ry or query, tok%20en":                                   "/p?api_key=REDACTED or REDACTED, REDACTED",
		"tok en, other, literal-word.":                                            "REDACTED, REDACTED, REDACTED",
		"dark-mode abcdef socket-token websocket":                                 "REDACTED REDACTED REDACTED websocket",
		"a user, a+user, a%20user, left-x-right, bare-word, lots":                 "REDACTED, REDACTED, REDACTED, REDACTEDxREDACTED, REDACTED, REDACTED",
		"GET /ws?transport=websocket&v=4&u=a%20user&mix=left-t-right&bare-word":   "GET /ws?transport=REDACTED&v=REDACTED&u=REDACTED&mix=REDACTEDtREDACTED&REDACTED",
		"/poll?first=c&hold=25s&max=lots":                                         "/poll?first=c&hold=25s&max=REDACTED",
		"to /login?back=%2Fws%3Ftransport%3Dwebsocket%26v%3d4":                    "to /login?back=%2Fws?transport=REDACTED&v=REDACTED",
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
	if have := m.Exchange(said, len(said)); have != want {
		t.Errorf("have %q\nwant %q", have, want)
	}
}

// What a server repeats is hidden however it has escaped it, and nothing beside it.
func TestMaskEscapes(t *testing.T) {
	m := &Mask{}
	m.Hide(`a/b&c<d>"e'f g+%41é😀`, Masked)
	for name, said := range map[string]string{
		"plain":           `a/b&c<d>"e'f g+%41é😀`,
		"PHP's JSON":      `a\/b&c<d>\"e'f g+%41\u00e9\ud83d\ude00`,
		"Go's JSON":       `a/b\u0026c\u003cd\u003e\"e'f g+%41é😀`,
		"upper case":      `a/b\u0026c\u003Cd\u003E\"e\u0027f g+%41\u00E9😀`,
		"HTML":            `a/b&amp;c&lt;d&gt;&quot;e&#39;f g+%41é😀`,
		"Go's HTML":       `a/b&amp;c&lt;d&gt;&#34;e&#39;f g&#43;%41é😀`,
		"HTML in hex":     `a&#x2F;b&amp;c&lt;d&gt;&#x22;e&apos;f g&#x2b;%41&eacute;&#128512;`,
		"lower case URL":  `a%2fb%26c%3cd%3e%22e%27f%20g%2b%2541%c3%a9%f0%9f%98%80`,
		"upper case URL":  `a%2Fb%26c%3Cd%3E%22e'f%20g%2B%2541%C3%A9%F0%9F%98%80`,
		"form":            `a%2Fb%26c%3Cd%3E%22e%27f+g%2B%2541%C3%A9%F0%9F%98%80`,
		"parts of a URL":  `a/b&c%3Cd%3E%22e'f%20g+%2541%C3%A9%F0%9F%98%80`,
		"URL in URL":      `a%252Fb%2526c%253Cd%253E%2522e%2527f%2520g%252B%252541%25C3%25A9%25F0%259F%2598%2580`,
		"Go quotes":       `a/b&c<d>\"e'f g+%41\u00e9😀`,
		"bytes in quotes": `a/b&c<d>\"e\'f g+%41\xc3\xa9\xf0\x9f\x98\x80`,
		"JSON in HTML":    `a\/b\u0026amp;c&lt;d&gt;\&quot;e&#39;f g+%41\u00e9\ud83d\ude00`,
		"base64":          base64.StdEncoding.EncodeToString([]byte(`a/b&c<d>"e'f g+%41é😀`)),
		"base64 in a URL": url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(`a/b&c<d>"e'f g+%41é😀`))),
	} {
		if have, want := m.Text("x\\"+said+`&amp;%20+`), `x\REDACTED&amp;%20+`; have != want {
			t.Errorf("%s: %s", name, have)
		}
	}
}

// A secret on the cut is hidden whole, and so is one that a text ends within.
func TestMaskCuts(t *testing.T) {
	m := &Mask{}
	m.Hide("abcd/efgh", Masked)
	m.Hide("efghij", "{sid}")
	for said, want := range map[string]string{
		`012345abcd\/efgh tail`:    "012345REDACTED",
		`01234567 abcd\/efgh tail`: "01234567 REDACTED",
		`0123456789abcd\/efgh`:     "0123456789",
		`0 abcd/efghij tail`:       "0 REDACTED",
		`0 efghij tail`:            "0 {sid} t",
		`{"key":"abc`:              `{"key":"REDACTED`,
		`{"key":"abc\`:             `{"key":"REDACTED`,
	} {
		if have := m.Exchange(said, 10); have != want {
			t.Errorf("%s: %q, want %q", said, have, want)
		}
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
		for _, form := range []string{value, url.PathEscape(value), base64.StdEncoding.EncodeToString([]byte(value)), string(EscapeJSON(nil, []byte(value), true)), html.EscapeString(value), url.QueryEscape(value)} {
			have := m.Text(text + form + text)
			if strings.Contains(have, value) {
				t.Errorf("%q still has %q: %q", text+form+text, value, have)
			}
		}
	})
}
