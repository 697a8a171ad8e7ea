package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pushbench/report/format"
	"pushbench/report/internal/sample"
	"pushbench/results"
	"pushbench/scenarios"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func made(t testing.TB, n int, shapes ...sample.Shape) *results.Run {
	t.Helper()
	run, _, err := sample.Run(1, n, shapes...)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// troubled is a run with an invalid arm, an absent server, losses that do not add up, and repeated warnings.
func troubled(t testing.TB) *results.Run {
	run := made(t, 10, sample.Default...)
	lag := results.Warning{Code: "lag", Text: "the generator was late: use fewer clients or more cores", Invalidates: true}
	run.Cells[0].Warnings = []results.Warning{lag}
	run.Cells[1].Warnings = []results.Warning{lag, lag}
	run.Cells[0].Verdict, run.Cells[1].Verdict = results.Invalid, results.Invalid
	run.Cells[2].Server = nil
	run.Cells[2].Delivery.Missed = 7
	run.Cells[3].Rounds[1].Warnings = []results.Warning{{Code: "steady", Text: "latency drifted; lengthen the warm-up"}}
	run.Interrupted = true
	return run
}

func printed(t testing.TB, run *results.Run, style Style) string {
	t.Helper()
	var b bytes.Buffer
	if err := Table(&b, run, style); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func markdownOf(t testing.TB, run *results.Run) string {
	t.Helper()
	var b bytes.Buffer
	if err := Markdown(&b, run); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	enough, bad := made(t, 1000, sample.Default...), troubled(t)
	for name, got := range map[string]string{
		"default-100.txt":  printed(t, enough, Style{}),
		"default-80.txt":   printed(t, enough, Style{Width: 80}),
		"troubled.txt":     printed(t, bad, Style{}),
		"troubled-asc.txt": printed(t, bad, Style{Width: 80, ASCII: true, Color: true}),
		"troubled.md":      markdownOf(t, bad),
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, got) })
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run go test -update and look at what it wrote", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("output differs from %s (-want +got):\n%s", path, diff)
	}
}

var colours = regexp.MustCompile("\x1b\\[[0-9]*m")

func TestWidthHoldsForAnyRun(t *testing.T) {
	base := made(t, 10, sample.Default...)
	rapid.Check(t, func(rt *rapid.T) {
		run := hostileRun(rt, base)
		for _, width := range []int{80, 100, 120} {
			style := Style{Width: width, Color: rapid.Bool().Draw(rt, "colour"), ASCII: rapid.Bool().Draw(rt, "ascii")}
			text := colours.ReplaceAllString(printed(t, run, style), "")
			for line := range strings.Lines(text) {
				checkLine(rt, strings.TrimSuffix(line, "\n"), width)
			}
			if style.ASCII && strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) {
				rt.Fatalf("not ASCII:\n%s", text)
			}
		}
	})
}

func checkLine(t *rapid.T, line string, width int) {
	if w := format.Width(line); w > width {
		t.Fatalf("%d columns, want at most %d: %q", w, width, line)
	}
	if strings.ContainsFunc(line, unicode.IsControl) {
		t.Fatalf("control character in %q", line)
	}
}

// hostileRun puts random text and extreme numbers wherever a run file could hold them.
func hostileRun(t *rapid.T, base *results.Run) *results.Run {
	data, err := json.Marshal(base)
	if err != nil {
		t.Fatal(err)
	}
	run := new(results.Run)
	if err := json.Unmarshal(data, run); err != nil {
		t.Fatal(err)
	}
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`(\x1b\[3[0-9]m|\x1b\]0;t\x07|\x{9b}2J|[a-z日|<>*]{1,30}|[ \n\t]){0,9}`))
	extreme := rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{0, 1, 999, 60e9, math.MaxInt64, math.MinInt64}))
	run.ID, run.Environment.Virtualised = text.Draw(t, "id"), text.Draw(t, "machine")
	run.Scenarios[0].Title = text.Draw(t, "title")
	for i := range run.Cells {
		c := &run.Cells[i]
		c.Target = text.Draw(t, "target")
		c.Transport = scenarios.Transport(rapid.OneOf(text, rapid.Just("websocket")).Draw(t, "transport"))
		c.Warnings = []results.Warning{{Code: text.Draw(t, "code"), Text: text.Draw(t, "warning")}}
		c.Latency.P99, c.Latency.Max = extreme.Draw(t, "p99"), extreme.Draw(t, "max")
		c.Latency.CI = map[string]results.Interval95{"p99": {extreme.Draw(t, "lo"), extreme.Draw(t, "hi")}}
		c.Delivery.Missed, c.Wire.Connections = extreme.Draw(t, "missed"), extreme.Draw(t, "connections")
		*c.Server.CPUPerMessage = rapid.Float64().Draw(t, "cpu")
	}
	return run
}

func TestWarningsAppearOnceWithEveryPlace(t *testing.T) {
	text := printed(t, troubled(t), Style{Width: 200})
	for _, want := range []string{
		"WebSocket, Long-poll (lag): the generator was late", "Short poll round 2 (steady): latency drifted", "the run was cut short",
		"Long-poll new-conn: 600 expected ≠ 600 delivered + 7 missed",
	} {
		if n := strings.Count(text, want); n != 1 {
			t.Errorf("%q appears %d times in\n%s", want, n, text)
		}
	}
	if strings.Contains(text, "✓") {
		t.Error("a run whose counts do not add up got a tick")
	}
}

func TestRatiosNeedAWebSocketArmOfTheSameTarget(t *testing.T) {
	run := made(t, 1000, sample.Default...)
	run.Cells[0].Target = "other"
	for _, row := range newBlock(format.Groups(run)[0]).tables[0].values[1:] {
		if row[1].trust != absent {
			t.Fatalf("ratio %v across targets", row[1])
		}
	}
}

func TestNothingIsComparedWithAnInvalidArm(t *testing.T) {
	for _, row := range newBlock(format.Groups(troubled(t))[0]).tables[0].values {
		if row[1].trust != absent {
			t.Fatalf("ratio %v to an invalid arm", row[1])
		}
	}
}

func TestEmptyRunsPrint(t *testing.T) {
	for name, run := range map[string]*results.Run{
		"empty":       {},
		"no cells":    {Scenarios: []scenarios.Scenario{{Name: "x"}}},
		"bare cell":   {Cells: []results.Cell{{Scenario: "x", Transport: "sse"}}},
		"no samples":  made(t, 0, sample.Default...),
		"nil latency": {Cells: []results.Cell{{Rounds: []results.Round{{}, {}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			if text := printed(t, run, Style{}); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
				t.Error(text)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	full := errors.New("disk full")
	for name, render := range map[string]func(io.Writer, *results.Run) error{
		"table":    func(w io.Writer, r *results.Run) error { return Table(w, r, Style{}) },
		"markdown": func(w io.Writer, r *results.Run) error { return Markdown(w, r) },
	} {
		if err := render(io.Discard, nil); err == nil {
			t.Errorf("%s: no error for no run", name)
		}
		if err := render(failing{full}, &results.Run{}); !errors.Is(err, full) {
			t.Errorf("%s: error %v, want the writer's", name, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestMarkdownEscapes(t *testing.T) {
	run := made(t, 10, sample.Default...)
	run.Scenarios[0].Title = "a|b <img src=x> [l](javascript:1) `c` @all #1 https://x.y www.z.w **b** \\|"
	text := markdownOf(t, run)
	head := text[strings.Index(text, "###"):]
	head = head[:strings.Index(head, "\n")]
	for _, raw := range []string{"<img", " [l]", "@all", "#1", "https://", "www.", "**b", "a|b"} {
		if strings.Contains(head, raw) {
			t.Errorf("%q stands unescaped in %s", raw, head)
		}
	}
}

func FuzzMarkdownCell(f *testing.F) {
	f.Add("a|b")
	f.Add("\\|\\\\|")
	f.Add("<script>")
	f.Fuzz(func(t *testing.T, s string) {
		out := format.EscapeMarkdown(format.Clean(s))
		if strings.ContainsAny(out, "<>\n\r") {
			t.Fatalf("%q becomes %q", s, out)
		}
		// A bar begins a cell unless an odd number of backslashes precedes it.
		for i, r := range out {
			before := out[:i]
			if slashes := len(before) - len(strings.TrimRight(before, `\`)); r == '|' && slashes%2 == 0 {
				t.Fatalf("%q opens a cell: %q", s, out)
			}
		}
	})
}

func ExampleTable() {
	run := &results.Run{ID: "20260131T120000Z", Scenarios: []scenarios.Scenario{{Name: "idle", Clients: 10}}}
	if err := Table(os.Stdout, run, Style{}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// run 20260131T120000Z · seed 0 · machine unknown
	//
	// idle
	// 10 clients
	// nothing was measured of this scenario
}
