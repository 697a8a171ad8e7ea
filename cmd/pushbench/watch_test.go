package main

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"pushbench/loadgen"
	"pushbench/report/html"
	"pushbench/scenarios"
)

// watching is a watcher over two rounds of ten seconds, with a client that does not keep connections.
func watching(t *testing.T, report func() ([]byte, error)) (*watcher, func(path, host string) (int, string)) {
	t.Helper()
	w := &watcher{report: report, rounds: func() int { return 2 }, left: func(order int) time.Duration { return time.Duration(2-order) * 10 * time.Second }}
	w.state.Rounds = 2
	if err := w.listen(watchFlags{addr: "127.0.0.1:0"}, "tiny"); err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	return w, func(path, host string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+w.server.Addr+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(body)
	}
}

func TestWatcher(t *testing.T) {
	made := 0
	w, get := watching(t, func() ([]byte, error) {
		made++
		if made == 2 {
			return nil, errors.New("not this time")
		}
		return []byte("report " + strings.Repeat("I", made)), nil
	})
	state := func() (s html.Live) {
		code, body := get("/progress", "")
		if err := json.Unmarshal([]byte(body), &s); err != nil || code != http.StatusOK || len(body) > 500 {
			t.Fatalf("%d, %v: %s", code, err, body)
		}
		return s
	}
	if code, body := get("/", ""); code != http.StatusOK || !strings.Contains(body, "tiny") {
		t.Errorf("%d: %s", code, body)
	}
	if code, _ := get("/", "evil.example"); code != http.StatusForbidden {
		t.Errorf("another's name gets %d", code)
	}
	if code, _ := get("/report", ""); code != http.StatusNotFound {
		t.Errorf("a report before there is one: %d", code)
	}
	s := step{cell: &cellInProgress{arm: scenarios.Arm{Transport: scenarios.WebSocket, Scenario: &scenarios.Scenario{Name: "tiny"}}}}
	w.roundStarts(0, s)
	w.progress(loadgen.Progress{Phase: "steady", Elapsed: 5 * time.Second, Delivered: 1234, P99: time.Millisecond})
	if got := state(); got.Version != 0 || got.Round != 1 || got.Share != 0.25 || got.Detail != "p99 1.00 ms, 1,234 delivered" {
		t.Errorf("in the first round: %+v", got)
	}
	w.roundEnds(0, s, nil)
	if _, body := get("/report", ""); body != "report I" || state().Version != 1 || state().Share != 0.5 {
		t.Errorf("after the first round: %q, %+v", body, state())
	}
	w.rendered = 0 // however long the first took: the second may be made, and fails
	w.roundEnds(1, s, nil)
	if _, body := get("/report", ""); body != "report I" || made != 2 {
		t.Errorf("a report that could not be made leaves %q", body)
	}
	closed := make(chan struct{})
	go func() { defer close(closed); w.close() }()
	for !state().Ended {
		time.Sleep(time.Millisecond)
	}
	if _, body := get("/report", ""); body != "report III" {
		t.Errorf("at the end: %q", body)
	}
	<-closed
}

// TestRenderingStaysRare: a report that took long is not made again after the next round, but at the end it is.
func TestRenderingStaysRare(t *testing.T) {
	made := 0
	w, _ := watching(t, func() ([]byte, error) { made++; return nil, nil })
	w.since, w.rendered = time.Now(), time.Hour
	w.roundEnds(0, step{}, nil)
	if made != 0 {
		t.Error("a report was made that would have taken an hour")
	}
	w.close()
	if made != 1 {
		t.Errorf("%d reports at the end, want one", made)
	}
}

func TestWatchFlags(t *testing.T) {
	for addr, want := range map[string]string{
		"": "", "127.0.0.1:5665": "", "localhost:0": "", "[::1]:5665": "", "0.0.0.0:5665": "others can reach", ":5665": "others can reach", "192.168.1.2:80": "others can reach",
		"example.com:80": "others can reach", "5665": "give an address such as",
	} {
		err := watchFlags{addr: addr}.check()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", addr, err)
		}
	}
	if err := (watchFlags{addr: "0.0.0.0:5665", exposed: true}).check(); err != nil {
		t.Error(err)
	}
}
