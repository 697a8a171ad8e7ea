package scenarios

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPrecedence(t *testing.T) {
	for name, c := range map[string]struct {
		file  string
		o     Overrides
		check func(*Scenario) bool
	}{
		"flag over environment over file": {
			"clients: 1\nrounds: 1\nwarmup: 1ms\n",
			Overrides{
				Environment: []string{"PUSHBENCH_CLIENTS=2", "PUSHBENCH_ROUNDS=2", "PUSHBENCH_ADDR=x", "PUSHBENCH_PAYLOAD=", "HOME=/"},
				Flags:       []Setting{{"clients", "3k", "-c"}},
			},
			func(s *Scenario) bool {
				return s.Clients == 3000 && s.Rounds == 2 && s.Warmup == 1e6 && s.Payload == 128
			},
		},
		"clients rescale":                             {"rate_per_client: 6/min\n", Overrides{Flags: []Setting{{"clients", "50", "-c"}}}, func(s *Scenario) bool { return s.Rate == 5 && s.RatePerClient == 0.1 }},
		"clients keep a rate":                         {"rate: 7/s\n", Overrides{Flags: []Setting{{"clients", "50", "-c"}}}, func(s *Scenario) bool { return s.Rate == 7 && s.RatePerClient == 0 }},
		"rate over rate per client":                   {"rate_per_client: 1/s\n", Overrides{Flags: []Setting{{"rate", "9/s", "-r"}}}, func(s *Scenario) bool { return s.Rate == 9 && s.RatePerClient == 0 }},
		"rate per client over rate":                   {"rate: 9/s\n", Overrides{Environment: []string{"PUSHBENCH_RATE_PER_CLIENT=1/s"}}, func(s *Scenario) bool { return s.Rate == 1000 && s.RatePerClient == 1 }},
		"a preset and its size, whatever their order": {"", Overrides{Flags: []Setting{{"headers.cookie", "1kB", "--cookie"}, {"headers", "none", "--headers"}}}, func(s *Scenario) bool { return s.Headers == Headers{Preset: HeadersSized, Cookie: 1000} }},
		"a cookie on a browser":                       {"", Overrides{Flags: []Setting{{"headers.cookie", "1kB", "--cookie"}}}, func(s *Scenario) bool { return s.Headers == Headers{Preset: HeadersBrowser, Cookie: 1000} }},
		"a mixture as a file has it": {"", Overrides{Flags: []Setting{{"transports", "websocket,mix", "--transport"}, {"mix", "{websocket: 90%, longpoll: 10%}", "--set mix"}}}, func(s *Scenario) bool {
			return cmp.Equal(s.Mix, []TransportShare{{WebSocket, 0.9}, {LongPoll, 0.1}})
		}},
		"sizes of headers as a file has them": {"", Overrides{Flags: []Setting{{"headers", "{request: 400B, cookie: 200B}", "--headers"}}}, func(s *Scenario) bool {
			return s.Headers == Headers{Preset: HeadersSized, Request: 400, Cookie: 200}
		}},
		"sizes of messages as a file has them": {"", Overrides{Flags: []Setting{{"payload_mix", " {128B: 80%, 1KiB: 20%}", "--set payload_mix"}}}, func(s *Scenario) bool { return len(s.PayloadMix) == 2 }},
		"transports":                           {"", Overrides{Flags: []Setting{{"transports", "longpoll, websocket", "--transport"}}}, func(s *Scenario) bool { return cmp.Equal(s.Transports, []Transport{LongPoll, WebSocket}) }},
		"the last flag":                        {"", Overrides{Flags: []Setting{{"rounds", "4", "--rounds"}, {"rounds", "5", "--rounds"}}}, func(s *Scenario) bool { return s.Rounds == 5 }},
		"a rate ends its sweep":                {"sweep: {rate: [1/s, 2/s]}\n", Overrides{Flags: []Setting{{"rate", "9/s", "-r"}}}, func(s *Scenario) bool { return len(s.Sweep) == 0 && s.Rate == 9 }},
		"a sweep replaces": {"sweep: {rate: [1/s, 2/s]}\n", Overrides{Flags: []Setting{{"sweep.rate_per_client", "1..2:+1", "--sweep"}}}, func(s *Scenario) bool {
			return cmp.Equal(s.Sweep, Sweep{{"rate_per_client", []string{"1/s", "2/s"}}})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			d := Parse("x.yaml", []byte(head+c.file))
			d.Override(c.o)
			s, err := d.Resolve()
			if err != nil || !c.check(s) {
				t.Errorf("got %+v, %v", s, err)
			}
		})
	}
}

func TestOverrideProblems(t *testing.T) {
	d := Parse("x.yaml", []byte(head+"rate: 5/s\nroundz: 3\n"))
	d.Override(Overrides{
		Environment: []string{"PUSHBENCH_PAYLOAD=1B"},
		Flags: []Setting{
			{"duration", "1ms", "--duration"},
			{"transports", "websocket,mqtt", "--transport"},
			{"clients", "many", "--clients"},
			{"clint", "1", "--set clint"},
			{"name", "other", "--name"},
		},
	})
	_, err := d.Resolve()
	want := []string{
		`x.yaml:4:1: roundz: is not a key of a scenario; did you mean "rounds"?`,
		`--clients: clients: "many" is not a count (allowed: a whole number such as 1000 or 10k, from 1 to 1000000)`,
		`--duration: duration: 5/s for 1ms gives no publish (allowed: rate × duration of at least 1)`,
		`--name: name: can be set in a file only`,
		`--set clint: clint: unknown parameter "clint"; did you mean "client"?`,
		`--transport: transports: "mqtt" is not a transport`,
		`PUSHBENCH_PAYLOAD: payload: 1B is out of range`,
	}
	problems, _ := errors.AsType[Problems](err)
	if len(problems) != len(want) {
		t.Fatalf("got %v", err)
	}
	for i, p := range problems {
		if !strings.HasPrefix(p.String(), want[i]) {
			t.Errorf("got  %s\nwant %s", p, want[i])
		}
	}
	if o := d.Origin("rate"); o.String() != "x.yaml:3:1" {
		t.Errorf("the rate was said at %q", o)
	}
}

func TestFlagsOfBothRates(t *testing.T) {
	d := Parse("x.yaml", []byte(head))
	d.Override(Overrides{Flags: []Setting{{"rate", "1/s", "-r"}, {"rate_per_client", "1/s", "--rate-per-client"}}})
	if _, err := d.Resolve(); err == nil || !strings.HasPrefix(err.Error(), "--rate-per-client: rate_per_client: stands beside rate") {
		t.Errorf("got %v", err)
	}
}

// TestValidateRateContradiction reaches what no file can say: a Scenario changed in memory.
func TestValidateRateContradiction(t *testing.T) {
	s := Default()
	s.Name, s.Pattern, s.RatePerClient = "x", Echo, 1
	if problems := s.Validate(); len(problems) != 1 || problems[0].Field != "rate" {
		t.Errorf("got %v", problems)
	}
	if resolved, err := s.Resolve(); err != nil || resolved.Rate != 1000 || s.Rate != 2 {
		t.Errorf("got %v, %v; and the original has rate %v", resolved, err, s.Rate)
	}
}

func TestLibrary(t *testing.T) {
	files, err := filepath.Glob("*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"default"} // first
	for _, file := range files {
		if name := strings.TrimSuffix(file, ".yaml"); name != "default" {
			names = append(names, name)
		}
	}
	if diff := cmp.Diff(names, Names()); diff != "" {
		t.Error(diff)
	}
	for _, s := range List() {
		if s.Title == "" || !strings.HasSuffix(s.Question, "?") {
			t.Errorf("%s: a built-in scenario has a title and asks a question; got %q, %q", s.Name, s.Title, s.Question)
		}
		if len(s.Answer) == 0 || !strings.HasSuffix(s.Caveat, ".") {
			t.Errorf("%s: a built-in scenario says which figures answer its question (answer) and what they do not say (caveat); got %q, %q", s.Name, s.Answer, s.Caveat)
		}
		loaded, err := Load(s.Name)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := loaded.Resolve(); err != nil || !cmp.Equal(s, again) {
			t.Errorf("%s: %v\n%s", s.Name, err, cmp.Diff(s, again))
		}
		written, err := s.YAML()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := Decode("again.yaml", written); err != nil || !cmp.Equal(s, again) {
			t.Errorf("%s written again: %v\n%s", s.Name, err, cmp.Diff(s, again))
		}
	}
	List()[0].Transports[0] = "changed"
	if List()[0].Transports[0] != WebSocket {
		t.Error("a caller changed the library")
	}
}

func TestLoad(t *testing.T) {
	_, err := Load("qick")
	want := `no scenario is called "qick"; did you mean "quick"?; there are ` + strings.Join(Names(), ", ") + `; to run a file, give its path, such as ./qick.yaml`
	if err == nil || err.Error() != want {
		t.Errorf("got %v; want %s", err, want)
	}
	if unknown, ok := errors.AsType[*UnknownError](err); !ok || unknown.Name != "qick" {
		t.Errorf("got %#v", err)
	}
	path := filepath.Join(t.TempDir(), "mine.yaml")
	if _, err := Load(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	for content, problem := range map[string]string{
		head + "rate: 4/s\n":               "",
		head + "clients: 0\n":              path + ":3:1: clients: 0 is out of range",
		strings.Repeat("#", 2*MaxFileSize): path + ":1:1: is larger than 65536 bytes",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Resolve(); problem == "" && err != nil || problem != "" && (err == nil || !strings.HasPrefix(err.Error(), problem)) {
			t.Errorf("got %v; want %s", err, problem)
		}
	}
}

// TestVariables passes over what sets no parameter of a run: other programs' variables, empty ones, those of other commands.
func TestVariables(t *testing.T) {
	got := Variables([]string{"PUSHBENCH_ROUNDS=2", "HOME=/", "PUSHBENCH_ADDR=x", "PUSHBENCH_PAYLOAD=", "PUSHBENCH_CLIENTS=5"})
	if want := []string{"PUSHBENCH_CLIENTS=5", "PUSHBENCH_ROUNDS=2"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestFlagsThatAreNoMapping: what begins as a mapping and is none is reported as it was written, once, whatever it holds.
func TestFlagsThatAreNoMapping(t *testing.T) {
	for _, text := range []string{"{", "{}", "{websocket}", "{websocket: [1]}", "{websocket: 50%, websocket: 50%}", "{a: 1}\n---\n{b: 2}", "{*a: 1}", "{? [a]: 1}", "{websocket: 1}}"} {
		for _, path := range []string{"mix", "headers", "payload_mix"} {
			d := Parse("x.yaml", []byte(head))
			d.Override(Overrides{Flags: []Setting{{path, text, "--set " + path}}})
			if _, err := d.Resolve(); err == nil || !strings.Contains(err.Error(), "--set "+path+": ") {
				t.Errorf("%s=%q: %v", path, text, err)
			}
		}
	}
}
