package scenarios

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"
	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"
)

// TestTableIsComplete holds the table to the struct: every field a file can have is a parameter, and the reverse.
func TestTableIsComplete(t *testing.T) {
	want := []string{"headers"} // the preset
	collect(reflect.TypeFor[Scenario](), "", &want)
	want = slices.DeleteFunc(want, func(p string) bool { return p == "sweep" || p == "headers.preset" || p == "gate.accept" })
	got := parameterPaths()
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func collect(typ reflect.Type, prefix string, paths *[]string) {
	for i := range typ.NumField() {
		f := typ.Field(i)
		if f.Tag.Get("yaml") == "-" {
			continue // found out, not said
		}
		path := joinPath(prefix, f.Tag.Get("yaml"))
		if f.Type.Kind() == reflect.Struct {
			collect(f.Type, path, paths)
		} else {
			*paths = append(*paths, path)
		}
	}
}

func TestParametersReadWhatTheyPrint(t *testing.T) {
	for _, p := range Parameters() {
		s := Default()
		s.Name, s.Pattern, s.RatePerClient, s.Rate = "x", Direct, 0.5, 500
		again := s.Clone()
		if err := again.Set(p.Path, p.Get(&s)); err != nil || p.Get(again) != p.Get(&s) {
			t.Errorf("%s: %q became %q, %v", p.Path, p.Get(&s), p.Get(again), err)
		}
		if p.Doc == "" || p.Allowed == "" || p.Kind == "" || !strings.HasPrefix(p.Env(), EnvPrefix) {
			t.Errorf("%s is not documented: %+v", p.Path, p)
		}
	}
	var s Scenario
	if err := s.Set("paylod", "1B"); err == nil || !strings.Contains(err.Error(), `did you mean "payload"`) {
		t.Errorf("got %v", err)
	}
}

// TestYAMLRoundTrip writes random scenarios and reads them back.
func TestYAMLRoundTrip(t *testing.T) {
	words := []string{"null", "true", "5", "1e5", "~", "- a", "a: b", "# c", "'", "\"", "é ü", "<<", "x", "{}", "2020-01-01", "0x1", "p(99)<50ms"}
	rules := []string{"p(99)<50ms", "missed==0", "websocket: p(50)!=1s", "longpoll{clients=100}: overhead_bytes: avg<=200", "{tls=off}: delivered>99%"}
	rapid.Check(t, func(t *rapid.T) {
		s := Default()
		s.Name = rapid.StringMatching(`[a-z0-9][a-z0-9._-]{0,20}|null|true|123|1e5`).Draw(t, "name")
		s.Title = rapid.OneOf(rapid.SampledFrom(words), rapid.StringMatching(`[!-~]([ -~]{0,60}[!-~])?`)).Draw(t, "title")
		s.Caveat = rapid.SampledFrom(words).Draw(t, "caveat")
		s.Answer = rapid.Permutation(Figures).Draw(t, "answer")[:rapid.IntRange(1, mostAnswers).Draw(t, "figures")]
		s.Thresholds = rapid.SliceOfN(rapid.SampledFrom(rules), 1, 3).Draw(t, "thresholds")
		s.Pattern = rapid.SampledFrom(Patterns).Draw(t, "pattern")
		s.Clients = rapid.IntRange(1, 1e6).Draw(t, "clients")
		s.Rate = Rate(rapid.Float64Range(1, 1e6).Draw(t, "rate"))
		s.Transports = rapid.Permutation(Transports).Draw(t, "transports")[:rapid.IntRange(1, 4).Draw(t, "n")]
		if s.Clients > 1 && s.Pattern != Duplex && rapid.Bool().Draw(t, "mixed") {
			s.Transports, s.Mix = append(s.Transports, Mix), []TransportShare{{LongPoll, .5}, {WebSocket, .5}}
		}
		s.Network.Bandwidth = Bandwidth(rapid.Int64Range(0, 1e12).Draw(t, "bandwidth"))
		s.Headers.Preset = rapid.SampledFrom([]HeaderPreset{HeadersBrowser, HeadersSized}).Draw(t, "preset")
		s.Headers.Response = Size(rapid.IntRange(0, 9999).Draw(t, "response"))
		s.TLS = rapid.SampledFrom(TLSVersions).Draw(t, "tls")
		s.TLSResumption = rapid.Bool().Draw(t, "resumption")
		s.Network.Nagle = rapid.Bool().Draw(t, "nagle")
		switch rapid.IntRange(0, 3).Draw(t, "sizes") {
		case 1:
			s.PayloadMax = s.Payload + Size(rapid.IntRange(0, 9999).Draw(t, "payload_max"))
		case 2:
			s.clearPayload()
			share := Fraction(rapid.Float64Range(0.001, 0.999).Draw(t, "share"))
			s.PayloadMix = []SizeShare{{Size(rapid.IntRange(48, 1<<20).Draw(t, "size")), share}, {2 << 20, 1 - share}}
		case 3:
			s.clearPayload()
			s.PayloadFile, s.PayloadField = "/samples of mine.jsonl", "a.b c"
		}
		s.Reconnect.Backoff = time.Duration(rapid.Int64Range(0, 5e9).Draw(t, "backoff"))
		s.Reconnect.Jitter = rapid.SampledFrom(Jitters).Draw(t, "jitter")
		s.Reconnect.Resume = rapid.Bool().Draw(t, "resume")
		s.LongPoll.Batch = rapid.Bool().Draw(t, "batch")
		if rapid.Bool().Draw(t, "sweep") {
			s.Sweep = Sweep{{"network.delay", []string{"0s", "1m"}}, {"headers", []string{"none", "browser"}}}
		}
		if rapid.Bool().Draw(t, "per client") {
			s.RatePerClient = 1.0 / 3
			s.rescale()
		}
		written, err := s.YAML()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := Decode("again.yaml", written); err != nil || !cmp.Equal(&s, again) {
			t.Fatalf("%v\n%s\n%s", err, written, cmp.Diff(&s, again))
		}
		assertSchema(t, written, true)
	})
}

func TestSchemaIsUpToDate(t *testing.T) {
	want, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("scenario.schema.json")
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("scenario.schema.json is out of date (%v): run go generate ./scenarios", err)
	}
}

// failer is the part of testing.T that rapid.T has too.
type failer interface {
	Fatal(...any)
	Errorf(string, ...any)
}

// committedSchema is scenario.schema.json, read once.
var committedSchema = sync.OnceValues(func() (*jsonschema.Resolved, error) {
	data, err := os.ReadFile("scenario.schema.json")
	if err != nil {
		return nil, err
	}
	var schema jsonschema.Schema
	if err := json.Unmarshal(data, &schema); err != nil {
		return nil, err
	}
	return schema.Resolve(nil)
})

// assertSchema validates a file against the committed schema and compares the answer.
func assertSchema(t failer, file []byte, valid bool) {
	schema, err := committedSchema()
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := yaml.Load(file, &value); err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); (err == nil) != valid {
		t.Errorf("valid should be %v; got %v for\n%s", valid, err, file)
	}
}

func TestSchemaOfEmbedded(t *testing.T) {
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		assertSchema(t, data, true)
	}
}

// TestSchemaAgreesWithDecode gives files on which both must say the same.
func TestSchemaAgreesWithDecode(t *testing.T) {
	for text, valid := range map[string]bool{
		"": true, "rate: 6/min": true, "rate: 5": false, "rate: 5/d": false, "rtae: 5/s": false, "clients: 10k": true, "clients: 1000": true,
		"clients: -1": false, "clients: ten": false, "clients: 1.5": false, "payload: 16KiB": true, "payload: 128": true, "payload: 1TB": false,
		"warmup: 0": true, "warmup: 5": false, "warmup: 1m30s": true, "warmup: fast": false, "longpoll: {batch: yes}": false,
		"longpoll: {batch: false}": true, "longpoll: {holt: 1s}": false, "network: 5ms": false, "network: {bandwidth: 100Mbit/s}": true,
		"headers: browser": true, "headers: sized": false, "headers: {cookie: 4KiB, preset: browser}": true, "headers: {biscuit: 1B}": false,
		"transports: [websocket]": true, "transports: [websocket, websocket]": false, "transports: []": false, "transports: websocket": false,
		"transports: [mqtt]": false, "arrivals: often": false, "rate: 1/s\nrate_per_client: 1/s": false, "rate_per_client: 1/s": true,
		"thresholds: [websocket: p(99)<50ms]": true, "thresholds: ['p(99)<50ms']": true, "thresholds: p(99)": false,
		"sweep: {rate: 10..1000:x2, clients: [100, 1000]}": true, "sweep: {rounds: [1, 2]}": false, "sweep: [rate]": false,
		"title: 5": false, "title:": false, "caveat: But.": true, "answer: [latency, server_cpu]": true, "answer: [speed]": false, "answer: latency": false,
		"answer: [lost, lost]": false, "answer: [latency, lost, connect, server_cpu]": false,
	} {
		file := []byte(head + text)
		assertSchema(t, file, valid)
		if _, err := Decode("x.yaml", file); (err == nil) != valid {
			t.Errorf("valid should be %v; Decode says %v for\n%s", valid, err, file)
		}
	}
	for _, file := range []string{"pattern: echo", "name: x", "- a", "name: X Y\npattern: echo"} {
		assertSchema(t, []byte(file), false)
	}
}
