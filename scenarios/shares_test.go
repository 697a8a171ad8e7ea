package scenarios

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDecodePayloads(t *testing.T) {
	for text, want := range map[string]Scenario{
		"payload_mix: {128B: 80%, 1KiB: 15%, 64KiB: 5%}": {PayloadMix: []SizeShare{{128, .8}, {1024, .15}, {65536, .05}}},
		"payload_mix:\n  1kB: 0.25\n  2kB: 75%":          {PayloadMix: []SizeShare{{1000, .25}, {2000, .75}}},
		"payload_mix: {48B: 1}":                          {PayloadMix: []SizeShare{{48, 1}}},
		"payload_field: text\npayload_file: a/b.jsonl":   {PayloadFile: "dir/a/b.jsonl", PayloadField: "text"},
		"payload_file: /a/b.jsonl\npayload_field: a.b":   {PayloadFile: "/a/b.jsonl", PayloadField: "a.b"},
		"payload: 1kB\npayload_max: 2kB":                 {Payload: 1000, PayloadMax: 2000},
	} {
		got, err := Decode("dir/x.yaml", []byte(head+text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		sized := Scenario{Payload: got.Payload, PayloadMax: got.PayloadMax, PayloadMix: got.PayloadMix, PayloadFile: got.PayloadFile, PayloadField: got.PayloadField}
		if diff := cmp.Diff(want, sized); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
		assertSchema(t, []byte(head+text), true)
	}
}

func TestPayloadsThatCannotBe(t *testing.T) {
	for text, want := range map[string]string{
		"payload_mix: {128B: 80%, 1KiB: 15%}":                    "x.yaml:3:1: payload_mix: has shares that sum to 95 %, not to 100 %",
		"payload_mix: {128B: 100%, 1KiB: 0%}":                    "x.yaml:3:1: payload_mix: 1KiB has a share of 0, which is none",
		"payload_mix: {1024B: 50%, 1KiB: 50%}":                   "x.yaml:3:1: payload_mix: 1KiB is there twice",
		"payload_mix: {1KiB: 100%, 1KiB: 50%}":                   "x.yaml:3:27: payload_mix.1KiB: is set already on line 3",
		"payload_mix: {12B: 100%}":                               "x.yaml:3:1: payload_mix: 12B is out of range (48B to 16MiB)",
		"payload_mix: {12X: 100%}":                               `x.yaml:3:1: payload_mix: "12X" is not a size (allowed: a mapping of sizes to shares`,
		"payload_mix: {128B: lots}":                              `x.yaml:3:1: payload_mix: "lots" is not a share`,
		"payload_mix: {128B: [1]}":                               "x.yaml:3:1: payload_mix: is a mapping",
		"payload_mix: {}":                                        "x.yaml:3:1: payload_mix: has no parts",
		"payload_mix: 128B":                                      `x.yaml:3:1: payload_mix: "128B" is text`,
		"payload_mix: {128B: 100%}\npayload: 64B":                "x.yaml:4:1: payload: stands beside payload_mix",
		"payload: 64B\npayload_mix: {128B: 100%}":                "x.yaml:4:1: payload_mix: stands beside payload",
		"payload_file: a\npayload_field: b\npayload: 64B":        "x.yaml:5:1: payload: stands beside payload_file",
		"payload_mix: {128B: 100%}\npayload_max: 1KiB":           "x.yaml:4:1: payload_max: 1KiB goes with payload only",
		"payload_file: a":                                        "x.yaml:3:1: payload_file: is missing: a has to say where the stamp goes",
		"payload_field: a":                                       "x.yaml:3:1: payload_field: goes with payload_file only",
		"payload_mix: {128B: 100%}\nsweep: {payload_mix: [1KB]}": "x.yaml:4:9: sweep.payload_mix: payload_mix cannot be swept",
	} {
		_, err := Decode("x.yaml", []byte(head+text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s:\ngot  %v\nwant %s", text, err, want)
		}
	}
	for _, text := range []string{"payload_mix: {}", "payload_mix: 128B", "payload_mix: {12X: 100%}", "payload_mix: {128B: 100%}\npayload: 64B"} {
		assertSchema(t, []byte(head+text), false)
	}
}

// Of the ways to size messages the highest layer's holds, and nothing of the others is left.
func TestPayloadsOfLayers(t *testing.T) {
	for name, c := range map[string]struct {
		file  string
		flags []Setting
		want  Scenario
	}{
		"size over mixture":   {"payload_mix: {128B: 100%}", []Setting{{"payload", "64B", "--payload"}}, Scenario{Payload: 64}},
		"size over file":      {"payload_file: a\npayload_field: b", []Setting{{"payload", "64B", "--payload"}}, Scenario{Payload: 64}},
		"mixture over sizes":  {"payload: 1kB\npayload_max: 2kB", []Setting{{"payload_mix", "128B:50%,1kB:50%", "--set"}}, Scenario{PayloadMix: []SizeShare{{128, .5}, {1000, .5}}}},
		"mixture over file":   {"payload_file: a\npayload_field: b", []Setting{{"payload_mix", "128B:1", "--set"}}, Scenario{PayloadMix: []SizeShare{{128, 1}}}},
		"file over mixture":   {"payload_mix: {128B: 100%}", []Setting{{"payload_field", "f", "--set"}, {"payload_file", "a/b", "--set"}}, Scenario{PayloadFile: "a/b", PayloadField: "f"}},
		"swept over mixture":  {"payload_mix: {128B: 100%}", []Setting{{"sweep.payload", "64B,128B", "--sweep"}}, Scenario{PayloadMix: []SizeShare{{128, 1}}}},
		"mixture over swept":  {"sweep: {payload: [64B, 128B]}", []Setting{{"payload_mix", "128B:1", "--set"}}, Scenario{PayloadMix: []SizeShare{{128, 1}}}},
		"nothing over itself": {"payload_mix: {128B: 100%}", []Setting{{"clients", "7", "--clients"}}, Scenario{PayloadMix: []SizeShare{{128, 1}}}},
	} {
		t.Run(name, func(t *testing.T) {
			d := Parse("x.yaml", []byte(head+c.file))
			d.Override(Overrides{Flags: c.flags})
			got, err := d.Resolve()
			if err != nil {
				t.Fatal(err)
			}
			sized := Scenario{Payload: got.Payload, PayloadMax: got.PayloadMax, PayloadMix: got.PayloadMix, PayloadFile: got.PayloadFile, PayloadField: got.PayloadField}
			if diff := cmp.Diff(c.want, sized); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A sweep of the size leaves nothing of a mixture.
func TestSizeSweptOverAMixture(t *testing.T) {
	s, err := Decode("x.yaml", []byte(head+"payload_mix: {128B: 100%}\nsweep: {payload: [64B, 1kB]}\ntransports: [websocket]"))
	if err != nil {
		t.Fatal(err)
	}
	arms, err := s.Arms()
	if err != nil || len(arms) != 2 {
		t.Fatalf("%d arms, %v", len(arms), err)
	}
	for i, want := range []Size{64, 1000} {
		if got := arms[i].Scenario; got.Payload != want || got.PayloadMix != nil {
			t.Errorf("arm %d has payload %v and mixture %v, want %v and none", i, got.Payload, got.PayloadMix, want)
		}
	}
}

func TestLargestPayload(t *testing.T) {
	for want, s := range map[Size]Scenario{
		128: {Payload: 128}, 200: {Payload: 128, PayloadMax: 200}, 300: {PayloadMix: []SizeShare{{300, .5}, {100, .5}}}, 400: {PayloadSamples: &SampleStats{MaxBytes: 400}},
	} {
		if got := s.LargestPayload(); got != want {
			t.Errorf("%+v has messages up to %v, want %v", s, got, want)
		}
	}
}
