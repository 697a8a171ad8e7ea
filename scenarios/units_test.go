package scenarios

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"
)

// flagValue is pflag.Value, written out so that flags are not imported for a test.
type flagValue interface {
	Set(string) error
	String() string
	Type() string
}

var (
	_ flagValue = (*Rate)(nil)
	_ flagValue = (*Size)(nil)
	_ flagValue = (*Bandwidth)(nil)
	_ flagValue = (*Count)(nil)
)

// parsers parse a text of each kind and print it again.
var parsers = map[string]func(string) (value float64, printed string, err error){
	"rate": func(s string) (float64, string, error) { v, err := ParseRate(s); return float64(v), v.String(), err },
	"size": func(s string) (float64, string, error) { v, err := ParseSize(s); return float64(v), v.String(), err },
	"bandwidth": func(s string) (float64, string, error) {
		v, err := ParseBandwidth(s)
		return float64(v), v.String(), err
	},
	"count": func(s string) (float64, string, error) {
		v, err := ParseCount(s)
		return float64(v), Count(v).String(), err
	},
	"duration": func(s string) (float64, string, error) {
		v, err := ParseDuration(s)
		return v.Seconds(), printDuration(v), err
	},
}

func TestUnitsParseAndPrint(t *testing.T) {
	for _, c := range []struct {
		kind, text string
		value      float64
		printed    string
	}{
		{"rate", "500/s", 500, "500/s"},
		{"rate", "0.5/s", 0.5, "0.5/s"},
		{"rate", "6/min", 0.1, "0.1/s"},
		{"rate", "1/min", 1.0 / 60, "1/min"},
		{"rate", "2/h", 2.0 / 3600, "2/h"},
		{"rate", "10k/s", 10000, "10000/s"},
		{"rate", "1.5k/s", 1500, "1500/s"},
		{"rate", "0/s", 0, "0/s"},
		{"size", "128B", 128, "128B"},
		{"size", "128", 128, "128B"},
		{"size", "16KiB", 16384, "16KiB"},
		{"size", "1MB", 1e6, "1MB"},
		{"size", "1.1kB", 1100, "1100B"},
		{"size", "2KB", 2000, "2kB"},
		{"size", "0", 0, "0B"},
		{"bandwidth", "10MB/s", 10e6, "10MB/s"},
		{"bandwidth", "100Mbit/s", 12.5e6, "12500kB/s"},
		{"bandwidth", "0B/s", 0, "0B/s"},
		{"count", "10k", 10000, "10000"},
		{"count", "1.5k", 1500, "1500"},
		{"count", "1M", 1e6, "1000000"},
		{"duration", "1m30s", 90, "1m30s"},
		{"duration", "60s", 60, "1m"},
		{"duration", "1h0m0s", 3600, "1h"},
		{"duration", "10m0.5s", 600.5, "10m0.5s"},
		{"duration", "0", 0, "0s"},
	} {
		t.Run(c.kind+" "+c.text, func(t *testing.T) {
			value, printed, err := parsers[c.kind](c.text)
			if err != nil || value != c.value || printed != c.printed {
				t.Errorf("got %v, %q, %v; want %v, %q", value, printed, err, c.value, c.printed)
			}
		})
	}
}

func TestUnitsRefuse(t *testing.T) {
	for kind, texts := range map[string][]string{
		"rate":      {"", "5", "/s", "-1/s", "1e3/s", "1/d", "1/ s", ".5/s", "5./s", "1..2/s", "NaN/s", "Inf/s", "5/s ", "k/s", "1kk/s"},
		"size":      {"", "-1", "1.5", "0.0003kB", "1e3", "10 B", "99999999999999999999", "1TB", "KiB", "0x10"},
		"bandwidth": {"", "5", "10MB", "1bit/s", "-1B/s", "99999999999GB/s"},
		"count":     {"", "1.2345k", "-5", "1e3", "k", "1 000", "1_000", "0x10"},
		"duration":  {"", "5", "1d", "s", "1m 30s"},
	} {
		for _, text := range texts {
			_, _, err := parsers[kind](text)
			if unit, ok := errors.AsType[*UnitError](err); !ok || unit.Kind != kind || unit.Value != text {
				t.Errorf("%s %q: got error %v; want a UnitError of that", kind, text, err)
			}
		}
	}
	_, err := ParseRate("5")
	if want := `rate "5": want a number and a unit such as 500/s, 0.5/s or 6/min`; err.Error() != want {
		t.Errorf("got %q; want %q", err, want)
	}
}

func TestUnitsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := Rate(math.Abs(rapid.Float64Range(0, 1e9).Draw(t, "rate")))
		if back, err := ParseRate(rate.String()); err != nil || back != rate {
			t.Errorf("rate %v: %v, %v", float64(rate), float64(back), err)
		}
		size := Size(rapid.IntRange(0, math.MaxInt).Draw(t, "size"))
		if back, err := ParseSize(size.String()); err != nil || back != size {
			t.Errorf("size %d: %v, %v", int(size), back, err)
		}
		width := Bandwidth(rapid.Int64Range(0, math.MaxInt64).Draw(t, "bandwidth"))
		if back, err := ParseBandwidth(width.String()); err != nil || back != width {
			t.Errorf("bandwidth %d: %v, %v", int64(width), back, err)
		}
		d := time.Duration(rapid.Int64().Draw(t, "duration"))
		if back, err := ParseDuration(printDuration(d)); err != nil || back != d {
			t.Errorf("duration %d: %q, %v, %v", int64(d), printDuration(d), back, err)
		}
	})
}

func TestUnitsAsFlagsYAMLAndJSON(t *testing.T) {
	type units struct {
		Rate      Rate      `yaml:"rate"`
		Size      Size      `yaml:"size"`
		Bandwidth Bandwidth `yaml:"bandwidth"`
		Count     Count     `yaml:"count"`
	}
	var u units
	if err := yaml.Load([]byte("rate: 6/min\nsize: 1KiB\nbandwidth: 8Mbit/s\ncount: 10k\n"), &u); err != nil {
		t.Fatal(err)
	}
	if want := (units{0.1, 1024, 1e6, 10000}); u != want {
		t.Errorf("got %+v; want %+v", u, want)
	}
	out, err := yaml.Dump(u)
	if want := "rate: 0.1/s\nsize: 1KiB\nbandwidth: 1MB/s\ncount: 10000\n"; err != nil || string(out) != want {
		t.Errorf("got %q, %v; want %q", out, err, want)
	}
	plain, err := json.Marshal(u)
	if want := `{"Rate":0.1,"Size":1024,"Bandwidth":1000000,"Count":10000}`; err != nil || string(plain) != want {
		t.Errorf("got %s, %v; want %s", plain, err, want)
	}
	if err := u.Rate.Set("nonsense"); err == nil || u.Rate != 0.1 {
		t.Errorf("a refused Set changed the rate to %v, error %v", u.Rate, err)
	}
	if err := yaml.Load([]byte("count: many\n"), &u); err == nil {
		t.Error("count: many was accepted")
	}
}

// FuzzUnits checks that whatever a parser accepts prints as something it reads as the same value.
func FuzzUnits(f *testing.F) {
	for _, seed := range []string{"500/s", "6/min", "16KiB", "1.5MB", "10MB/s", "100Mbit/s", "1.5k", "1m30s", "0", "1e3/s", "..5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for kind, parse := range parsers {
			value, printed, err := parse(text)
			if err != nil {
				continue
			}
			again, _, err := parse(printed)
			if err != nil || again != value || (value < 0 && kind != "duration") || math.IsInf(value, 0) || math.IsNaN(value) {
				t.Errorf("%s %q = %v prints as %q, which reads as %v, %v", kind, text, value, printed, again, err)
			}
		}
	})
}
