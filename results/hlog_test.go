package results

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"

	"pushbench/scenarios"
)

// One fixture per schema is kept for ever: a later pushbench must read it or refuse it by its schema.
var update = flag.Bool("update", false, "write the fixtures of the current schema again")

const (
	logFixture = "testdata/schema1.hlog"
	runFixture = "testdata/schema1.run.json"
)

func encodeLog(t testing.TB, rounds []LogRound) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteLog(&b, rounds); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestLogRoundTrip(t *testing.T) {
	_, rounds := sampleRun(t)
	ramp, err := NewSlice(-1500*time.Millisecond-1, -1, histogram(t, 3e5, 4e5))
	if err != nil {
		t.Fatal(err)
	}
	rounds[0].Histograms[Connect] = []Slice{ramp}
	got, err := ReadLog(bytes.NewReader(encodeLog(t, rounds)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rounds, got); diff != "" {
		t.Errorf("-written +read:\n%s", diff)
	}
}

func TestLogFixture(t *testing.T) {
	_, rounds := sampleRun(t)
	if *update {
		if err := os.WriteFile(logFixture, encodeLog(t, rounds), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(logFixture)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := ReadLog(f)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rounds, got); diff != "" {
		t.Errorf("-expected +in the fixture:\n%s", diff)
	}
}

// HdrHistogram's own reader must find every interval with its tag and its time.
func TestLogIsReadByTheLibrary(t *testing.T) {
	_, rounds := sampleRun(t)
	reader := hdrhistogram.NewHistogramLogReader(bytes.NewReader(encodeLog(t, rounds)))
	latency := NewHistogram()
	intervals := 0
	for {
		h, err := reader.NextIntervalHistogram()
		if err != nil {
			t.Fatal(err)
		}
		if h == nil {
			break
		}
		intervals++
		if at := time.UnixMilli(h.StartTimeMs()); at.Before(rounds[0].Started.Add(-time.Second)) || at.After(rounds[1].Started.Add(time.Minute)) {
			t.Errorf("%s starts at %v", h.Tag(), at)
		}
		if h.Tag() == "latency/default/websocket/1" {
			latency.Merge(h)
		}
	}
	want, err := rounds[1].Histograms.Merge(Latency)
	if err != nil {
		t.Fatal(err)
	}
	if intervals != 2*(3+5) || !latency.Equals(want) {
		t.Errorf("%d intervals, want 16; latency of round 1 has %d samples, want %d", intervals, latency.TotalCount(), want.TotalCount())
	}
}

func TestLogIsInOrderOfTime(t *testing.T) {
	_, rounds := sampleRun(t)
	rounds[0], rounds[1] = rounds[1], rounds[0]
	last := ""
	for line := range strings.Lines(string(encodeLog(t, rounds))) {
		if fields := strings.Split(line, ","); strings.HasPrefix(line, "Tag=") {
			if fields[1] < last {
				t.Errorf("%s comes after %s", fields[1], last)
			}
			last = fields[1]
		}
	}
	if last == "" {
		t.Error("no intervals")
	}
}

func TestArmTag(t *testing.T) {
	tests := []struct {
		name string
		cell Cell
		want string
	}{
		{"reference", template, "websocket"},
		{"unnamed target", Cell{Transport: scenarios.LongPoll}, "longpoll"},
		{"other target", Cell{Transport: scenarios.LongPoll, Target: "http://a.example/x y"}, "longpoll@http:__a.example_x_y"},
		{"parameters in order", Cell{Transport: scenarios.ShortPoll, Params: map[string]string{"delay": "50ms", "a,b": "1/2\n"}}, "shortpoll+a_b=1_2_+delay=50ms"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := ArmTag(tt.cell); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestWriteLogRefuses(t *testing.T) {
	_, rounds := sampleRun(t)
	twice := []LogRound{rounds[0], rounds[0]}
	old := LogRound{Scenario: "a", Arm: "websocket", Started: time.Unix(-10, 0), Histograms: rounds[0].Histograms}
	damaged := LogRound{Scenario: "a", Arm: "websocket", Started: at, Histograms: Histograms{Latency: {{HDR: "x"}}}}
	tests := []struct {
		name   string
		rounds []LogRound
		want   string
	}{
		{"a tag twice", twice, "two rounds have the tag default/websocket/0"},
		{"no scenario", []LogRound{{Arm: "websocket"}}, "is not scenario/transport/round"},
		{"before the epoch", []LogRound{old}, "no place in time"},
		{"a damaged slice", []LogRound{damaged}, "latency/a/websocket/0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := WriteLog(&bytes.Buffer{}, tt.rounds)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestReadLogRefuses(t *testing.T) {
	_, rounds := sampleRun(t)
	const begin = "#[Round: a/websocket/0, 2026-11-23T17:52:49Z]\n"
	hdr := rounds[0].Histograms[Latency][0].HDR
	tests := []struct {
		name, text string
		line       int
		want       string
	}{
		{"another tool's", "1.0,1.0,2.0," + hdr + "\n", 1, "not Tag="},
		{"unknown metric", begin + "Tag=speed/a/websocket/0,1,1,1," + hdr + "\n", 2, "does not begin with a metric"},
		{"no round", begin + "Tag=latency/a/websocket/x,1,1,1," + hdr + "\n", 2, "number of a round"},
		{"leading zero", begin + "Tag=latency/a/websocket/00,1,1,1," + hdr + "\n", 2, "number of a round"},
		{"no beginning", begin + "Tag=latency/b/websocket/0,1,1,1," + hdr + "\n", 2, "#[Round: b/websocket/0"},
		{"begins twice", begin + begin, 2, "second time"},
		{"no time", "#[Round: a/websocket/0, yesterday]\n", 1, "yesterday"},
		{"negative start", begin + "Tag=latency/a/websocket/0,-1,1,1," + hdr + "\n", 2, "start"},
		{"exponent", begin + "Tag=latency/a/websocket/0,1,1e9,1," + hdr + "\n", 2, "length"},
		{"beyond time", begin + "Tag=latency/a/websocket/0,9223372035,9223372035,1," + hdr + "\n", 2, "beyond any time"},
		{"damaged histogram", begin + "Tag=latency/a/websocket/0,1,1,1," + hdr[:20] + "\n", 2, "decode"},
		{"cut off", begin + "Tag=latency/a/websocket/0,1,1,1," + hdr, 2, "cut off"},
		{"endless line", begin + strings.Repeat("x", maxLogLine+1) + "\n", 2, "too long"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ReadLog(strings.NewReader(tt.text))
			var where *LogError
			if !errors.As(err, &where) || where.Line != tt.line || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q in line %d", err, tt.want, tt.line)
			}
		})
	}
}

// Every file cut short must be refused or be whole lines of the original.
func TestReadLogOfTruncatedFile(t *testing.T) {
	_, rounds := sampleRun(t)
	rounds[0].Histograms[Latency] = rounds[0].Histograms[Latency][:1]
	content := encodeLog(t, rounds[:1])
	for n := range content {
		if n > 0 && content[n-1] == '\n' {
			continue
		}
		if _, err := ReadLog(bytes.NewReader(content[:n])); err == nil && n > 0 {
			t.Fatalf("the first %d of %d bytes were read without an error", n, len(content))
		}
	}
}

// Whatever the reader accepts must survive being written and read again.
func FuzzReadLog(f *testing.F) {
	_, rounds := sampleRun(f)
	f.Add(encodeLog(f, rounds[:1]))
	f.Add([]byte("#[Round: a/websocket/0, 2026-11-23T17:52:49Z]\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		read, err := ReadLog(bytes.NewReader(content))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if WriteLog(&b, read) != nil {
			return // a tag or a time that only a foreign hand can have written
		}
		again, err := ReadLog(&b)
		if err != nil {
			t.Fatalf("read once, but not again: %v", err)
		}
		if len(again) != len(read) {
			t.Fatalf("%d rounds became %d", len(read), len(again))
		}
	})
}
