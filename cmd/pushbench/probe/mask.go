package probe

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"pushbench/loadgen/target/file"
	"pushbench/report/format"
)

// hidden stands for a secret.
const hidden = "***"

// mask hides secrets wherever they appear. Servers like to repeat what they were sent, and proxies write it into pages of their own.
type mask struct {
	mu    sync.Mutex
	words file.Mask
}

// add makes values secret, as they are, as a URL has them, and each word of them: the credentials behind "Bearer" are one.
func (m *mask) add(values ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, v := range values {
		for _, s := range append(strings.FieldsFunc(v, separates), v) {
			for _, form := range forms(s) {
				m.words.Hide(form, hidden)
			}
		}
	}
}

func separates(r rune) bool { return r == ' ' || r == ';' || r == ',' || r == '"' }

// forms are the spellings in which a server may repeat a value, beside those that a file.Mask knows. Credentials of the Basic scheme are also given as what they
// encode.
func forms(s string) []string {
	all := []string{s, url.QueryEscape(s), url.PathEscape(s)}
	if plain, err := url.QueryUnescape(s); err == nil {
		all = append(all, plain)
	}
	if plain, err := base64.StdEncoding.DecodeString(s); err == nil {
		all = append(all, string(plain))
		if _, password, ok := strings.Cut(string(plain), ":"); ok {
			all = append(all, password)
		}
	}
	return all
}

// addURL makes the values of a URL's query, and its user information, secret.
func (m *mask) addURL(u *url.URL) {
	if u.User != nil {
		password, _ := u.User.Password()
		m.add(u.User.Username(), password)
	}
	m.add(u.Fragment)
	for _, pair := range strings.FieldsFunc(u.RawQuery, func(r rune) bool { return r == '&' || r == ';' }) {
		if _, value, ok := strings.Cut(pair, "="); ok {
			m.add(value)
			continue
		}
		m.add(pair)
	}
}

// addHeader makes what an answer's cookies hold secret.
func (m *mask) addHeader(h http.Header) {
	for _, line := range h.Values("Set-Cookie") {
		pair, _, _ := strings.Cut(line, ";")
		if _, value, ok := strings.Cut(pair, "="); ok {
			m.add(value)
		}
	}
}

// clean makes a text fit to be shown: without secrets, and on one line without control characters.
func (m *mask) clean(s string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.words.Text(format.Clean(s))
}

// cleanFinding hides the secrets in all that a finding says.
func (m *mask) cleanFinding(f Finding) Finding {
	f.Tried, f.Happened, f.Means = m.clean(f.Tried), m.clean(f.Happened), m.clean(f.Means)
	return f
}

// shown is a URL without its secrets: no user, no query.
func shown(u *url.URL) string {
	s := u.Scheme + "://" + u.Host + u.EscapedPath()
	if u.Host == "" {
		s = u.EscapedPath()
	}
	if u.RawQuery != "" {
		s += "?" + hidden
	}
	return s
}

// shownLocation is where a redirect leads, without secrets.
func shownLocation(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "an address that is no URL"
	}
	return shown(u)
}
