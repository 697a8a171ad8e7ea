package review

import (
	"fmt"
	"strconv"
	"strings"

	"pushbench/report"
	"pushbench/report/format"
	"pushbench/results"
)

// Account and Warning are those of the terminal's table.
type (
	Account = report.Account
	Warning = report.Warning
)

func integrity(run *results.Run, blocks []report.Block) Integrity {
	in := Integrity{Command: format.Clean(run.Command), Environment: environment(run), Warnings: report.RunWarnings(run)}
	for _, c := range run.Cells {
		if c.Verdict == results.Valid {
			in.Valid++
		} else {
			in.Invalid++
		}
	}
	for _, b := range blocks {
		for _, a := range b.Accounts {
			a.Text = b.Title + ": " + a.Text
			in.Accounts = append(in.Accounts, a)
		}
		for _, w := range b.Warnings {
			if len(blocks) > 1 {
				w.Where = placed(w.Where, b.Name)
			}
			in.Warnings = append(in.Warnings, w)
		}
	}
	in.Resolved = resolved(run)
	return in
}

// placed says which scenario's arms these are.
func placed(arms []string, scenario string) []string {
	out := make([]string, len(arms))
	for i, a := range arms {
		out[i] = scenario + ", " + a
	}
	return out
}

// environment is the machine, the program and the run, in reading order; what is not known is left out.
func environment(run *results.Run) []Fact {
	e := run.Environment
	var facts []Fact
	add := func(name, value string) {
		if value = format.Clean(value); value != "" {
			facts = append(facts, Fact{name, value})
		}
	}
	count := func(name string, n int64) {
		if n != 0 {
			add(name, format.Grouped(n))
		}
	}
	add("Program", tool(run.Tool))
	add("Seed", strconv.FormatUint(run.Seed, 10))
	if !run.Created.IsZero() {
		add("Started", run.Created.UTC().Format("2006-01-02 15:04:05 UTC"))
	}
	add("System", strings.TrimSuffix(e.OS+"/"+e.Arch, "/"))
	add("Kernel", e.Kernel)
	add("CPU", e.CPUModel)
	count("CPUs", int64(e.CPUs))
	count("CPUs this program may use", int64(e.UsableCPUs))
	if e.MemoryBytes > 0 {
		add("Memory", format.Bytes(float64(e.MemoryBytes)))
	}
	add("CPU governor", e.Governor)
	add("Virtualised", e.Virtualised)
	add("Container", e.Container)
	add("CI", e.CI)
	add("Server and generator on CPUs", e.Pinning+cpuSets(e))
	if e.LoadAverage != nil {
		add("Load average before the run", format.Trim(*e.LoadAverage))
	}
	count("Open files allowed", e.OpenFileLimit)
	count("Longest accept queue", e.Somaxconn)
	if e.LocalPorts != nil {
		add("Local ports", fmt.Sprintf("%d to %d", e.LocalPorts[0], e.LocalPorts[1]))
	}
	return facts
}

func cpuSets(e results.Environment) string {
	if len(e.ServerCPUs) == 0 && len(e.GeneratorCPUs) == 0 {
		return ""
	}
	return fmt.Sprintf(" (server %v, generator %v)", e.ServerCPUs, e.GeneratorCPUs)
}

// resolved writes the scenarios as files. Their lines are cleaned one by one: a title can hold anything.
func resolved(run *results.Run) []Resolved {
	var out []Resolved
	for i := range run.Scenarios {
		text, err := run.Scenarios[i].YAML()
		if err != nil {
			text = fmt.Appendf(nil, "# cannot be written as a file: %v", err)
		}
		var lines []string
		for line := range strings.Lines(string(text)) {
			indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
			lines = append(lines, indent+format.Clean(line))
		}
		out = append(out, Resolved{Name: format.Clean(run.Scenarios[i].Name), YAML: strings.Join(lines, "\n") + "\n"})
	}
	return out
}
