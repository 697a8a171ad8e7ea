package format

import (
	"fmt"
	"strings"

	"pushbench/results"
	"pushbench/scenarios"
)

// Workload says in one line what was asked of the arms: "1,000 clients · broadcast, 2/s (poisson) · 128 B payload · 3 rounds of 5 s".
func Workload(s scenarios.Scenario) string {
	parts := []string{plural(int64(s.Clients), "client")}
	if s.Pattern != "" {
		parts = append(parts, fmt.Sprintf("%s, %s (%s)", Clean(string(s.Pattern)), rate(float64(s.Rate)), Clean(string(s.Arrivals))))
	}
	if s.Payload > 0 {
		parts = append(parts, Trim(float64(s.Payload)/unitOf(float64(s.Payload), ByteUnits).Size)+" "+unitOf(float64(s.Payload), ByteUnits).Name+" payload")
	}
	if s.Rounds > 0 {
		parts = append(parts, fmt.Sprintf("%s of %s", plural(int64(s.Rounds), "round"), Setting(s.Duration)))
	}
	if s.Network.Delay > 0 {
		parts = append(parts, Setting(s.Network.Delay)+" delay each way")
	}
	if s.Headers.Preset != "" {
		parts = append(parts, "headers: "+Clean(string(s.Headers.Preset)))
	}
	return strings.Join(parts, " · ")
}

// Machine says on what kind of machine: "linux/amd64, 2 CPUs, kvm".
func Machine(e results.Environment) string {
	var parts []string
	if e.OS != "" {
		parts = append(parts, Clean(e.OS+"/"+e.Arch))
	}
	if e.CPUs > 0 {
		parts = append(parts, plural(int64(e.CPUs), "CPU"))
	}
	if v := Clean(e.Virtualised); v != "" {
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
