package main

import (
	"fmt"
	"slices"

	"pushbench/results"
	"pushbench/scenarios"
)

// limit is one thing about the machine that can get in the way.
type limit struct {
	Name string `json:"name"`
	Have string `json:"have"`
	Need string `json:"need"`
	OK   bool   `json:"ok"`
	// Blocks is true if the run cannot work; otherwise it will work, perhaps less well.
	Blocks bool   `json:"blocks"`
	Fix    string `json:"fix"`
}

// demand is what a run asks of the machine.
type demand struct {
	// Connections is the most that are open at once, at the server and at the generator alike; BusiestRate the connections opened a second.
	Connections, Opened int
}

const (
	// descriptorsBeside are a process's open files beside its clients' connections.
	descriptorsBeside = 64
	// loopbackReuse is how long, in seconds, a port of a closed loopback connection stays unusable.
	loopbackReuse = 1
)

// demandOf is what a scenario asks over one transport.
func demandOf(s *scenarios.Scenario, t scenarios.Transport) demand {
	d := demand{Connections: s.Clients}
	if s.Pattern.ClientsSend() && t != scenarios.WebSocket {
		d.Connections *= 2 // one parked, one to post on
	}
	if slices.Contains(s.Uses(t), scenarios.LongPollNewConn) { // of a mix, all as if they did
		perPublish := s.Audience() // a poll for each that receives
		if s.Pattern.ClientsSend() {
			perPublish++ // and a post
		}
		perSecond := float64(s.Rate)
		if s.Arrivals == scenarios.Burst {
			perSecond = max(perSecond, float64(s.Burst))
		}
		d.Opened = int(perSecond * float64(perPublish))
	}
	return d
}

// limits holds a demand against a machine. It is pure: the environment is what was read of the machine.
func limits(e results.Environment, d demand) []limit {
	return []limit{openFiles(e, d), ports(e, d), acceptQueue(e, d), processors(e), frequency(e)}
}

func openFiles(e results.Environment, d demand) limit {
	need := int64(d.Connections + descriptorsBeside)
	l := limit{
		Name: "open files per process", Have: count(e.OpenFileLimit), Need: count(need), Blocks: true,
		OK:  e.OpenFileLimit <= 0 || e.OpenFileLimit >= need,
		Fix: fmt.Sprintf("ulimit -n %d   (permanently: 'nofile' in /etc/security/limits.conf, or LimitNOFILE= of a service)", max(need, 65536)),
	}
	return l
}

func ports(e results.Environment, d demand) limit {
	l := limit{Name: "ports for outgoing connections", Have: "unknown", Need: "-", OK: true}
	if e.LocalPorts == nil {
		return l
	}
	// Beyond one address's ports the clients spread over 127.0.0.2 and so on, so only the rate of new connections can run out of them.
	have := e.LocalPorts[1] - e.LocalPorts[0] + 1
	need := d.Opened * loopbackReuse
	l.Have, l.Need, l.OK = fmt.Sprint(have), fmt.Sprint(need), have >= need
	l.Fix = "sysctl -w net.ipv4.ip_local_port_range='1024 65535'"
	return l
}

func acceptQueue(e results.Environment, d demand) limit {
	const want = 1024
	return limit{
		Name: "accept queue (somaxconn)", Have: count(e.Somaxconn), Need: fmt.Sprint(want), OK: e.Somaxconn == 0 || e.Somaxconn >= want,
		Fix: "sysctl -w net.core.somaxconn=4096",
	}
}

func processors(e results.Environment) limit {
	return limit{
		Name: "processors", Have: fmt.Sprint(usable(e)), Need: "2", OK: usable(e) >= 2,
		Fix: "use a machine with two processors or more: on one, server and generator disturb each other",
	}
}

func usable(e results.Environment) int {
	if e.UsableCPUs > 0 {
		return e.UsableCPUs
	}
	return e.CPUs
}

func frequency(e results.Environment) limit {
	l := limit{
		Name: "CPU frequency governor", Have: e.Governor, Need: "performance", OK: e.Governor == "" || e.Governor == "performance",
		Fix: "cpupower frequency-set -g performance   (otherwise the first messages after a pause are slower)",
	}
	if e.Governor == "" {
		l.Have = "unknown"
	}
	return l
}

func count(n int64) string {
	switch {
	case n < 0:
		return "unlimited"
	case n == 0:
		return "unknown"
	}
	return fmt.Sprint(n)
}

// checkLimits refuses a run that this machine cannot hold, before it starts.
func (e *experiment) checkLimits() error {
	for _, c := range e.cells {
		if err := checkArm(e.environment, c.arm); err != nil {
			return err
		}
	}
	return nil
}

// checkArm says what keeps a machine from holding an arm.
func checkArm(e results.Environment, arm scenarios.Arm) error {
	for _, l := range limits(e, demandOf(arm.Scenario, arm.Transport)) {
		if !l.OK && l.Blocks {
			return fmt.Errorf("%s: %s needs %s, this machine allows %s; use fewer clients, or: %s", arm, l.Name, l.Need, l.Have, l.Fix)
		}
	}
	return nil
}
