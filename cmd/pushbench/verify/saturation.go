package verify

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"pushbench/results"
)

// saturation asks the harness to judge itself: overloaded, it must say so; at ease, or before a slow server, it must not.
var saturation = Check{
	Name:   "saturation",
	Source: "the rules of validity: a generator that could not keep its schedule invalidates the cell, a slow server is a result",
	Run:    runSaturation,
}

// accusations are the warnings by which the generator blames itself for having been given too much.
var accusations = []string{results.WarnLag, results.WarnRate, "saturated"}

// saturationLoad is a workload and what must be said of it.
type saturationLoad struct {
	name, rate, warmup, duration, delay, faults string
	invalid                                     bool
}

// saturationLoads. Ten million messages a second, the most a scenario may ask for, are beyond any machine: the generator has 100 ns for each. The slow server
// cannot serve its rate, a millisecond of processor for each message, and stops besides. Those two that must be valid have a network delay, because lateness
// counts against it: a machine whose neighbours hold it up for milliseconds must not fail the check.
var saturationLoads = []saturationLoad{
	{name: "10,000,000 messages/s", rate: "10000000/s", warmup: "0s", duration: "50ms", delay: "0s", invalid: true},
	{name: "500 messages/s", rate: "500/s", warmup: "100ms", duration: "400ms", delay: "100ms"},
	{name: "1,000 messages/s to a slow server that stops", rate: "1000/s", warmup: "100ms", duration: "400ms", delay: "100ms", faults: "cpu=1ms,stall=300ms@200ms"},
}

func (l saturationLoad) scenario() string {
	return fmt.Sprintf(`
name: verify-saturation
pattern: direct
clients: 50
rate: %s
arrivals: constant
warmup: %s
duration: %s
rounds: 1
transports: [websocket]
network: {delay: %s}
headers: none
`, l.rate, l.warmup, l.duration, l.delay)
}

func runSaturation(ctx context.Context, lab Lab, _ Depth) ([]Finding, error) {
	var found []Finding
	for _, l := range saturationLoads {
		all, err := measureText(ctx, lab, l.scenario(), Options{Inject: l.faults})
		if err != nil {
			return found, fmt.Errorf("%s: %w", l.name, err)
		}
		if len(all) != 1 {
			return found, errors.New("no result")
		}
		found = append(found, verdictFinding(l.name, l.invalid, all[0].Cell))
		if l.invalid {
			found = append(found, lagFinding(l.name, all[0].Cell))
		}
	}
	return found, nil
}

// lagFinding holds the latency against its parts: counted from the intended instant, it is lag + send delay + service time of each message, and so it is of
// their means. Only a generator that is far behind shows whether the lag is in it; one that counted from the release would look best when it is worst.
func lagFinding(name string, c results.Cell) Finding {
	f := Finding{
		What: name + ": mean latency = lag + send delay + service time", Expected: "a sum of what is missing", Measured: "nothing",
		Tolerance: "1 %: the histograms' precision, ten times; the lag must be enough of it to be missed",
	}
	if c.Latency == nil || c.Lag == nil || c.SendDelay == nil || c.Service == nil || c.Latency.Count != c.Lag.Count || c.Service.Count != c.Lag.Count {
		return f
	}
	sum := c.Lag.Mean + c.SendDelay.Mean + c.Service.Mean
	f.Expected = fmt.Sprintf("%.4g + %.4g + %.4g = %.4g ms", c.Lag.Mean/1e6, c.SendDelay.Mean/1e6, c.Service.Mean/1e6, sum/1e6)
	f.Measured = fmt.Sprintf("%.4g ms", c.Latency.Mean/1e6)
	f.Pass = math.Abs(c.Latency.Mean-sum) <= .01*sum && c.Lag.Mean > .03*sum
	return f
}

// verdictFinding compares the verdict, and what it is founded on, with what must be said.
func verdictFinding(name string, invalid bool, c results.Cell) Finding {
	f := Finding{What: name, Expected: "valid", Tolerance: "the verdict and its reason", Measured: describeVerdict(c)}
	blamed := accused(c.Warnings)
	if invalid {
		f.Expected = "invalid, because of the generator (" + strings.Join(accusations, ", ") + ")"
		f.Pass = c.Verdict == results.Invalid && len(blamed) > 0 && onlyAccusations(c.Warnings)
		return f
	}
	f.Pass = c.Verdict == results.Valid && len(blamed) == 0 && c.Delivery.Delivered > 0
	return f
}

// accused are the codes of the warnings that blame the generator and say so.
func accused(all []results.Warning) (codes []string) {
	for _, w := range all {
		if w.Invalidates && slices.Contains(accusations, w.Code) && strings.Contains(w.Text, "the generator") {
			codes = append(codes, w.Code)
		}
	}
	return codes
}

// onlyAccusations is false if something else, such as books that do not add up, invalidates as well: overload must cost no integrity.
func onlyAccusations(all []results.Warning) bool {
	for _, w := range all {
		if w.Invalidates && !slices.Contains(accusations, w.Code) {
			return false
		}
	}
	return true
}

func describeVerdict(c results.Cell) string {
	text := string(c.Verdict)
	for _, w := range c.Warnings {
		text += fmt.Sprintf("; %s: %s", w.Code, w.Text)
	}
	return text
}
