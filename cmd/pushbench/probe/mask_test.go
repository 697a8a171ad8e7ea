package probe

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestMask(t *testing.T) {
	u, err := url.Parse("https://alice:pa%20ssword@h/p?token=t%2Bken1&page&api_key=abcdef#fragment")
	if err != nil {
		t.Fatal(err)
	}
	m := &mask{}
	m.addURL(u)
	m.add("Bearer eyJhbGciOi.J9", "Basic "+base64.StdEncoding.EncodeToString([]byte("bob:hunter22")))
	m.addHeader(http.Header{"Set-Cookie": {"sid=cookie-value; Path=/"}})
	text := "alice pa ssword pa%20ssword t+ken1 t%2Bken1 abcdef fragment eyJhbGciOi.J9 bob:hunter22 hunter22 cookie-value and what may stay"
	if have := m.clean(text); strings.Trim(strings.ReplaceAll(have, hidden, ""), " ") != "and what may stay" {
		t.Errorf("left: %s", have)
	}
	if have := shown(u); have != "https://h/p?"+hidden {
		t.Errorf("shown: %s", have)
	}
}

// FuzzMask holds the mask to letting no secret through, whatever surrounds it.
func FuzzMask(f *testing.F) {
	f.Add("before", "s3cr3t", "after")
	f.Add("\x1b[31m", "a b", "%20")
	f.Fuzz(func(t *testing.T, before, secret, after string) {
		m := &mask{}
		m.add(secret)
		plain := (&mask{}).clean(secret)
		if len(plain) < 4 || plain != secret || strings.Contains(hidden, plain) {
			return // what is shown of it is another text
		}
		// What stands around it may complete it anew only if it holds the secret itself.
		if have := m.clean(before + secret + after); strings.Contains(have, secret) && !strings.Contains(secret, "*") {
			t.Errorf("%q is in %q", secret, have)
		}
	})
}

func FuzzAnnounced(f *testing.F) {
	f.Add("timeout=5, max=100")
	f.Fuzz(func(t *testing.T, field string) {
		if d := announced(field); d < 0 || d > time.Second<<20 {
			t.Errorf("%q: %v", field, d)
		}
	})
}
