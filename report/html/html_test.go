package html

import (
	"bytes"
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pushbench/report/format"
	"pushbench/report/gate"
	"pushbench/report/internal/sample"
	"pushbench/report/recorded"
	"pushbench/report/review"
	"pushbench/results"
	"pushbench/scenarios"
)

// made is a sample run with its histograms.
func made(t testing.TB, n int, shapes ...sample.Shape) (*results.Run, *recorded.Histograms) {
	t.Helper()
	run, rounds, err := sample.Run(1, n, shapes...)
	if err != nil {
		t.Fatal(err)
	}
	return run, recorded.New(rounds)
}

func rendered(t testing.TB, run *results.Run, histograms *recorded.Histograms) string {
	t.Helper()
	said, err := review.Of(run, histograms)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := Run(&b, run, said); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// checkWhole finds what every page must have: its end, its policy, and no address that could be loaded.
func checkWhole(t *testing.T, page string) {
	t.Helper()
	if !strings.HasSuffix(strings.TrimSpace(page), "</html>") {
		t.Error("the page is cut off")
	}
	for _, forbidden := range []string{"ZgotmplZ", "<no value>", "%!", ` src="`, "<link", "@import", "url(", " style=\"", " onclick", "NaN%", "Inf"} {
		body := page
		for _, own := range []string{script, style, licence} {
			body = strings.ReplaceAll(body, own, "")
		}
		if strings.Contains(body, forbidden) {
			t.Errorf("the page holds %q", forbidden)
		}
	}
	policyHolds(t, page)
}

var element = regexp.MustCompile(`(?s)<(style|script)>(.*?)</(?:style|script)>`)

// policyHolds compares the hashes of the policy with the elements as they stand in the page.
func policyHolds(t *testing.T, page string) {
	t.Helper()
	_, policy, _ := strings.Cut(page, `http-equiv="Content-Security-Policy" content="`)
	policy, _, _ = strings.Cut(policy, `"`)
	policy = strings.NewReplacer("&#39;", "'", "&#43;", "+").Replace(policy)
	if !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	found := element.FindAllStringSubmatch(page, -1)
	if len(found) < 3 {
		t.Fatalf("%d styles and scripts", len(found))
	}
	for _, m := range found {
		if !strings.Contains(policy, source(m[2])) {
			t.Errorf("a %s of %d bytes is not in the policy", m[1], len(m[2]))
		}
	}
}

// pageData reads the data that the script would.
func pageData(t *testing.T, page string) (d struct {
	Arms   []struct{ Name string }
	Tables map[string]struct {
		Kind    string
		Columns []struct {
			Title string
			Arm   int
			Size  float64
			N     []*float64
		}
	}
},
) {
	t.Helper()
	_, text, _ := strings.Cut(page, `id="page-data">`)
	text, _, _ = strings.Cut(text, "</script>")
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDefaultRun(t *testing.T) {
	run, histograms := made(t, 400, sample.Default...)
	page := rendered(t, run, histograms)
	checkWhole(t, page)
	if len(page) > 1e6 {
		t.Errorf("%d bytes", len(page))
	}
	for _, id := range []string{"decision", "claims", "charts", "trust", "setup", "percentiles", "latency-histogram", "latency-over-time", "bytes-per-message", "round-spread"} {
		if !strings.Contains(page, `id="`+id+`"`) {
			t.Errorf("there is no %s", id)
		}
	}
	if ids := regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(page, -1); len(ids) > 0 {
		seen := map[string]bool{}
		for _, id := range ids {
			if seen[id[1]] {
				t.Errorf("two elements are called %s", id[1])
			}
			seen[id[1]] = true
		}
	}
	if !strings.Contains(page, "Leon Sorokin") {
		t.Error("the licence is not in the page")
	}
}

// TestNumbersAgree finds the percentiles of the run file in the chart's data and, as text, in the table.
func TestNumbersAgree(t *testing.T) {
	run, histograms := made(t, 1000, sample.Default...)
	page := rendered(t, run, histograms)
	table := pageData(t, page).Tables["percentiles"]
	row := -1
	for i, p := range table.Columns[0].N {
		if p != nil && math.Abs(*p-99) < 1e-6 {
			row = i
		}
	}
	if row < 0 {
		t.Fatal("there is no p99 in the chart")
	}
	for _, c := range table.Columns[1:] {
		want := float64(run.Cells[c.Arm].Latency.P99)
		if got := *c.N[row]; math.Abs(got/want-1) > 1e-5 {
			t.Errorf("%s: chart %v, run file %v", c.Title, got, want)
		}
		if text := format.Sig(want / c.Size); !strings.Contains(page, ">"+text+"</td>") && !strings.Contains(page, ">~"+text+"</td>") {
			t.Errorf("%s: no cell reads %s", c.Title, text)
		}
	}
}

// TestBytesAreStackedByPart: the parts that were told apart are drawn and named, and where they were not the overhead is, in one piece.
func TestBytesAreStackedByPart(t *testing.T) {
	run, _ := made(t, 100, sample.Default...)
	run.Cells[1].Wire.OverheadParts = nil
	said, err := review.Of(run, nil)
	if err != nil {
		t.Fatal(err)
	}
	var p panel
	for _, table := range said.Tables {
		if table.Name == review.TableBytes {
			p = newBytes(table, arms(format.Groups(run)[0]))
		}
	}
	want := [][]string{
		{"payload", "framing", "handshake, of a session this long"},
		{"payload", "overhead, not split", "handshake, of a session this long"},
		{"payload", "framing", "headers", "handshake, of a session this long"},
		{"payload", "framing", "headers", "empty polls", "handshake, of a session this long"},
	}
	for i, b := range p.Bars {
		var got []string
		width := 0.0
		for _, s := range b.Segments {
			got = append(got, byteParts[s.Part].Name)
			w, err := strconv.ParseFloat(strings.TrimSuffix(s.Width, "%"), 64)
			if err != nil {
				t.Fatal(err)
			}
			width += w
		}
		w := run.Cells[i].Wire
		per := float64(w.PayloadBytes+w.OverheadBytes) / float64(w.SteadyMessages)
		if !slices.Equal(got, want[i]) || b.Text != format.Bytes(per) || width > 100.1 || width < 1 {
			t.Errorf("%s: %v over %v %% for %s, want %v for %s", b.Arm.Name, got, width, b.Text, want[i], format.Bytes(per))
		}
	}
	if len(p.Legend) != 6 {
		t.Errorf("the legend has %d parts, want the six that occur", len(p.Legend))
	}
}

// TestOverviewOfSeveralWorkloads: every scenario has a row with the numbers of its card; a run of one has no such table.
func TestOverviewOfSeveralWorkloads(t *testing.T) {
	run, _ := made(t, 100, sample.Default...)
	second := run.Scenarios[0]
	second.Name, second.Title = "second", "Another one"
	run.Scenarios = append(run.Scenarios, second)
	for _, c := range run.Cells[:4] {
		c.Scenario = "second"
		run.Cells = append(run.Cells, c)
	}
	run.Cells[4].Verdict = results.Invalid
	page := rendered(t, run, nil)
	checkWhole(t, page)
	_, table, _ := strings.Cut(page, `<table class="overview">`)
	table, _, _ = strings.Cut(table, "</table>")
	said, _ := review.Of(run, nil)
	for _, l := range said.Sections[0].Decision.Pairs[0].Lines {
		if !strings.Contains(table, l.From.Text+" → "+l.To.Text+" "+l.Unit) {
			t.Errorf("%s is not in the overview", l.Text)
		}
	}
	if n := strings.Count(table, string(review.NotComparable)); n != 5 {
		t.Errorf("%d cells of the scenario with an invalid arm say that they cannot be compared, want 5", n)
	}
	run.Scenarios, run.Cells = run.Scenarios[:1], run.Cells[:4]
	if strings.Contains(rendered(t, run, nil), `<table class="overview">`) {
		t.Error("a run of one scenario has an overview")
	}
}

// hostile are texts that mean something to HTML, to a script, to JSON, to CSS and to a terminal.
var hostile = []string{
	`</script><script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'-alert(1)-'`, "<!--", "]]>", "`${alert(1)}`", "{{.}}", `javascript:alert(1)`,
	"\x1b[31mred\u202e", "\u2028\u2029", `</style><style>*{display:none}`, `\u003c/script>`, "=cmd|' /C calc'!A0",
}

func TestHostileText(t *testing.T) {
	original, histograms := made(t, 20, sample.Default...)
	plain := strings.Count(rendered(t, original, histograms), "<script")
	for _, evil := range hostile {
		copied := *original
		run := &copied
		run.Cells, run.Scenarios = slices.Clone(run.Cells), slices.Clone(run.Scenarios)
		run.ID, run.Command, run.Tool.Version, run.Environment.CPUModel = evil, evil, evil, evil
		s := &run.Scenarios[0]
		s.Name, s.Title, s.Question = evil, evil, evil
		for i := range run.Cells {
			c := &run.Cells[i]
			c.Scenario, c.Target = evil, evil
			c.Params = map[string]string{evil: evil + string(c.Transport)}
			c.Warnings = []results.Warning{{Code: evil, Text: evil}}
		}
		run.Cells[1].Transport = scenarios.Transport(evil)
		page := rendered(t, run, histograms)
		checkWhole(t, page)
		if n := strings.Count(page, "<script"); n != plain {
			t.Errorf("%q: %d scripts, want %d", evil, n, plain)
		}
		for _, broken := range []string{"<img", "<!--", "onerror=alert(1)>", "\u202e", "\x1b"} {
			if strings.Contains(strings.ReplaceAll(page, script, ""), broken) {
				t.Errorf("%q: the page holds %q", evil, broken)
			}
		}
		pageData(t, page)
		var b bytes.Buffer
		if err := Runs(&b, review.Compare(run, run)); err != nil {
			t.Fatal(err)
		}
		checkWhole(t, b.String())
		b.Reset()
		if err := Index(&b, []Entry{NewEntry(run)}, review.Compare(run), []string{evil}); err != nil {
			t.Fatal(err)
		}
		checkWhole(t, b.String())
		if n := strings.Count(b.String(), "<script"); n != plain {
			t.Errorf("%q: %d scripts in the list, want %d", evil, n, plain)
		}
		b.Reset()
		if err := LivePage(&b, evil); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(b.String(), "<script"); n != 1 || strings.Contains(b.String(), "<img") {
			t.Errorf("%q: %d scripts around a report, want one", evil, n)
		}
		g := gated(gate.Verdict(evil))
		g.ID, g.Command, g.Said, g.Baseline, g.Scenario.Title, g.Scenario.Name = evil, evil, []string{evil}, evil, evil, evil
		for i := range g.Evidence {
			g.Evidence[i].Rule.Metric, g.Evidence[i].Pairs[0].Baseline.Problem = evil, evil
		}
		for i := range g.Decision.Findings {
			f := &g.Decision.Findings[i]
			f.Rule.Metric, f.Reason, f.Warnings = evil, evil, []results.Warning{{Code: evil, Text: evil}}
		}
		b.Reset()
		if err := Gate(&b, review.OfGate(g)); err != nil {
			t.Fatal(err)
		}
		checkWhole(t, b.String())
		if n := strings.Count(b.String(), "<script"); n != plain {
			t.Errorf("%q: %d scripts in a gate's page, want %d", evil, n, plain)
		}
	}
}

// TestOddRuns renders what a bad day measures.
func TestOddRuns(t *testing.T) {
	for name, spoil := range map[string]func(*results.Run){
		"nothing at all": func(r *results.Run) { r.Cells, r.Scenarios = nil, nil },
		"no cells":       func(r *results.Run) { r.Cells = nil },
		"no message": func(r *results.Run) {
			for i := range r.Cells {
				r.Cells[i].Measured, r.Cells[i].Rounds = results.Measured{}, nil
			}
		},
		"invalid": func(r *results.Run) {
			r.Cells[0].Verdict = results.Invalid
			r.Cells[0].Warnings = []results.Warning{{Code: "lag", Text: "late", Invalidates: true}}
		},
		"no baseline": func(r *results.Run) { r.Cells = r.Cells[1:] },
		"interrupted": func(r *results.Run) { r.Interrupted = true },
		"a storm":     sample.WithOutage,
		"unlisted":    func(r *results.Run) { r.Scenarios = nil },
	} {
		t.Run(name, func(t *testing.T) {
			run, _ := made(t, 20, sample.Default...)
			spoil(run)
			page := rendered(t, run, nil)
			checkWhole(t, page)
			if name == "invalid" && !strings.Contains(page, `<tr data-arm="0" class="invalid">`) {
				t.Error("the invalid arm is not struck")
			}
		})
	}
}

func TestOneMessage(t *testing.T) {
	checkOneMessage(t, 3*time.Millisecond)
}

func TestAMinute(t *testing.T) {
	page := checkOneMessage(t, time.Minute)
	if !strings.Contains(page, ">60.0") {
		t.Error("no number reads 60.0")
	}
}

func checkOneMessage(t *testing.T, latency time.Duration) string {
	t.Helper()
	run, _ := made(t, 1, sample.Default[:2]...)
	h := results.NewHistogram()
	if err := h.RecordValue(int64(latency)); err != nil {
		t.Fatal(err)
	}
	var rounds [][]results.Histograms
	for i := range run.Cells {
		run.Cells[i].Rounds = run.Cells[i].Rounds[:1]
		run.Cells[i].Latency = results.Summarise(h, 1)
		run.Cells[i].Rounds[0].Latency = run.Cells[i].Latency
		rounds = append(rounds, []results.Histograms{{results.Latency: {slice(t, 0, h)}}})
	}
	page := rendered(t, run, recorded.New(rounds))
	checkWhole(t, page)
	return page
}

func slice(t testing.TB, second int, h *hdrhistogram.Histogram) results.Slice {
	t.Helper()
	s, err := results.NewSlice(time.Duration(second)*time.Second, time.Duration(second+1)*time.Second, h)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// anHour is a run of one round of 3,600 seconds for each of four arms, with a stall in one second.
func anHour(t testing.TB) (*results.Run, *recorded.Histograms) {
	t.Helper()
	run, _ := made(t, 20, sample.Default...)
	var slices []results.Slice
	usual := results.NewHistogram()
	for v := range int64(100) {
		if err := usual.RecordValue((10 + v) * int64(time.Millisecond)); err != nil {
			t.Fatal(err)
		}
	}
	stalled := results.NewHistogram()
	if err := stalled.RecordValue(int64(59 * time.Second)); err != nil {
		t.Fatal(err)
	}
	template, stall := slice(t, 0, usual), slice(t, 0, stalled)
	for second := range 3600 {
		s := template
		if second == 1234 {
			s = stall
		}
		s.Start, s.End = time.Duration(second)*time.Second, time.Duration(second+1)*time.Second
		slices = append(slices, s)
	}
	var rounds [][]results.Histograms
	for i := range run.Cells {
		run.Cells[i].Rounds = run.Cells[i].Rounds[:1]
		rounds = append(rounds, []results.Histograms{{results.Latency: slices}})
	}
	return run, recorded.New(rounds)
}

// hourPage is rendered once: decoding 14,400 histograms takes seconds.
var hourPage struct {
	sync.Once
	page string
}

func renderedHour(t *testing.T) string {
	t.Helper()
	hourPage.Do(func() {
		run, histograms := anHour(t)
		hourPage.page = rendered(t, run, histograms)
	})
	if hourPage.page == "" {
		t.Fatal("the page of an hour could not be rendered")
	}
	return hourPage.page
}

func TestAnHourKeepsEverySecond(t *testing.T) {
	page := renderedHour(t)
	checkWhole(t, page)
	if len(page) > 3e6 {
		t.Errorf("%d bytes", len(page))
	}
	columns := pageData(t, page).Tables["latency-over-time"].Columns
	worst, seconds := 0.0, 0
	for _, c := range columns {
		if c.Title == "max" {
			seconds = len(c.N)
			for _, v := range c.N {
				worst = max(worst, *v)
			}
		}
	}
	if seconds != 4*3600 || worst < 58.9e9 {
		t.Errorf("%d seconds with a maximum of %v ns", seconds, worst)
	}
}

func TestSweepIsCurvesWithItsCrossover(t *testing.T) {
	run, err := sample.RateSweep(1, 300)
	if err != nil {
		t.Fatal(err)
	}
	page := rendered(t, run, nil)
	checkWhole(t, page)
	if !strings.Contains(page, "<b>Crossover</b> Long-poll lower from") && !strings.Contains(page, "<b>Crossover</b> Long-poll lower from somewhere") {
		t.Error("the crossover is not marked")
	}
	switches := regexp.MustCompile(`data-toggle="(\d+)"`).FindAllStringSubmatch(page, -1)
	if len(switches) == 0 {
		t.Error("a sweep has no switches")
	}
	for _, m := range switches {
		if !strings.Contains(page, `stroked" data-arm="`+m[1]+`"`) {
			t.Errorf("a sweep has a switch for arm %s, which no chart of it has", m[1])
		}
	}
}

func TestOverlayOfDifferentRatesIsCurves(t *testing.T) {
	var runs []*results.Run
	for i, n := range []int{100, 400} {
		run, _ := made(t, n, sample.Default...)
		run.Created = run.Created.Add(time.Duration(i) * time.Hour)
		runs = append(runs, run)
	}
	var b bytes.Buffer
	if err := Runs(&b, review.Compare(runs...)); err != nil {
		t.Fatal(err)
	}
	checkWhole(t, b.String())
	for _, want := range []string{`class="stroke"`, "rate: "} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("there is no %s", want)
		}
	}
	if strings.Contains(b.String(), `class="trend-`) {
		t.Error("runs of different work have trends")
	}
}

func TestTrendsJoinRunsOfTheSameWork(t *testing.T) {
	run, _ := made(t, 100, sample.Default...)
	later := *run
	later.Created = run.Created.Add(time.Hour)
	var b bytes.Buffer
	if err := Index(&b, []Entry{NewEntry(&later), NewEntry(run)}, review.Compare(run, &later), nil); err != nil {
		t.Fatal(err)
	}
	checkWhole(t, b.String())
	if !strings.Contains(b.String(), `class="trend-line"`) {
		t.Error("no trend is drawn")
	}
}

func TestNothingToShowIsAnError(t *testing.T) {
	if Run(&bytes.Buffer{}, nil, nil) == nil || Runs(&bytes.Buffer{}, review.Compare()) == nil {
		t.Error("a page of nothing")
	}
}

func BenchmarkDefaultRun(b *testing.B) {
	run, histograms := made(b, 400, sample.Default...)
	for b.Loop() {
		rendered(b, run, histograms)
	}
}

func BenchmarkAnHour(b *testing.B) {
	run, histograms := anHour(b)
	for b.Loop() {
		rendered(b, run, histograms)
	}
}
