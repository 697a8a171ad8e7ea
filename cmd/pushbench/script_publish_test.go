package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// publishing publishes numbered JSON messages on a topic of the reference server at $ADDR until the script ends: publishing TOPIC EVERY.
func publishing(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: publishing TOPIC EVERY")
	}
	every, err := time.ParseDuration(args[1])
	ts.Check(err)
	url := fmt.Sprintf("http://%s/publish?topic=%s", ts.Getenv("ADDR"), args[0])
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for n := 1; ctx.Err() == nil; n++ {
			post(ctx, url, fmt.Sprintf(`{"id":%d,"text":"hello"}`, n))
			time.Sleep(every)
		}
	}()
	ts.Defer(func() {
		stop()
		<-ended
	})
}

// post publishes; that the server has gone is the script's own doing.
func post(ctx context.Context, url, body string) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return
	}
	if response, err := http.DefaultClient.Do(request); err == nil {
		_ = response.Body.Close()
	}
}
