package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pushbench/scenarios"
	"pushbench/server"
)

// scenarioFlags are the flags that set a parameter of the scenario; --set reaches every other parameter.
var scenarioFlags = []struct{ flag, short, path string }{
	{"clients", "c", "clients"},
	{"rate", "r", "rate"},
	{"rate-per-client", "", "rate_per_client"},
	{"arrivals", "", "arrivals"},
	{"payload", "", "payload"},
	{"duration", "d", "duration"},
	{"warmup", "", "warmup"},
	{"rounds", "", "rounds"},
	{"transport", "", "transports"},
	{"headers", "", "headers"},
	{"hold", "", "longpoll.hold"},
	{"turnaround", "", "longpoll.turnaround"},
	{"interval", "", "shortpoll.interval"},
	{"delay", "", "network.delay"},
	{"tls", "", "tls"},
	{"client", "", "client"},
}

// gateParameterFlags are those that only a gate has.
var gateParameterFlags = []struct{ flag, short, path string }{
	{"tolerance", "", "gate.tolerance"},
	{"limit", "", "gate.limit"},
	{"alpha", "", "gate.alpha"},
	{"min-pairs", "", "gate.min_pairs"},
	{"max-pairs", "", "gate.max_pairs"},
	{"metrics", "", "gate.metrics"},
}

// runFlags are what bench and run can be told.
type runFlags struct {
	seed       uint64
	spare      percent
	out        string
	pin        choice
	inject     string
	serverHTTP choice
	json       bool
	quiet      bool
	noColor    bool
	set, sweep []string
	thresholds []string
	junit      string
	aim        aimFlags
	watch      watchFlags
}

// defaultSpare is the share of a run's rounds that may be measured again.
var defaultSpare percent = 25

// defaultSeed makes two runs publish the same messages at the same instants unless told otherwise.
const defaultSeed = 1

func (f *runFlags) register(flags *pflag.FlagSet) {
	for _, s := range scenarioFlags {
		registerParameter(flags, s.flag, s.short, s.path)
	}
	flags.StringArrayVar(&f.set, "set", nil, "set any parameter of the scenario: `path=value`, such as longpoll.batch=false")
	flags.StringArrayVar(&f.sweep, "sweep", nil, "vary a parameter: `path=values`, such as rate=10..1000:x2 or clients=100,1000")
	flags.StringArrayVar(&f.thresholds, "threshold", nil, "add a `rule` that fails the run with exit code 99, such as 'websocket: p(99)<50ms'; may be repeated")
	flags.StringVar(&f.junit, "junit", "", "write the verdicts on cells and thresholds to a `file` as JUnit XML")
	flags.Uint64Var(&f.seed, "seed", defaultSeed, "seed of the schedule and of the order of rounds")
	f.spare = defaultSpare
	flags.Var(&f.spare, "spare", "how many rounds more, as a share of all, may be measured in place of those that the generator spoiled by being late; 0% measures none again")
	flags.StringVar(&f.out, "out", "results/runs", "`folder` under which run folders are made")
	f.pin = choice{value: "auto", allowed: []string{"auto", "off"}}
	flags.Var(&f.pin, "pin", "auto gives server and generator separate processors, off lets them share")
	flags.StringVar(&f.inject, "inject", "", "faults the reference server shall make (see serve --help)")
	f.serverHTTP = choice{value: string(server.NetHTTP), allowed: words(server.Libraries)}
	flags.Var(&f.serverHTTP, "server-http", "the library that the reference server answers requests with: net (net/http) or fast (fasthttp)")
	flags.BoolVar(&f.json, "json", false, "print the run file alone on standard output")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "show no progress")
	flags.BoolVar(&f.noColor, "no-color", false, "use no colours (or NO_COLOR)")
}

// parameterFlag is what the command line says of a parameter of the scenario. What it means is for the scenario to say, together with whatever else is
// wrong there.
type parameterFlag struct{ kind, text string }

func (p *parameterFlag) String() string     { return p.text }
func (p *parameterFlag) Type() string       { return p.kind }
func (p *parameterFlag) Set(s string) error { p.text = s; return nil }

// registerParameter makes the flag of a parameter, whose help says what the parameter is and how it is written.
func registerParameter(flags *pflag.FlagSet, name, short, path string) {
	p, err := scenarios.LookupParameter(path)
	if err != nil {
		panic(err) // the table of flags names a parameter that there is not: a bug that any command line finds
	}
	flags.VarP(&parameterFlag{kind: p.Kind}, name, short, fmt.Sprintf("%s (%s)", strings.TrimSuffix(p.Doc, "."), p.Allowed))
}

// overrides collects what the command line and the environment say about the scenario.
func (f *runFlags) overrides(cmd *cobra.Command) (scenarios.Overrides, error) {
	o := scenarios.Overrides{Environment: os.Environ(), Thresholds: f.thresholds, ThresholdName: "--threshold"}
	for _, s := range slices.Concat(scenarioFlags, gateParameterFlags) {
		if flag := cmd.Flags().Lookup(s.flag); flag != nil && flag.Changed {
			o.Flags = append(o.Flags, scenarios.Setting{Path: s.path, Value: flag.Value.String(), Name: "--" + s.flag})
		}
	}
	for _, kind := range []struct {
		flag, prefix string
		values       []string
	}{{"set", "", f.set}, {"sweep", "sweep.", f.sweep}} {
		for _, text := range kind.values {
			path, value, ok := strings.Cut(text, "=")
			if !ok {
				return o, usage(fmt.Errorf("--%s %q: want path=value, such as longpoll.hold=10s", kind.flag, text))
			}
			o.Flags = append(o.Flags, scenarios.Setting{Path: kind.prefix + path, Value: value, Name: "--" + kind.flag + " " + path})
		}
	}
	return o, nil
}

// resolve loads a scenario and applies what the command line and the environment say.
func (f *runFlags) resolve(cmd *cobra.Command, nameOrPath string) (*scenarios.Scenario, error) {
	draft, err := scenarios.Load(nameOrPath)
	if err != nil {
		return nil, usage(err)
	}
	return f.override(cmd, draft)
}

// resolveAll does the same for a scenario or for each of a suite.
func (f *runFlags) resolveAll(cmd *cobra.Command, nameOrPath string) ([]*scenarios.Scenario, error) {
	drafts, err := scenarios.LoadAll(nameOrPath)
	if err != nil {
		return nil, usage(err)
	}
	var all []*scenarios.Scenario
	for _, draft := range drafts {
		s, err := f.override(cmd, draft)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func (f *runFlags) override(cmd *cobra.Command, draft *scenarios.Draft) (*scenarios.Scenario, error) {
	o, err := f.overrides(cmd)
	if err != nil {
		return nil, err
	}
	draft.Override(o)
	s, err := draft.Resolve()
	if err != nil {
		return nil, usage(err)
	}
	return s, readSamples(s)
}

// words are the values of a type of words.
func words[T ~string](values []T) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	return all
}

// percent is a flag that takes a share, as "25%".
type percent int

func (p *percent) String() string { return fmt.Sprintf("%d%%", *p) }
func (p *percent) Type() string   { return "share" }

// Set implements pflag.Value.
func (p *percent) Set(text string) error {
	n, err := strconv.Atoi(strings.TrimSuffix(text, "%"))
	if err != nil || n < 0 || n > 100 {
		return fmt.Errorf("want 0%% to 100%%")
	}
	*p = percent(n)
	return nil
}

// of is the share of a number, rounded up.
func (p percent) of(n int) int { return (n*int(p) + 99) / 100 }

// given is a flag that says which server or run is meant, and not by being empty: that comes of a shell's variable that is not set, and would mean another one.
type given string

// givenVar registers such a flag.
func givenVar(flags *pflag.FlagSet, p *string, name, doc string) { flags.Var((*given)(p), name, doc) }

func (g *given) String() string { return string(*g) }
func (g *given) Type() string   { return "string" }

// Set implements pflag.Value.
func (g *given) Set(text string) error {
	if text == "" {
		return errors.New("it is empty, as of a variable that is not set; leave the flag out if nothing is meant")
	}
	*g = given(text)
	return nil
}

// choice is a flag that takes one of a few words.
type choice struct {
	value   string
	allowed []string
}

func (c *choice) String() string { return c.value }
func (c *choice) Type() string   { return strings.Join(c.allowed, "|") }

// Set implements pflag.Value.
func (c *choice) Set(s string) error {
	for _, a := range c.allowed {
		if s == a {
			c.value = s
			return nil
		}
	}
	return fmt.Errorf("want %s", strings.Join(c.allowed, " or "))
}
