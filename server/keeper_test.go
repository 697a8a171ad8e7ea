package server

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"pushbench/server/api"
)

// onTransport runs a test with and without TLS, whose pongs come another way.
func onTransport(t *testing.T, test func(t *testing.T, cfg Config, client func(*fixture))) {
	overLibraries(t, func(t *testing.T, lib Library) {
		t.Run("clear", func(t *testing.T) { test(t, Config{HTTP: lib}, func(*fixture) {}) })
		t.Run("tls", func(t *testing.T) {
			config, err := SelfSigned(tls.VersionTLS13, false)
			if err != nil {
				t.Fatal(err)
			}
			test(t, Config{HTTP: lib, TLS: config}, func(f *fixture) {
				f.client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
			})
		})
	})
}

// In a full round of turns everybody is pinged once, and answers. Turns are made by hand here.
func TestEverySubscriberIsPingedOnceARound(t *testing.T) {
	onTransport(t, func(t *testing.T, cfg Config, client func(*fixture)) {
		cfg.Ping = 24 * time.Hour // so that no turn but ours comes
		f := start(t, cfg)
		client(f)
		const clients, rounds = 20, 3
		var readers sync.WaitGroup
		for i := range clients {
			conn, _ := f.dial("/ws?topic=" + fmt.Sprint(i))
			readers.Go(func() { // which answers pings, and the farewell
				for err := error(nil); err == nil; {
					_, _, err = conn.Read(context.Background())
				}
			})
		}
		f.until("everybody subscribed", func(s api.Stats) bool { return s.Clients.WebSocket == clients })
		for round := range uint64(rounds) {
			for i := range clients { // who has something to write is not pinged
				f.until("waiting", func(api.Stats) bool { return f.parkedWaiters(fmt.Sprint(i)) == 1 })
			}
			for range turns {
				f.pings.turn()
			}
			f.until("all pinged and answered", func(s api.Stats) bool {
				return s.Pings.Sent == (round+1)*clients && s.Pings.Answered == s.Pings.Sent
			})
		}
		f.post("7", "still there")
		if err := f.Shutdown(); err != nil {
			t.Error(err)
		}
		readers.Wait()
		for i, group := range f.pings.groups {
			if len(group) > 0 {
				t.Errorf("group %d of the keeper still has %d sessions", i, len(group))
			}
		}
	})
}

// Pings go on by themselves, take no goroutine and no timer for each, and messages pass between them.
func TestPings(t *testing.T) {
	const clients = 50
	quiet, pinging := goroutinesFor(t, Config{}, clients), goroutinesFor(t, Config{Ping: minRound}, clients)
	if pinging > quiet+clients/2 {
		t.Errorf("%d goroutines with pings and %d without", pinging, quiet)
	}
}

// goroutinesFor opens clients, has pings come if there are any, and returns how many goroutines there are then.
func goroutinesFor(t *testing.T, cfg Config, clients int) int {
	t.Helper()
	f := start(t, cfg)
	conns := make([]*websocket.Conn, clients)
	var readers sync.WaitGroup
	for i := range conns {
		conn, _ := f.dial("/ws?topic=a")
		conns[i] = conn
		readers.Go(func() {
			for {
				if _, _, err := conn.Read(context.Background()); err != nil {
					return
				}
			}
		})
	}
	for i := range 20 {
		f.post("a", strings.Repeat("x", i))
	}
	f.until("pinged and answered", func(s api.Stats) bool {
		delivered := s.Messages.DeliveredWebSocket == uint64(20*clients)
		return delivered && (cfg.Ping == 0 && s.Pings == (api.Pings{}) || s.Pings.Answered >= uint64(3*clients))
	})
	n := runtime.NumGoroutine()
	for _, conn := range conns {
		_ = conn.CloseNow()
	}
	readers.Wait()
	return n
}

// A pong that comes in pieces, with a payload, behind another, or before a message is counted, and what follows is read.
func TestPongsInPieces(t *testing.T) {
	overLibraries(t, func(t *testing.T, lib Library) {
		f := start(t, Config{HTTP: lib})
		conn := f.sendRaw("GET /ws?topic=a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
		f.until("subscribed", func(s api.Stats) bool { return s.Clients.WebSocket == 1 })
		// Masked with zeros, so that payloads are what they are.
		pong, long := "\x8a\x80\x00\x00\x00\x00", "\x8a\x83\x00\x00\x00\x00abc"
		message := "\x82\x82\x00\x00\x00\x00hi"
		pongs := uint64(0)
		for _, piece := range []struct {
			text  string
			pongs uint64
		}{{pong, 1}, {pong + long, 2}, {long[:4], 0}, {long[4:], 1}, {pong[:1], 0}, {pong[1:] + pong, 2}, {pong + message + pong, 2}, {long + long[:7], 1}, {long[7:], 1}} {
			if _, err := conn.Write([]byte(piece.text)); err != nil {
				t.Fatal(err)
			}
			pongs += piece.pongs
			f.until(fmt.Sprintf("%d pongs", pongs), func(s api.Stats) bool { return s.Pings.Answered == pongs })
		}
		f.until("the message", func(s api.Stats) bool { return s.Messages.Published == 1 })
	})
}

func TestPingIsChecked(t *testing.T) {
	for _, wrong := range []time.Duration{-1, 1, minRound - 1} {
		if _, err := New(Config{Ping: wrong}); err == nil || !strings.Contains(err.Error(), "Config.Ping is ") {
			t.Errorf("Ping %v: error %v", wrong, err)
		}
	}
}
