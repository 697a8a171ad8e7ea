package format

import (
	"fmt"
	"strings"

	"pushbench/results"
	"pushbench/scenarios"
)

// Workload says in one line what was asked of the arms: "1,000 clients · broadcast, 2/s (poisson) · 128 B payload · 3 rounds of 5 s".
// What is swept is named last with its values, and not before: the scenario's own value of it was never run.
func Workload(s scenarios.Scenario) string {
	swept := map[string]bool{}
	for _, a := range s.Sweep {
		swept[a.Parameter] = true
	}
	var parts []string
	add := func(path string, set bool, text string) {
		if set && !swept[path] {
			parts = append(parts, text)
		}
	}
	add("clients", true, plural(int64(s.Clients), "client"))
	add("pattern", s.Pattern != "", traffic(s, swept["rate"] || swept["rate_per_client"] || s.RatePerClient != 0 && swept["clients"]))
	add("payload", s.LargestPayload() > 0, payload(s))
	add("", s.Rounds > 0, rounds(s, swept["duration"]))
	add("time_scale", s.TimeScale > 1, fmt.Sprintf("%d times as fast as for real", s.TimeScale))
	add("network.delay", s.Network.Delay > 0, Setting(s.Network.Delay)+" delay each way")
	add("outage.at", s.Outage.At > 0, outage(s.Outage))
	add("churn.share", s.Churn.Share > 0, shareText(s.Churn.Share)+" of the clients leave each second, each for "+Setting(s.Churn.Away))
	add("stages", len(s.Stages) > 0, plural(int64(len(s.Stages)), "stage")+stagesText(s.Stages))
	add("fallback", s.Fallback > 0, shareText(s.Fallback)+" of WebSocket's clients fall back to long-polling")
	add("tls", s.TLS != "" && s.TLS != scenarios.TLSOff, "TLS "+strings.TrimPrefix(Clean(string(s.TLS)), "tls"))
	add("content", s.Content == scenarios.Text, "text")
	add("compression", s.Compression == scenarios.Deflate, "compressed by deflate")
	add("longpoll.turnaround", s.LongPoll.Turnaround > 0, Setting(s.LongPoll.Turnaround)+" turnaround")
	add("headers", s.Headers.Preset != "", "headers: "+Clean(string(s.Headers.Preset)))
	for _, a := range s.Sweep {
		if len(a.Values) == 1 {
			parts = append(parts, Clean(a.Parameter)+" = "+Clean(a.Values[0]))
			continue
		}
		parts = append(parts, fmt.Sprintf("%s swept: %s", Clean(a.Parameter), span(a.Values)))
	}
	return strings.Join(parts, " · ")
}

// payload says how large messages are.
func payload(s scenarios.Scenario) string {
	switch {
	case s.PayloadSamples != nil:
		return fmt.Sprintf("%s to %s payload, %s of your own", octets(s.PayloadSamples.MinBytes), octets(s.PayloadSamples.MaxBytes), plural(int64(s.PayloadSamples.Messages), "message"))
	case len(s.PayloadMix) > 0:
		var parts []string
		for _, m := range s.PayloadMix {
			parts = append(parts, Trim(100*float64(m.Share))+" % "+octets(int(m.Size)))
		}
		return strings.Join(parts, ", ") + " payload"
	case s.PayloadMax > s.Payload:
		return octets(int(s.Payload)) + " to " + octets(int(s.PayloadMax)) + " payload"
	}
	return octets(int(s.Payload)) + " payload"
}

// octets writes a number of bytes in a unit that suits it.
func octets(n int) string {
	u := unitOf(float64(n), ByteUnits)
	return Trim(float64(n)/u.Size) + " " + u.Name
}

func traffic(s scenarios.Scenario, sweptRate bool) string {
	pattern := Clean(string(s.Pattern))
	if s.Pattern == scenarios.Rooms {
		pattern = fmt.Sprintf("rooms of %d", s.RoomSize)
	}
	arrivals := Clean(string(s.Arrivals))
	if s.Arrivals == scenarios.Burst {
		arrivals = fmt.Sprintf("bursts of %d", s.Burst)
	}
	switch {
	case s.Rate == 0 && s.UplinkRate() == 0 && !sweptRate && s.Pattern != "":
		return "nothing is sent"
	case sweptRate:
		return fmt.Sprintf("%s (%s)", pattern, arrivals)
	case s.UplinkRate() > 0:
		return fmt.Sprintf("%s, %s down, %s up (%s)", pattern, rate(float64(s.Rate)), rate(float64(s.UplinkRate())), arrivals)
	}
	return fmt.Sprintf("%s, %s (%s)", pattern, rate(float64(s.Rate)), arrivals)
}

func shareText(f scenarios.Fraction) string { return Trim(100*float64(f)) + "%" }

// stagesText is ": 200 → 2000 → 200 clients, 2 → 20 → 2 messages/s".
func stagesText(stages scenarios.Stages) string {
	const most = 8
	var clients, rates []string
	for i, s := range stages {
		if i == most {
			clients, rates = append(clients, "…"), append(rates, "…")
			break
		}
		clients, rates = append(clients, fmt.Sprint(s.Clients)), append(rates, Trim(float64(s.Rate)))
	}
	return ": " + strings.Join(clients, " → ") + " clients, " + strings.Join(rates, " → ") + " messages/s"
}

// outage says what happens to the connections, in the steady phase.
func outage(o scenarios.Outage) string {
	if o.Kill {
		return "the server killed after " + Setting(o.At) + ", another there " + Setting(o.Refuse) + " later"
	}
	text := "all connections cut after " + Setting(o.At)
	if o.Refuse > 0 {
		text += ", none made for " + Setting(o.Refuse)
	}
	return text
}

func rounds(s scenarios.Scenario, sweptDuration bool) string {
	if sweptDuration {
		return plural(int64(s.Rounds), "round")
	}
	return plural(int64(s.Rounds), "round") + " of " + Setting(s.Duration)
}

// span lists few values and counts many.
func span(values []string) string {
	const few = 4
	if len(values) <= few {
		return Clean(strings.Join(values, ", "))
	}
	return fmt.Sprintf("%s … %s (%d values)", Clean(values[0]), Clean(values[len(values)-1]), len(values))
}

// Machine says on what kind of machine: "linux/amd64, 2 CPUs, kvm", or "virtual machine" where the hypervisor has no name.
func Machine(e results.Environment) string {
	var parts []string
	if e.OS != "" {
		parts = append(parts, Clean(e.OS+"/"+e.Arch))
	}
	if e.CPUs > 0 {
		parts = append(parts, plural(int64(e.CPUs), "CPU"))
	}
	switch v := Clean(e.Virtualised); v {
	case "":
	case "yes":
		parts = append(parts, "virtual machine")
	default:
		parts = append(parts, v)
	}
	if ci := Clean(e.CI); ci != "" {
		parts = append(parts, "CI "+ci)
	}
	if len(parts) == 0 {
		return "machine unknown"
	}
	return strings.Join(parts, ", ")
}

func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Grouped(n) + " " + noun + "s"
}

// rate writes publishes per second, or per minute where that spares a fraction.
func rate(perSecond float64) string {
	if perSecond > 0 && perSecond < 1 {
		return Trim(perSecond*60) + "/min"
	}
	return Trim(perSecond) + "/s"
}

// PairsWorkload is [Workload] of a scenario that is measured in pairs of slices, as a gate does, which knows no rounds.
func PairsWorkload(s scenarios.Scenario) string {
	s.Rounds = 0
	return Workload(s) + " · pairs of slices of " + Setting(s.Duration)
}
