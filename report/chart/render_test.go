package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pushbench/report/format"
	"pushbench/report/internal/sample"
	"pushbench/report/recorded"
	"pushbench/report/review"
	"pushbench/results"
	"pushbench/scenarios"
)

// keep copies the charts of every case to a folder, to be looked at: KEEP_CHARTS=/some/folder go test ./report/chart
var keep = os.Getenv("KEEP_CHARTS")

const hostileTitle = "\x1b[31mred\x07\x00 <script>alert('&\"')</script> \u202eesrever\u202c ]]> <!-- \t\r\n 日本語 " +
	"a title that goes on and on until it has long left the slide and then some more of it"

// cases are runs that charts must survive, by name.
var cases = map[string]func(*testing.T) (*results.Run, *recorded.Histograms){
	"default":       func(t *testing.T) (*results.Run, *recorded.Histograms) { return made(t, 1000, sample.Default...) },
	"few":           func(t *testing.T) (*results.Run, *recorded.Histograms) { return made(t, 10, sample.Default...) },
	"one transport": func(t *testing.T) (*results.Run, *recorded.Histograms) { return made(t, 300, sample.Default[0]) },
	"no samples":    func(t *testing.T) (*results.Run, *recorded.Histograms) { return made(t, 0, sample.Default...) },
	"one sample":    oneSample,
	"zero latency":  zeroLatency,
	"extremes":      extremes,
	"hostile":       hostile,
	"no source": func(t *testing.T) (*results.Run, *recorded.Histograms) {
		run, _ := made(t, 10, sample.Default...)
		return run, nil
	},
	"no cells":       func(t *testing.T) (*results.Run, *recorded.Histograms) { return made(t, 10) },
	"twelve targets": twelveTargets,
	"parts not told": untold,
	"20 ms away": func(t *testing.T) (*results.Run, *recorded.Histograms) {
		run, source := made(t, 300, sample.Default...)
		run.Scenarios[0].Network.Delay = 10 * time.Millisecond
		return run, source
	},
}

func made(t *testing.T, n int, shapes ...sample.Shape) (*results.Run, *recorded.Histograms) {
	t.Helper()
	run, rounds, err := sample.Run(1, n, shapes...)
	if err != nil {
		t.Fatal(err)
	}
	return run, recorded.New(rounds)
}

// single encodes one value per cell as that cell's only sample.
func single(t *testing.T, values ...int64) *recorded.Histograms {
	t.Helper()
	var cells [][]results.Histograms
	for _, v := range values {
		h := results.NewHistogram()
		if err := h.RecordValue(v); err != nil {
			t.Fatal(err)
		}
		s, err := results.NewSlice(0, results.SliceWidth, h)
		if err != nil {
			t.Fatal(err)
		}
		cells = append(cells, []results.Histograms{{results.Latency: {s}, results.Overhead: {s}}})
	}
	return recorded.New(cells)
}

func oneSample(t *testing.T) (*results.Run, *recorded.Histograms) {
	run, _ := made(t, 1, sample.Default[0])
	return run, single(t, int64(9*time.Millisecond))
}

func zeroLatency(t *testing.T) (*results.Run, *recorded.Histograms) {
	run, _ := made(t, 1, sample.Default[0], sample.Default[1])
	return run, single(t, 0, 1)
}

// untold has arms that tell what their overhead went into beside one that does not.
func untold(t *testing.T) (*results.Run, *recorded.Histograms) {
	run, source := made(t, 10, sample.Default...)
	run.Cells[1].Wire.OverheadParts = nil
	return run, source
}

func extremes(t *testing.T) (*results.Run, *recorded.Histograms) {
	fast, slow := sample.Default[0], sample.Default[1]
	fast.Median, fast.P99 = 50*time.Microsecond, 90*time.Microsecond
	slow.Median, slow.P99 = 40*time.Second, 60*time.Second
	return made(t, 1000, fast, slow)
}

func hostile(t *testing.T) (*results.Run, *recorded.Histograms) {
	run, source := made(t, 100, sample.Default...)
	run.Scenarios[0].Title, run.Scenarios[0].Name = hostileTitle, "../../etc/<b>\x00"
	for i := range run.Cells {
		run.Cells[i].Scenario = run.Scenarios[0].Name
	}
	run.Cells[0].Verdict = results.Invalid
	run.Cells[1].Server = nil
	run.Cells[2].Delivery.Delivered = 0
	run.Cells[3].Transport = scenarios.Transport(strings.Repeat("<i>\x1b]0;x\x07long ", 20))
	return run, source
}

func twelveTargets(t *testing.T) (*results.Run, *recorded.Histograms) {
	var shapes []sample.Shape
	for range 3 {
		shapes = append(shapes, sample.Default...)
	}
	run, source := made(t, 100, shapes...)
	for i := range run.Cells {
		run.Cells[i].Target = []string{"go", "node", "a-rather-long-name-of-a-server"}[i/4]
	}
	return run, source
}

// rasterised are the cases also written as PNG, which takes most of the time; the drawing is the same for both formats.
var rasterised = map[string]bool{"default": true, "hostile": true}

func TestEveryCaseRenders(t *testing.T) {
	for name, build := range cases {
		t.Run(name, func(t *testing.T) {
			run, source := build(t)
			if keep != "" || rasterised[name] {
				writeAndCheck(t, folder(t, name), run, source)
				return
			}
			figures, err := figuresOf(format.Groups(run)[0], review.Maps(run)[0], run.Environment, source)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range figures {
				if texts := svgOf(t, f); !strings.Contains(texts, f.title[strings.LastIndex(f.title, ": "):]) {
					t.Errorf("no title in %s:\n%s", f.kind, texts)
				}
			}
		})
	}
}

func folder(t *testing.T, name string) string {
	t.Helper()
	if keep == "" {
		return t.TempDir()
	}
	dir := filepath.Join(keep, strings.ReplaceAll(name, " ", "-"))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func writeAndCheck(t *testing.T, dir string, run *results.Run, source *recorded.Histograms) {
	t.Helper()
	files, err := Write(dir, run, source)
	if err != nil {
		t.Fatal(err)
	}
	kinds := 9
	if review.Maps(run)[0] != nil {
		kinds = 10
	}
	if len(files) != 2*kinds {
		t.Fatalf("%d files, want %d kinds in 2 formats", len(files), kinds)
	}
	for _, f := range files {
		check(t, dir, f)
	}
}

// check reads a file back as a viewer would.
func check(t *testing.T, dir string, f File) {
	t.Helper()
	if filepath.Dir(f.Path) != dir {
		t.Errorf("%s lies outside %s", f.Path, dir)
	}
	data, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Ext(f.Path) == ".svg" {
		svgText(t, data)
		return
	}
	image, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s: %v", f.Path, err)
	}
	if b := image.Bounds(); b.Dx() != 1920 || b.Dy() != 1080 {
		t.Errorf("%s is %v, want 1920×1080", f.Path, b)
	}
}

// svgText parses an SVG strictly, fails on an element that is no drawing, and returns its texts.
func svgText(t *testing.T, data []byte) []string {
	t.Helper()
	allowed := map[string]bool{"svg": true, "g": true, "path": true, "text": true}
	decoder := xml.NewDecoder(bytes.NewReader(data))
	var texts []string
	inText := false
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return texts
		}
		if err != nil {
			t.Fatalf("not XML: %v", err)
		}
		switch v := token.(type) {
		case xml.StartElement:
			if !allowed[v.Name.Local] {
				t.Errorf("element <%s> in the SVG", v.Name.Local)
			}
			inText = v.Name.Local == "text"
		case xml.EndElement:
			inText = false
		case xml.CharData:
			if inText {
				texts = append(texts, string(v))
			}
		}
	}
}

func TestSVGTextIsEscapedAndSubstitutesAFont(t *testing.T) {
	run, source := hostile(t)
	run.Scenarios[0].Title = `<script>x</script> & "q"`
	figures, err := figuresOf(format.Groups(run)[0], nil, run.Environment, source)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := encodeSVG(&b, figures[0]); err != nil {
		t.Fatal(err)
	}
	data := b.Bytes()
	texts := strings.Join(svgText(t, data), "\n")
	for _, want := range []string{`<script>x</script> & "q": latency by percentile`, "WebSocket (invalid)"} {
		if !strings.Contains(texts, want) {
			t.Errorf("no text %q in\n%s", want, texts)
		}
	}
	if bytes.Contains(data, svgFont) || !bytes.Contains(data, svgSubstitute) {
		t.Error("texts name no substitute for Liberation Sans")
	}
}

func TestNotAvailableIsSaidNotDrawnAsZero(t *testing.T) {
	run, source := made(t, 100, sample.Default[0])
	run.Cells[0].Server, run.Cells[0].Delivery.Delivered = nil, 0
	texts := costTexts(t, run, source)
	if n := strings.Count(texts, format.NA); n != 2 {
		t.Errorf("n/a %d times, want for bytes and for the server's CPU:\n%s", n, texts)
	}
}

// costTexts are the texts of the cost chart.
func costTexts(t *testing.T, run *results.Run, source *recorded.Histograms) string {
	t.Helper()
	figures, err := figuresOf(format.Groups(run)[0], nil, run.Environment, source)
	if err != nil {
		t.Fatal(err)
	}
	return svgOf(t, figures[3])
}

// svgOf draws f as SVG and returns its texts.
func svgOf(t *testing.T, f figure) string {
	t.Helper()
	var b bytes.Buffer
	if err := encodeSVG(&b, f); err != nil {
		t.Fatal(err)
	}
	return strings.Join(svgText(t, b.Bytes()), "\n")
}

func TestCostChartPrintsTheRunsNumbers(t *testing.T) {
	run, source := made(t, 100, sample.Default...)
	texts := costTexts(t, run, source)
	for _, cell := range run.Cells {
		w := cell.Wire
		per := func(n int64) string { return format.Bytes(float64(n) / float64(w.SteadyMessages)) }
		for _, want := range []string{
			per(w.PayloadBytes + w.OverheadBytes), per(w.HandshakeBytes), per(w.PayloadBytes) + " payload", per(w.OverheadParts.Framing) + " framing",
			format.Nanoseconds(*cell.Server.CPUPerMessage),
		} {
			if !strings.Contains(texts, want) {
				t.Errorf("%s: %q is not in the chart:\n%s", cell.Transport, want, texts)
			}
		}
	}
}

func BenchmarkDefaultRun(b *testing.B) {
	run, rounds, err := sample.Run(1, 1000, sample.Default...)
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	for b.Loop() {
		if _, err := Write(dir, run, recorded.New(rounds)); err != nil {
			b.Fatal(err)
		}
	}
}
