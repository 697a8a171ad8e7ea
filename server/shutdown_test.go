package server

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/coder/websocket"

	"pushbench/longpoll"
	"pushbench/server/api"
)

func TestShutdownEndsAll(t *testing.T) { overLibraries(t, testShutdownEndsAll) }

func testShutdownEndsAll(t *testing.T, lib Library) {
	const each = 200
	f := start(t, Config{HTTP: lib})
	ended := make(chan error, 3*each)
	for range each {
		ws, _ := f.dial("/ws?topic=a")
		stream, _ := f.dial("/publish")
		for _, c := range []*websocket.Conn{ws, stream} {
			go func() { _, _, err := c.Read(deadline(t)); ended <- closedWith(err, websocket.StatusGoingAway) }()
		}
		p := f.poller("a")
		p.Cursor = f.cursor(0)
		go func() { _, err := p.Poll(deadline(t)); ended <- unavailable(err) }()
	}
	f.until("all are in", func(s api.Stats) bool {
		return s.Clients == api.Clients{WebSocket: each, ParkedPolls: each, PublishStreams: each}
	})
	if err := f.Shutdown(); err != nil {
		t.Error(err)
	}
	for range 3 * each {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if open := f.sessions.counts(); open != [kinds]int{} || len(f.sessions.open) != 0 {
		t.Errorf("%v sessions are still open", open)
	}
}

func closedWith(err error, code websocket.StatusCode) error {
	if websocket.CloseStatus(err) == code {
		return nil
	}
	return fmt.Errorf("a WebSocket ended with %w, want %v", err, code)
}

func unavailable(err error) error {
	if status, ok := err.(*longpoll.StatusError); ok && status.Code == 503 && status.RetryAfter == time.Second {
		return nil
	}
	return fmt.Errorf("a poll ended with %w, want 503 with Retry-After", err)
}

// Peers that answer nothing do not hold a shutdown beyond its bound.
func TestShutdownCutsOffTheSilent(t *testing.T) { overLibraries(t, testShutdownCutsOffTheSilent) }

func testShutdownCutsOffTheSilent(t *testing.T, lib Library) {
	f := start(t, Config{HTTP: lib, ShutdownTimeout: 100 * time.Millisecond})
	f.dial("/ws?topic=a") // never read: no close handshake
	idle, err := net.Dial("tcp", f.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	f.until("in", func(s api.Stats) bool { return s.Clients.WebSocket == 1 })
	if err := f.Shutdown(); err != nil {
		t.Error(err)
	}
	if n := len(f.sessions.open); n != 0 {
		t.Errorf("%d sessions are still open", n)
	}
}

// A connection opened in reserve is closed at once: nothing has to be cut off.
func TestShutdownDropsUnusedConnections(t *testing.T) {
	overLibraries(t, testShutdownDropsUnusedConnections)
}

func testShutdownDropsUnusedConnections(t *testing.T, lib Library) {
	var log bytes.Buffer
	f := start(t, Config{HTTP: lib, ShutdownTimeout: 30 * time.Second, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	f.do("GET", "/healthz", nil) // and this client keeps its connection for another request
	conn, err := net.Dial("tcp", f.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for f.listener.unused() == 0 {
		runtime.Gosched()
	}
	if err := f.Shutdown(); err != nil || log.Len() > 0 {
		t.Errorf("%v, logged %q", err, log.String())
	}
}

func (l *deadlineListener) unused() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.fresh)
}
