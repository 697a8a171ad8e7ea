//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// tool is a foreign load generator, which joins in if it is on PATH.
type tool struct {
	program string
	// args are its command line's words; files it needs go into the folder.
	args func(t toolJob) ([]string, error)
	// p99 reads its p99 from what it printed; nil if it says none.
	p99 func(output string) (time.Duration, error)
}

// toolJob is what a tool shall do.
type toolJob struct {
	job
	folder string
}

func (t toolJob) seconds() string { return strconv.Itoa(int(t.span.Seconds()+.999)) + "s" }

// ramping is how long a foreign tool may take to connect, which is part of the time it is told to run.
const ramping = 2 * time.Second

var message = strings.Repeat("x", payloadSize)

// loadTest is uWebSockets' echo client in C. It compares lengths, nothing else.
var loadTest = tool{program: "load_test", args: func(t toolJob) ([]string, error) {
	return []string{strconv.Itoa(t.connections), t.addr.Addr().String(), strconv.Itoa(int(t.addr.Port())), "0", "0", strconv.Itoa(payloadSize)}, nil
}}

func tcpkaliArgs(t toolJob, more ...string) []string {
	return append([]string{
		"--ws", "-w", "1", "-c", strconv.Itoa(t.connections), "--connect-rate", "5000", "--connect-timeout", "10s", "-T", t.seconds(),
	}, append(more, t.addr.String()+"/ws")...)
}

var tcpkali = tool{
	program: "tcpkali",
	args: func(t toolJob) ([]string, error) {
		return tcpkaliArgs(t, "-r", strconv.Itoa(scheduledRate/t.connections), "-m", "MARK"+message[4:], "--latency-marker", "MARK", "--latency-percentiles", "99"), nil
	},
	p99: tcpkaliP99,
}

var tcpkaliIdle = tool{program: "tcpkali", args: func(t toolJob) ([]string, error) { return tcpkaliArgs(t), nil }}

var tcpkaliLatency = regexp.MustCompile(`(?i)message latency at percentiles: ([0-9.]+)`)

func tcpkaliP99(output string) (time.Duration, error) {
	found := tcpkaliLatency.FindStringSubmatch(output)
	if found == nil {
		return 0, fmt.Errorf("tcpkali printed no latency: %.300q", output)
	}
	ms, err := strconv.ParseFloat(found[1], 64)
	return time.Duration(ms * float64(time.Millisecond)), err
}

func wrk(path string, more ...string) tool {
	return tool{program: "wrk", args: func(t toolJob) ([]string, error) {
		return append(append([]string{"-t", "1", "-c", strconv.Itoa(t.connections), "-d", t.seconds(), "--timeout", "30s"}, more...), t.url(path)), nil
	}}
}

func hey(path string, more ...string) tool {
	return tool{program: "hey", args: func(t toolJob) ([]string, error) {
		return append(append([]string{"-c", strconv.Itoa(t.connections), "-z", t.seconds(), "-disable-compression"}, more...), t.url(path)), nil
	}}
}

func vegeta(path string) tool {
	return tool{program: "vegeta", args: func(t toolJob) ([]string, error) {
		targets, err := t.write("targets", "GET "+t.url(path)+"\n")
		n := strconv.Itoa(t.connections)
		return []string{
			"attack", "-targets", targets, "-rate", "0", "-workers", n, "-max-workers", n, "-max-connections", n, "-connections", n,
			"-duration", t.seconds(), "-output", os.DevNull,
		}, err
	}}
}

func (t toolJob) url(path string) string { return "http://" + t.addr.String() + path }

func (t toolJob) write(name, text string) (string, error) {
	path := filepath.Join(t.folder, name)
	return path, os.WriteFile(path, []byte(text), 0o600)
}

// k6 runs a script; ADDRESS in it is the server's, SPAN how many milliseconds it goes on.
func k6(name, script string) tool {
	return tool{
		program: name,
		args: func(t toolJob) ([]string, error) {
			file, err := t.write("script.js", strings.NewReplacer("ADDRESS", t.addr.String(), "SPAN", fmt.Sprint(t.span.Milliseconds())).Replace(script)+k6Summary)
			return []string{
				"run", "--quiet", "--no-usage-report", "--vus", strconv.Itoa(t.connections), "--duration", t.seconds(), "--summary-trend-stats", "p(99)", file,
			}, err
		},
		p99: k6P99,
	}
}

const k6Echo = `
import ws from 'k6/ws';
export default function () {
  ws.connect('ws://ADDRESS/ws', {}, function (socket) {
    const text = 'x'.repeat(64);
    socket.on('open', () => socket.send(text));
    socket.on('message', () => socket.send(text));
  });
}
`

// k6Scheduled counts from when each message should have left, as a person would have to who wants to know.
const k6Scheduled = `
import ws from 'k6/ws';
import { Trend } from 'k6/metrics';
const latency = new Trend('latency', true);
export default function () {
  ws.connect('ws://ADDRESS/ws', {}, function (socket) {
    const text = 'x'.repeat(64), every = 50;
    let start = 0, sent = 0, received = 0;
    socket.on('message', () => { latency.add(Date.now() - (start + received * every)); received++; });
    socket.on('open', () => socket.setTimeout(() => {
      start = Date.now() + every;
      socket.setInterval(() => { socket.send(text); sent++; }, every);
    }, 1 + Math.random() * every));
    socket.setTimeout(() => socket.close(), SPAN);
  });
}
`

func k6Get(path string) string {
	return `
import http from 'k6/http';
export default function () { http.get('http://ADDRESS` + path + `'); }
`
}

const k6Summary = `
export function handleSummary(data) {
  const m = data.metrics.latency;
  return { stdout: 'p99_ms ' + (m ? m.values['p(99)'] : 0) + '\n' };
}
`

var k6Latency = regexp.MustCompile(`p99_ms ([0-9.]+)`)

func k6P99(output string) (time.Duration, error) {
	found := k6Latency.FindStringSubmatch(output)
	if found == nil {
		return 0, fmt.Errorf("k6 printed no summary: %.300q", output)
	}
	ms, err := strconv.ParseFloat(found[1], 64)
	return time.Duration(ms * float64(time.Millisecond)), err
}
