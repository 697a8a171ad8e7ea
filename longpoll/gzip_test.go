package longpoll

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
)

// An answer is compressed for who accepts that, if it is long enough to be worth it, and says so; what is inside is what it would be without.
func TestHandlerCompresses(t *testing.T) {
	long := strings.Repeat("as long as it is short ", 40)
	for _, tc := range []struct {
		name, message, accepts string
		off, packed            bool
	}{
		{name: "asked for", message: long, accepts: "gzip", packed: true},
		{name: "browser", message: long, accepts: "gzip, deflate, br, zstd", packed: true},
		{name: "weighed", message: long, accepts: "br;q=1, GZIP ;q=0.5", packed: true},
		{name: "not asked for", message: long, accepts: "identity"},
		{name: "refused", message: long, accepts: "gzip;q=0"},
		{name: "short", message: "short", accepts: "gzip"},
		{name: "just short", message: long[:packLimit-len("507:,")-1], accepts: "gzip"},
		{name: "just long", message: long[:packLimit-len("507:,")], accepts: "gzip", packed: true},
		{name: "off", message: long, accepts: "gzip", off: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			source := &scriptSource{}
			h := Handler{Source: source, Compress: !tc.off}
			for range 2 { // the second time with what the first has left behind
				source.steps = append(source.steps, messages(Cursor{1, 4}, 0, tc.message))
				request, answer := httptest.NewRequest("GET", "/poll?topic=a&cursor=1-2", nil), httptest.NewRecorder()
				request.Header.Set("Accept-Encoding", tc.accepts)
				h.ServeHTTP(answer, request)
				body := answer.Body.Bytes()
				if length := answer.Result().ContentLength; length != int64(len(body)) {
					t.Errorf("Content-Length %d, body %d", length, len(body))
				}
				if packed := answer.Header().Get("Content-Encoding") == "gzip"; packed != tc.packed || packed != (answer.Header().Get("Vary") == "Accept-Encoding") {
					t.Fatalf("compressed %v, header %v", packed, answer.Header())
				}
				if tc.packed {
					r, err := gzip.NewReader(bytes.NewReader(body))
					if err != nil {
						t.Fatal(err)
					}
					if body, err = io.ReadAll(r); err != nil {
						t.Fatal(err)
					}
				}
				if want := AppendNetstring(nil, []byte(tc.message)); !bytes.Equal(body, want) {
					t.Errorf("body %.60q, want %.60q", body, want)
				}
			}
		})
	}
}
