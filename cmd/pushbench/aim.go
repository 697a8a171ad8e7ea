package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"pushbench/loadgen"
	"pushbench/loadgen/proc"
	"pushbench/loadgen/target"
	"pushbench/loadgen/target/file"
	"pushbench/results"
	"pushbench/scenarios"
	"pushbench/server"
)

// aim is a server that a run measures: pushbench's own, started for each round, or one that runs already.
type aim struct {
	// name is what cells, tables and charts call it.
	name string
	// url is where a server that runs already listens; the zero URL for pushbench's own.
	url file.URL
	// described says how clients speak to it, by the file source; nil for the reference server's protocol.
	described *file.Target
	source    file.Source
	// cost is where its cost is read.
	cost costSource
}

// costSource is processes with all below them, and control groups, whose costs add up; the zero value is none.
type costSource struct {
	pids    []int
	cgroups []string
}

// own says whether the server is pushbench's own.
func (a *aim) own() bool { return a.url.Zero() }

// armTarget is what an arm calls it: nothing for pushbench's own.
func (a *aim) armTarget() string {
	if a.own() {
		return ""
	}
	return a.name
}

// describes says whether a transport can be measured.
func (a *aim) describes(t scenarios.Transport) bool {
	return a.described == nil || a.described.Describes(t)
}

// info is the server as a plan has it.
func (a *aim) info() loadgen.ServerInfo {
	info := loadgen.ServerInfo{Foreign: true, PIDs: a.cost.pids, Tree: true, Cgroups: a.cost.cgroups, Cores: proc.CoresOf(a.cost.pids...)}
	if a.described == nil {
		info.URL = a.url.Scheme() + "://" + a.url.Host
		return info
	}
	info.Description = &loadgen.Description{Path: a.source.Path, Text: a.source.Text}
	return info
}

// aimFlags say which servers a run measures.
type aimFlags struct {
	target, pid, cgroup string
	yes                 bool
}

func (f *aimFlags) register(flags *pflag.FlagSet) {
	givenVar(flags, &f.target, "target", "measure `servers` that run already, side by side: a URL (of the reference server's protocol), a target file or the name of one (pushbench target list), or several as name=URL,name=FILE; reference is pushbench's own")
	givenVar(flags, &f.pid, "server-pid", "read the cost of the target's `process` and all below it; of several targets as name=PID,name=PID; a name that stands twice has the cost of both, as a proxy with what is behind it")
	givenVar(flags, &f.cgroup, "server-cgroup", "read the cost of the target's control `group`, such as system.slice/nginx.service; of several as name=PATH,name=PATH, which add up like processes")
	flags.BoolVar(&f.yes, "yes", false, "go on although a target is beyond this machine")
}

// aims are the servers to measure, pushbench's own unless told otherwise.
func (f *aimFlags) aims() ([]*aim, error) {
	aims, err := parseAims(f.target)
	if err != nil {
		return nil, err
	}
	for _, cost := range []struct {
		flag, text string
		add        func(*costSource, string) error
	}{
		{"--server-pid", f.pid, (*costSource).addPID},
		{"--server-cgroup", f.cgroup, (*costSource).addCgroup},
	} {
		if err := addCosts(aims, cost.flag, cost.text, cost.add); err != nil {
			return nil, err
		}
	}
	return aims, nil
}

// aimName is what a target may be called.
var aimName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,40}$`)

func parseAims(text string) ([]*aim, error) {
	if text == "" {
		return []*aim{{name: results.ReferenceTarget}}, nil
	}
	var aims []*aim
	for word := range strings.SplitSeq(text, ",") {
		name, rest, named := strings.Cut(word, "=")
		if !named || !aimName.MatchString(name) {
			name, rest = "", word
		}
		a, err := parseAim(rest)
		if err != nil {
			return nil, err
		}
		if name != "" && !a.own() {
			a.name = name
		}
		if slices.ContainsFunc(aims, func(b *aim) bool { return b.name == a.name }) {
			return nil, usage(fmt.Errorf("--target: two targets are called %s; say name=…,name=…", a.name))
		}
		aims = append(aims, a)
	}
	return aims, nil
}

// parseAim reads a URL, a target file's path, or the word for pushbench's own server. Its errors do not quote a URL: there may be a secret in it.
func parseAim(text string) (*aim, error) {
	switch {
	case text == results.ReferenceTarget:
		return &aim{name: text}, nil
	case strings.Contains(text, "://"):
		u, err := file.ParseURL(text)
		if err != nil {
			return nil, usage(fmt.Errorf("--target: the URL %w", err))
		}
		if u.Base != "" {
			return nil, usage(fmt.Errorf("--target: the URL has a path; describe the server in a target file (see: pushbench target list)"))
		}
		return &aim{name: u.Host, url: u}, nil
	}
	source, err := file.Open(text)
	if err != nil {
		return nil, usage(fmt.Errorf("--target: %w; want a URL such as http://127.0.0.1:8080, a target file such as ./mine.yaml, or a name", err))
	}
	described, err := source.Parse()
	if err != nil {
		return nil, usage(err)
	}
	return &aim{name: described.Name, url: described.URL, described: described, source: source}, nil
}

// addCosts hands out what a flag says: to the only target that runs already, else to those it names.
func addCosts(aims []*aim, flag, text string, add func(*costSource, string) error) error {
	if text == "" {
		return nil
	}
	foreign := slices.DeleteFunc(slices.Clone(aims), (*aim).own)
	for word := range strings.SplitSeq(text, ",") {
		name, value, named := strings.Cut(word, "=")
		if !named && len(foreign) == 1 {
			name, value = foreign[0].name, word
		}
		at := slices.IndexFunc(foreign, func(a *aim) bool { return a.name == name })
		if at < 0 {
			return usage(fmt.Errorf("%s %q is of no --target; want %s", flag, word, costForm(foreign)))
		}
		if err := add(&foreign[at].cost, value); err != nil {
			return usage(fmt.Errorf("%s: %w", flag, err))
		}
	}
	return nil
}

func costForm(foreign []*aim) string {
	if len(foreign) == 0 {
		return "a --target that runs already"
	}
	names := make([]string, len(foreign))
	for i, a := range foreign {
		names[i] = a.name + "=…"
	}
	return strings.Join(names, ",")
}

// addPID adds a process, given its number, if its cost can be read.
func (c *costSource) addPID(text string) error {
	pid, err := strconv.Atoi(text)
	switch {
	case err != nil || pid < 1:
		return fmt.Errorf("%q is not the number of a process", text)
	case slices.Contains(c.pids, pid):
		return fmt.Errorf("process %d stands twice for one target", pid)
	}
	c.pids = append(c.pids, pid)
	_, err = proc.CPUOfTree(pid)
	return err
}

// addCgroup adds a control group, given its path, if its cost can be read.
func (c *costSource) addCgroup(path string) error {
	if slices.Contains(c.cgroups, path) {
		return fmt.Errorf("%s stands twice for one target", path)
	}
	c.cgroups = append(c.cgroups, path)
	group, err := proc.FindCgroup(path)
	if err == nil {
		_, err = group.CPU()
	}
	return err
}

// check says what keeps an arm from being measured on the server.
func (a *aim) check(arm scenarios.Arm) error {
	if a.described == nil {
		return nil
	}
	s := arm.Scenario
	t, err := target.Of(loadgen.Plan{Transport: arm.Transport, Client: s.ClientKind(), Scenario: *s, Server: a.info()})
	if err != nil {
		return usage(err)
	}
	if err := t.Close(); err != nil {
		return err
	}
	if !s.Pattern.ClientsSpeak() && !a.described.Publish.Described() {
		return usage(fmt.Errorf("%s does not say how to publish, which a %s needs: publish: {post: …}", a.source.Path, s.Pattern))
	}
	return nil
}

// checkOwn refuses what only pushbench's own server can be told, where none is measured.
func (f *runFlags) checkOwn(aims []*aim) error {
	if slices.ContainsFunc(aims, (*aim).own) {
		return nil
	}
	for _, flag := range []struct {
		name string
		said bool
	}{{"--inject", f.inject != ""}, {"--server-http", f.serverHTTP.value == string(server.FastHTTP)}} {
		if flag.said {
			return usage(fmt.Errorf("%s is for pushbench's own server, and no --target is that; add %s to measure it, too", flag.name, results.ReferenceTarget))
		}
	}
	return nil
}
