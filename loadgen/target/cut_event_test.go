package target

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"pushbench/loadgen"
	"pushbench/scenarios"
)

// A stream that breaks in the middle of an event has not brought it: the session stands behind the last whole one.
func TestAnEventThatIsCutOff(t *testing.T) {
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				_, _ = fmt.Fprintf(w, "id: 7-1\n\nid: 7-2\ndata: %s\n\nid: 7-3\ndata: %s\n", message(0, 80), message(1, 80))
			}))
			defer s.Close()
			c, err := newTarget(t, plan(s.URL, kind, scenarios.SSE)).Open(deadline(t), loadgen.ClientSpec{Transport: scenarios.SSE, Topic: "t000001"})
			if err != nil {
				t.Fatal(err)
			}
			messages := 0
			for {
				b, err := c.Receive()
				if err != nil {
					break
				}
				messages += len(b.Messages)
			}
			if messages != 1 || c.Place() != "cursor=7-2" {
				t.Errorf("%d messages, and the session stands at %q; want one and cursor=7-2", messages, c.Place())
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
