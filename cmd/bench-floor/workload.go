//go:build linux

package main

import (
	"strings"
	"time"

	"pushbench/loadgen"
	"pushbench/scenarios"
)

// workload is what contenders are compared in.
type workload struct {
	key, title  string
	connections int
	// tick is how often the server answers parked requests of foreign tools and of the floors; our own clients' messages are published instead.
	tick time.Duration
	// memory is true where memory per client is measured instead of processor time per message.
	memory bool
	// renews is true where connections come and go.
	renews bool
	// timed is true where contenders say their p99.
	timed bool
	// contenders are this program's own: the floors, ours, and the library's, in that order.
	contenders []contender
	tools      []tool
}

// contender is a process of this program.
type contender struct {
	name string
	run  func(job) (outcome, error)
}

// outcome is what a contender says of itself at its end. The zero value is nothing.
type outcome struct {
	P99 time.Duration `json:"p99_ns,omitempty"`
	// Checked is how many messages it held to account.
	Checked      int64   `json:"checked,omitempty"`
	GCCycles     int64   `json:"gc_cycles,omitempty"`
	RSSPerClient float64 `json:"rss_bytes_per_client,omitempty"`
}

// The names under which our clients compete.
const (
	nameOurs = "ours"
	// nameFloor is what the kernel charges, nameBare what a goroutine for each client adds to that.
	nameFloor = "raw sockets"
	nameBare  = "bare goroutines"
)

const (
	clients = 1000
	// scheduledRate is that of the workload on a schedule, in messages a second.
	scheduledRate = 20_000
	// parkedTick is the pause between two broadcasts to parked polls.
	parkedTick = 50 * time.Millisecond
	// warming is the time between the last connection and the measurement.
	warming = 300 * time.Millisecond
)

var workloads = []workload{
	{
		key: "websocket-flat", title: "WebSocket echo, flat out", connections: clients,
		contenders: []contender{
			{nameFloor, rawEcho},
			{nameBare, bareConns(upgradeText, maskedFrame(), echoFrame)},
			{nameOurs, ourRound(loadgen.Lean, echoFlatOut, scenarios.WebSocket)},
			{"coder/websocket", ourRound(loadgen.Library, echoFlatOut, scenarios.WebSocket)},
		},
		tools: []tool{loadTest, k6("k6", k6Echo)},
	},
	{
		key: "websocket-20k", title: "WebSocket echo, 20,000 messages/s on a schedule", connections: clients, timed: true,
		contenders: []contender{
			{nameFloor, rawScheduled(scheduledRate)},
			{nameOurs, ourRound(loadgen.Lean, echoScheduled(scheduledRate), scenarios.WebSocket)},
			{"coder/websocket", ourRound(loadgen.Library, echoScheduled(scheduledRate), scenarios.WebSocket)},
		},
		tools: []tool{tcpkali, k6("k6", k6Scheduled)},
	},
	{
		key: "http-flat", title: "HTTP keep-alive polls, flat out", connections: clients,
		contenders: []contender{
			{nameFloor, rawGet("/echo")},
			{nameBare, bareConns("", getText("/echo", "keep-alive"), len(echoAnswer.keep))},
			{nameOurs, ourRound(loadgen.Lean, pollsFlatOut, scenarios.LongPoll)},
			{"net/http", ourRound(loadgen.Library, pollsFlatOut, scenarios.LongPoll)},
		},
		tools: []tool{wrk("/echo"), hey("/echo"), vegeta("/echo"), k6("k6", k6Get("/echo"))},
	},
	{
		key: "parked", title: "Parked polls, a broadcast every 50 ms", connections: clients, tick: parkedTick,
		contenders: []contender{
			{nameFloor, rawGet("/park")},
			{nameBare, bareConns("", getText("/park", "keep-alive"), len(echoAnswer.keep))},
			{nameOurs, ourRound(loadgen.Lean, pollsParked, scenarios.LongPoll)},
			{"net/http", ourRound(loadgen.Library, pollsParked, scenarios.LongPoll)},
		},
		tools: []tool{wrk("/park"), hey("/park")},
	},
	{
		key: "newconn", title: "A connection for each poll, flat out", connections: clients, renews: true,
		contenders: []contender{
			{nameFloor, rawReconnect},
			{nameBare, bareReconnect},
			{nameOurs, ourRound(loadgen.Lean, pollsFlatOut, scenarios.LongPollNewConn)},
			{"net/http", ourRound(loadgen.Library, pollsFlatOut, scenarios.LongPollNewConn)},
		},
		tools: []tool{wrk("/echo", "-H", "Connection: close"), hey("/echo", "-disable-keepalive")},
	},
	{
		key: "idle-websocket", title: "Memory of an idle WebSocket", memory: true,
		contenders: []contender{
			{nameBare, bareIdle(upgradeText)},
			{nameOurs, ourRound(loadgen.Lean, idle, scenarios.WebSocket)},
			{"coder/websocket", ourRound(loadgen.Library, idle, scenarios.WebSocket)},
		},
		tools: []tool{tcpkaliIdle},
	},
	{
		key: "idle-poll", title: "Memory of a parked poll", memory: true,
		contenders: []contender{
			{nameBare, bareIdle(string(getText("/park", "keep-alive")))},
			{nameOurs, ourRound(loadgen.Lean, idle, scenarios.LongPoll)},
			{"net/http", ourRound(loadgen.Library, idle, scenarios.LongPoll)},
		},
		tools: []tool{wrk("/park")},
	},
}

// findWorkload is nil if there is none of that key.
func findWorkload(key string) *workload {
	for i := range workloads {
		if workloads[i].key == key {
			return &workloads[i]
		}
	}
	return nil
}

func workloadKeys() string {
	var keys []string
	for _, w := range workloads {
		keys = append(keys, w.key)
	}
	return strings.Join(keys, ", ")
}
