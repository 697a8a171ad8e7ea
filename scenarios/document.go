package scenarios

import (
	"pushbench/scenarios/document"
)

// Origin is where a value was said: a place in a file, or the flag or environment variable.
type Origin = document.Origin

// Problem is one thing wrong with a scenario.
type Problem = document.Problem

// Problems is everything wrong with a scenario, found in one pass.
type Problems = document.Problems

// MaxFileSize is the most bytes a scenario file may have.
const MaxFileSize = document.MaxFileSize

// parseDocument reads the file of a scenario.
func parseDocument(file string, data []byte) (*document.Node, Problems) {
	return document.Parse(file, data, "`name: mine` and `pattern: broadcast`")
}

// otherWords are what people coming from other tools write, and the key that means it here.
var otherWords = map[string]string{
	"connections": "clients", "users": "clients", "vus": "clients", "subscribers": "clients",
	"qps": "rate", "rps": "rate", "throughput": "rate",
	"size": "payload", "message_size": "payload", "payload_size": "payload",
	"transport": "transports", "repetitions": "rounds", "warm_up": "warmup", "ramp": "warmup",
	"latency": "network.delay", "rtt": "network.delay", "timeout": "longpoll.hold",
	"threshold": "thresholds", "description": "title",
}

// didYouMean is `; did you mean "…"?` for the nearest of the known words, or nothing if none is near.
func didYouMean(word string, known []string) string {
	return document.DidYouMean(word, known, otherWords)
}
