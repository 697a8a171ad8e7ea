package probe

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pushbench/server"
)

// nginxMain is all of a configuration but its servers. It keeps every file in its own folder.
const nginxMain = `daemon off; worker_processes 1; pid nginx.pid; error_log error.log;
events { worker_connections 256; }
http {
  access_log off;
  client_body_buffer_size 128k; # a worker of another user may not write to the test's folder
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  map $http_upgrade $connection_upgrade { default upgrade; '' close; }
  %s
}
`

// nginxServer is one server in front of a backend, with settings of its own.
const nginxServer = `server { listen unix:%s; location / { proxy_pass http://%s; %s } }
`

// upgrading is what a WebSocket needs, good beside it what a stream of events does.
const (
	upgrading = `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; `
	good      = upgrading + `proxy_buffering off; `
)

// startNginx starts a real nginx with a server for each of the settings, and returns their sockets: unlike ports, names of files are its own.
func startNginx(t *testing.T, backend string, settings ...string) (sockets []string) {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("no nginx on this machine (Debian: apt-get install nginx-light): what is found in front of a real one is not tested")
	}
	folder := t.TempDir()
	var servers strings.Builder
	for i, s := range settings {
		socket := filepath.Join(folder, fmt.Sprint(i))
		fmt.Fprintf(&servers, nginxServer, socket, backend, s)
		sockets = append(sockets, socket)
	}
	file := filepath.Join(folder, "nginx.conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, nginxMain, servers.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.Command(program, "-p", folder, "-c", file, "-e", "error.log")
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(folder, "error.log"))
			t.Logf("nginx said: %s%s", said.String(), log)
		}
	})
	for _, s := range sockets {
		awaitSocket(t, s)
	}
	return sockets
}

// toSocket dials a socket, whatever is asked for.
func toSocket(path string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}
}

// awaitSocket waits until somebody listens.
func awaitSocket(t *testing.T, path string) {
	t.Helper()
	for range 1000 {
		if c, err := net.Dial("unix", path); err == nil {
			_ = c.Close()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("nobody listens at %s", path)
}

// expectation is what one setting must be found to do: the gravest finding of each check that is not simply fine.
type expectation struct {
	name, settings string
	summary        string
	found          map[string]Verdict
	judge          func(t *testing.T, r *Report)
}

// nginxIdle is how long silence is waited for, nginxLimit the bad settings' timeout: long enough for a busy machine to tell them apart.
const (
	nginxIdle  = 4 * time.Second
	nginxLimit = 2 * time.Second
)

var nginxCases = []expectation{
	{
		"good", good, "websocket=fine longpoll=fine sse=fine connections=true", nil,
		func(t *testing.T, r *Report) {
			if !slices.Equal(r.Proxies, []string{nginx}) {
				t.Errorf("proxies: %v", r.Proxies)
			}
		},
	},
	{
		"speaks HTTP/1.0", `proxy_http_version 1.0; proxy_buffering off;`, "websocket=broken longpoll=fine sse=fine connections=true",
		map[string]Verdict{"upgrade": Broken},
		func(t *testing.T, r *Report) {
			f := find(t, r, "upgrade", WebSocket)
			if number(t, f, "status") != 426 || !strings.Contains(f.Means, "HTTP/1.0") || f.Change[0].Server != nginx {
				t.Errorf("%+v", f)
			}
		},
	},
	{
		"drops the upgrade", `proxy_http_version 1.1; proxy_buffering off;`, "websocket=broken longpoll=fine sse=fine connections=true",
		map[string]Verdict{"upgrade": Broken},
		func(t *testing.T, r *Report) {
			if f := find(t, r, "upgrade", WebSocket); !strings.Contains(f.Means, "drops the Upgrade and Connection fields") {
				t.Errorf("%+v", f)
			}
		},
	},
	{
		"cuts silence", good + `proxy_read_timeout 2s; keepalive_timeout 2s;`, "websocket=impaired longpoll=broken sse=impaired connections=true",
		map[string]Verdict{"idle-websocket": Impaired, "idle-longpoll": Broken, "idle-sse": Impaired, "keep-alive-idle": Impaired},
		func(t *testing.T, r *Report) {
			for check, on := range map[string]Transport{"idle-websocket": WebSocket, "idle-longpoll": LongPoll, "idle-sse": SSE, "keep-alive-idle": LongPoll} {
				if after := number(t, find(t, r, check, on), "cut_after_seconds"); after < nginxLimit.Seconds()/2 || after >= nginxIdle.Seconds() {
					t.Errorf("%s: cut after %v s", check, after)
				}
			}
			if f := find(t, r, "idle-websocket-pings", WebSocket); f.Verdict != Fine {
				t.Errorf("%+v", f)
			}
		},
	},
	{
		"collects events", `proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;`, "websocket=broken longpoll=fine sse=broken connections=true",
		map[string]Verdict{"upgrade": Broken, "delivery-sse": Broken, "buffering": Broken},
		func(t *testing.T, r *Report) {
			f := find(t, r, "buffering", SSE)
			if at := number(t, f, "arrived_bytes"); at < 1<<10 || at > 64<<10 || number(t, f, "published_bytes") < at/2 {
				t.Errorf("%+v", f)
			}
		},
	},
	{
		"compresses events", upgrading + `proxy_buffering on; proxy_ignore_headers X-Accel-Buffering; gzip on; gzip_types application/json application/netstrings text/event-stream;`,
		"websocket=fine longpoll=fine sse=broken connections=true",
		map[string]Verdict{"delivery-sse": Broken, "buffering": Broken, "compression": Impaired},
		func(t *testing.T, r *Report) {
			f := find(t, r, "compression", SSE)
			if number(t, f, "compressed_bytes") >= number(t, f, "plain_bytes") || !strings.Contains(f.Happened, "polls are compressed (gzip)") {
				t.Errorf("%+v", f)
			}
		},
	},
	{
		"keeps no connection", good + `keepalive_timeout 0;`, "websocket=fine longpoll=impaired sse=fine connections=true",
		map[string]Verdict{"keep-alive": Impaired},
		func(t *testing.T, r *Report) {
			if f := find(t, r, "keep-alive", LongPoll); number(t, f, "answered") != 1 {
				t.Errorf("%+v", f)
			}
		},
	},
	{
		"keeps connections for 20 requests", good + `keepalive_requests 20;`, "websocket=fine longpoll=impaired sse=fine connections=true",
		map[string]Verdict{"keep-alive": Impaired},
		func(t *testing.T, r *Report) {
			if f := find(t, r, "keep-alive", LongPoll); number(t, f, "closed_after_requests") != 20 {
				t.Errorf("%+v", f)
			}
		},
	},
}

// TestRealNginx probes the reference server behind a real nginx with good settings and with bad ones: the findings must be the right ones, and no others.
func TestRealNginx(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: waits for a real nginx to cut what is silent, for several seconds")
	}
	t.Parallel()
	backend := started(t, server.Config{})
	var settings []string
	for _, c := range nginxCases {
		settings = append(settings, c.settings)
	}
	sockets := startNginx(t, backend.Addr(), settings...)
	reports := make([]*Report, len(sockets))
	var probing sync.WaitGroup
	for i, s := range sockets {
		probing.Go(func() { reports[i] = run(t, Options{URL: "http://nginx.test", Dial: toSocket(s), Idle: nginxIdle}) }) // all at once: nearly all of it is waiting
	}
	probing.Wait()
	for i, c := range nginxCases {
		t.Run(c.name, func(t *testing.T) { c.check(t, reports[i]) })
	}
}

func (e expectation) check(t *testing.T, r *Report) {
	t.Helper()
	if have := summaryOf(r); have != e.summary {
		t.Errorf("have %s, want %s", have, e.summary)
	}
	for _, f := range r.Findings {
		want, named := e.found[f.Check]
		if named && f.Verdict != want || !named && (f.Verdict == Broken || f.Verdict == Impaired) {
			t.Errorf("%s: %s, want %s: %s (%s)", f.Check, f.Verdict, want, f.Happened, f.Means)
		}
	}
	e.judge(t, r)
}
