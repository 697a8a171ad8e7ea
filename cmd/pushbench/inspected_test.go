package main

import (
	"encoding/base64"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A server may repeat a secret as it stood in the path or in credentials: none of its forms is shown.
func TestWhatIsInspectedKeepsItsSecrets(t *testing.T) {
	const secret = `pa ss/"w0rd`
	t.Setenv("PLANTED", secret)
	path := filepath.Join(t.TempDir(), "mine.yaml")
	described := "url: http://127.0.0.1:8080\nheaders: {X-Key: '${PLANTED}'}\nwebsocket: {path: '/ws?key=${PLANTED}'}\n"
	if err := os.WriteFile(path, []byte(described), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := inspect(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{secret, url.PathEscape(secret), `pa ss/\"w0rd`, base64.StdEncoding.EncodeToString([]byte(secret))} {
		if shown := a.clean("status 403: " + form + " is no key"); strings.Contains(shown, form) || !strings.Contains(shown, "is no key") {
			t.Errorf("shown: %s", shown)
		}
	}
}
