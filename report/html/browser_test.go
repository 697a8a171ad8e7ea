package html

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"pushbench/report"
	"pushbench/report/format"
	"pushbench/report/gate"
	"pushbench/report/internal/sample"
	"pushbench/report/review"
	"pushbench/results"
)

// browser is a headless Chromium that notes what a page must not do.
type browser struct {
	context.Context

	mu       sync.Mutex
	requests []string
	console  []string
}

// openBrowser starts Chromium, or skips the test where there is none.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome", "headless-shell"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium on PATH: install it to have the page tested in a browser")
	}
	b := &browser{}
	options := append(
		chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("no-first-run", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
	)
	limited, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	allocator, closeAllocator := chromedp.NewExecAllocator(limited, options...)
	t.Cleanup(closeAllocator)
	var closeTab context.CancelFunc
	b.Context, closeTab = chromedp.NewContext(allocator, chromedp.WithListener(b.note))
	t.Cleanup(closeTab)
	if _, err := chromedp.Call(b, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *browser) note(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	case *runtime.EventConsoleAPICalled:
		b.console = append(b.console, fmt.Sprint(e.Type))
	case *runtime.EventExceptionThrown:
		b.console = append(b.console, e.ExceptionDetails.Text)
	}
}

func (b *browser) do(t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(b, steps...); err != nil {
		t.Fatal(err)
	}
}

func evaluated[T any](t *testing.T, b *browser, expression string) T {
	t.Helper()
	v, err := chromedp.Run(b, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// quiet fails if the page loaded anything but itself or complained.
func (b *browser) quiet(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, url := range b.requests {
		if !strings.HasPrefix(url, "file://") || !strings.HasSuffix(url, ".html") {
			t.Errorf("the page asked for %s", url)
		}
	}
	if len(b.requests) == 0 {
		t.Error("not even the page itself was seen to load: this test sees no requests")
	}
	if len(b.console) > 0 {
		t.Errorf("the console holds %q", b.console)
	}
}

// open saves a page and opens it from the disk.
func (b *browser) open(t *testing.T, page string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	b.do(t, chromedp.EmulateViewport(1440, 900), chromedp.Navigate("file://"+path))
}

// place is a rectangle on the screen.
type place struct{ X, Y, Width, Height float64 }

const overPercentiles = `document.querySelector('[data-chart=percentiles] .u-over')`

// hoverP99 moves the mouse to p99 on the axis of nines.
func (b *browser) hoverP99(t *testing.T, page string) {
	t.Helper()
	b.do(t, chromedp.ScrollIntoView(chromedp.CSS(`[data-chart=percentiles]`)), chromedp.WaitVisible(chromedp.CSS(`[data-chart=percentiles] .u-over`)))
	b.do(t, chromedp.Sleep(200*time.Millisecond)) // the observer of sizes has its say after the first frame
	at := evaluated[place](t, b, `(r => ({X: r.x, Y: r.y, Width: r.width, Height: r.height}))(`+overPercentiles+`.getBoundingClientRect())`)
	points := pageData(t, page).Tables["percentiles"].Columns[0].N
	const stepsToP99, steps = 20, 1 // ten points to a nine
	share := stepsToP99 / float64(len(points)-steps)
	b.do(t, chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at.X+share*at.Width, at.Y+at.Height/2))
}

func (b *browser) reading(t *testing.T, selector string) string {
	t.Helper()
	return evaluated[string](t, b, `(document.querySelector('[data-readout=percentiles] `+selector+`') || {textContent: ''}).textContent`)
}

func TestInABrowser(t *testing.T) {
	b := openBrowser(t)
	run, histograms := made(t, 1000, sample.Default...)
	page := rendered(t, run, histograms)
	b.open(t, page)

	b.hoverP99(t, page)
	if got := b.reading(t, ".at"); got != "p99" {
		t.Fatalf("the mouse reads %q, want p99", got)
	}
	for i, cell := range run.Cells {
		want := format.Nanoseconds(float64(cell.Latency.P99))
		if got := b.reading(t, fmt.Sprintf(`[data-arm="%d"] b`, i)); got != want {
			t.Errorf("%s: the mouse reads %q, the run file says %s", cell.Transport, got, want)
		}
	}

	b.do(t, chromedp.Click(chromedp.CSS(`[data-toggle="1"]`)))
	b.hoverP99(t, page)
	if got := b.reading(t, `[data-arm="1"] b`); got != "" {
		t.Errorf("a hidden transport reads %q", got)
	}
	if n := evaluated[int](t, b, `[...document.querySelectorAll('.part .bar[data-arm="1"]')].filter(e => e.offsetParent).length`); n != 0 {
		t.Errorf("%d bars of a hidden transport are shown", n)
	}
	b.do(t, chromedp.Click(chromedp.CSS(`[data-toggle="1"]`)))

	b.do(t, chromedp.Focus(chromedp.CSS(`[data-chart=percentiles]`)), chromedp.KeyEvent(kb.End))
	last := b.reading(t, ".at")
	b.do(t, chromedp.KeyEvent(kb.ArrowLeft))
	if got := b.reading(t, ".at"); got == last || !strings.HasPrefix(got, "p99") {
		t.Errorf("after End and an arrow key the chart reads %q, before %q", got, last)
	}
	for _, button := range []string{`#percentiles [data-scale]`, `#latency-histogram [data-scale]`, `#latency-histogram [data-share]`, `[data-theme-toggle]`} {
		b.do(t, chromedp.ScrollIntoView(chromedp.CSS(button)), chromedp.WaitVisible(chromedp.CSS(button)), chromedp.Click(chromedp.CSS(button)))
	}
	if got := evaluated[string](t, b, `document.documentElement.dataset.theme`); got != "dark" {
		t.Errorf("the theme is %q after the switch", got)
	}
	for _, width := range []int64{1440, 768, 390} {
		b.do(t, chromedp.EmulateViewport(width, 900))
		if got := evaluated[int64](t, b, `document.documentElement.scrollWidth`); got > width {
			t.Errorf("the page is %d wide on a screen of %d", got, width)
		}
	}
	b.quiet(t)
}

// TestWeakPercentilesAreMarked hovers over a p99 that too few independent messages carry.
func TestWeakPercentilesAreMarked(t *testing.T) {
	b := openBrowser(t)
	run, histograms := made(t, 20, sample.Default...)
	page := rendered(t, run, histograms)
	b.open(t, page)
	b.hoverP99(t, page)
	for i, cell := range run.Cells {
		want := "~" + format.Nanoseconds(float64(cell.Latency.P99))
		if got := b.reading(t, fmt.Sprintf(`[data-arm="%d"] b`, i)); got != want {
			t.Errorf("%s: the mouse reads %q, want %s", cell.Transport, got, want)
		}
	}
	b.quiet(t)
}

func TestThePolicyStopsAForeignScript(t *testing.T) {
	b := openBrowser(t)
	run, histograms := made(t, 20, sample.Default...)
	b.open(t, rendered(t, run, histograms))
	ran := evaluated[bool](t, b, `(() => {
		document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.foreign = true'}));
		return !!window.foreign
	})()`)
	if ran {
		t.Error("a script that the page does not name by its hash has run")
	}
}

func TestAnHourInABrowser(t *testing.T) {
	page := renderedHour(t)
	b := openBrowser(t)
	b.open(t, page)
	b.do(
		t, chromedp.ScrollIntoView(chromedp.CSS(`[data-chart=latency-over-time]`)), chromedp.WaitVisible(chromedp.CSS(`[data-chart=latency-over-time] .u-over`)),
		chromedp.Click(chromedp.CSS(`#latency-over-time summary`)), chromedp.WaitVisible(chromedp.CSS(`[data-long=latency-over-time] tbody tr`)),
	)
	if rows := evaluated[int](t, b, `document.querySelector('[data-long=latency-over-time]').tBodies[0].rows.length`); rows != 500 {
		t.Errorf("%d rows were made at first, want 500", rows)
	}
	b.quiet(t)
}

// untidy lists what assistive technology stumbles over: headings that skip a level, landmarks of one name, controls and drawings without one, ids used twice.
const untidy = `(() => {
	const out = [], name = e => e.getAttribute('aria-label') || (e.getAttribute('aria-labelledby') || '').split(' ').map(id => (document.getElementById(id) || {}).textContent).join(' ') || e.textContent.trim();
	let level = 0;
	for (const h of document.querySelectorAll('h1,h2,h3,h4,h5,h6')) {
		const n = Number(h.tagName[1]);
		if (n > level + 1) out.push('h' + n + ' after h' + level + ': ' + h.textContent);
		level = n;
	}
	const seen = new Set();
	for (const e of document.querySelectorAll('nav,section[aria-label],section[aria-labelledby],[role=region]')) {
		if (seen.has(name(e))) out.push('two landmarks: ' + name(e));
		seen.add(name(e));
	}
	for (const e of document.querySelectorAll('button,summary,[role=img],[role=group],a')) if (!name(e)) out.push('no name: ' + e.outerHTML.slice(0, 80));
	for (const e of document.querySelectorAll('input')) if (!e.labels.length && !e.getAttribute('aria-label')) out.push('no label: ' + e.outerHTML.slice(0, 80));
	for (const e of document.querySelectorAll('svg:not([aria-hidden]):not([role=img])')) if (!e.closest('[aria-hidden],[role=img]')) out.push('an svg neither named nor hidden: ' + e.outerHTML.slice(0, 80));
	return out;
})()`

// contrasts lists texts that stand out too little from what is behind them: less than 4.5 to 1, or 3 to 1 where they are large (WCAG 2.1, 1.4.3).
const contrasts = `(() => {
	const light = c => { const v = c / 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; };
	const pixel = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
	const rgba = text => { pixel.clearRect(0, 0, 1, 1); pixel.fillStyle = text; pixel.fillRect(0, 0, 1, 1); return pixel.getImageData(0, 0, 1, 1).data; };
	const luminance = c => .2126 * light(c[0]) + .7152 * light(c[1]) + .0722 * light(c[2]);
	const behind = e => { for (; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor); if (c[3] > 250) return c; } return [255, 255, 255]; };
	const out = new Set();
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const e = walk.currentNode.parentElement;
		if (!walk.currentNode.textContent.trim() || !e.getClientRects().length || e.closest('script,style,title,option')) continue;
		const style = getComputedStyle(e), size = parseFloat(style.fontSize), large = size >= 24 || size >= 18.66 && style.fontWeight >= 700;
		const a = luminance(rgba(e.namespaceURI.endsWith('svg') ? style.fill : style.color)), b = luminance(behind(e));
		const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
		if (ratio < (large ? 3 : 4.5)) out.add(ratio.toFixed(2) + ' to 1: ' + (e.className.baseVal ?? e.className) + ' ' + walk.currentNode.textContent.trim().slice(0, 40));
	}
	return [...out].slice(0, 10);
})()`

// TestEveryoneCanReadIt looks at each kind of page in both themes.
func TestEveryoneCanReadIt(t *testing.T) {
	run, histograms := made(t, 1000, sample.Default...)
	run.Scenarios[0].Network.Delay = 20 * time.Millisecond
	second := run.Scenarios[0]
	second.Name, second.Title = "second", "Another one"
	run.Scenarios = append(run.Scenarios, second)
	for _, c := range run.Cells[:4] {
		c.Scenario = "second"
		run.Cells = append(run.Cells, c)
	}
	run.Cells[6].Verdict, run.Cells[6].Warnings = results.Invalid, []results.Warning{{Code: "lag", Text: "late", Invalidates: true}}
	b := openBrowser(t)
	for name, page := range map[string]string{"run": rendered(t, run, histograms), "overlay": overlaid(t), "gate": renderedGate(t)} {
		b.open(t, page)
		if got := evaluated[[]string](t, b, untidy); len(got) > 0 {
			t.Errorf("%s: %q", name, got)
		}
		for _, theme := range []string{"light", "dark"} {
			evaluated[bool](t, b, `(() => { document.documentElement.dataset.theme = '`+theme+`'; for (const d of document.querySelectorAll('details')) d.open = true; return true })()`)
			if got := evaluated[[]string](t, b, contrasts); len(got) > 0 {
				t.Errorf("%s, %s: %q", name, theme, got)
			}
		}
	}
	b.quiet(t)
}

// overlaid is a page of two builds with a gate's verdict.
func overlaid(t *testing.T) string {
	t.Helper()
	run, _ := made(t, 100, sample.Default...)
	later := *run
	later.ID, later.Created = "later", run.Created.Add(time.Hour)
	over := review.Compare(run, &later)
	over.Gates = []*review.GateReview{review.OfGate(gated(gate.Fail))}
	var out bytes.Buffer
	if err := Runs(&out, over); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func renderedGate(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	if err := Gate(&out, review.OfGate(gated(gate.Inconclusive))); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestLivePageShowsTheReportAsItGrows serves the page around a report, and a report that is there only when asked for the second time.
func TestLivePageShowsTheReportAsItGrows(t *testing.T) {
	run, histograms := made(t, 100, sample.Default...)
	report := rendered(t, run, histograms)
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Security-Policy", LivePolicy)
			_ = LivePage(w, "tiny")
		case "/progress":
			n := int(min(2, asked.Add(1)))
			_ = json.NewEncoder(w).Encode(Live{Version: n - 1, Round: n, Rounds: 2, Arm: "websocket", Phase: "steady", Share: float64(n) / 2, Ended: n == 2})
		case "/report":
			_, _ = io.WriteString(w, report)
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	b := openBrowser(t)
	b.do(t, chromedp.Navigate(server.URL+"/"), chromedp.WaitVisible(chromedp.CSS("#report")))
	deadline := time.Now().Add(30 * time.Second)
	for evaluated[string](t, b, `(document.getElementById('report').contentDocument?.querySelector('h1') || {textContent: ''}).textContent`) == "" {
		if time.Now().After(deadline) {
			t.Fatal("the report does not appear")
		}
		time.Sleep(50 * time.Millisecond)
	}
	if got := evaluated[string](t, b, `document.getElementById('state').textContent`); !strings.HasPrefix(got, "The run has ended;") {
		t.Errorf("the state reads %q", got)
	}
	if got := evaluated[[]string](t, b, untidy); len(got) > 0 {
		t.Errorf("%q", got)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, url := range b.requests {
		if !strings.HasPrefix(url, server.URL) {
			t.Errorf("the page asked for %s", url)
		}
	}
	if len(b.console) > 0 {
		t.Errorf("the console holds %q", b.console)
	}
}

func count(t *testing.T, b *browser, expression string) int {
	t.Helper()
	return evaluated[int](t, b, expression)
}

const (
	folded = `document.querySelectorAll('main details:not(.data):not([open])').length`
	shown  = `[...document.querySelectorAll('.legend')].filter(e => e.offsetParent).length`
)

// TestPrintedPageHasWhatIsFolded asks for a print and takes it back.
func TestPrintedPageHasWhatIsFolded(t *testing.T) {
	b := openBrowser(t)
	run, histograms := made(t, 100, sample.Default...)
	b.open(t, rendered(t, run, histograms))
	before := count(t, b, folded)
	if before == 0 {
		t.Fatal("nothing is folded: this test sees nothing")
	}
	if n := count(t, b, shown); n != 0 {
		t.Errorf("%d legends in figures on a wide screen, where the arms stay in sight", n)
	}
	b.do(t, chromedp.EmulateViewport(390, 900))
	figures := count(t, b, `document.querySelectorAll('[data-chart]').length`)
	if n := count(t, b, shown); n != figures {
		t.Errorf("%d legends on a narrow screen, %d figures", n, figures)
	}
	evaluated[bool](t, b, `dispatchEvent(new Event('beforeprint'))`)
	if n := count(t, b, folded); n != 0 {
		t.Errorf("%d parts are not printed", n)
	}
	evaluated[bool](t, b, `dispatchEvent(new Event('afterprint'))`)
	if n := count(t, b, folded); n != before {
		t.Errorf("%d parts are folded after printing, %d before", n, before)
	}
	b.quiet(t)
}

// TestNothingIsCutOff looks at what once was: dots at a map's edge, numbers beside bars, and half of a wide screen.
func TestNothingIsCutOff(t *testing.T) {
	b := openBrowser(t)
	run, histograms := made(t, 1000, sample.Default...)
	b.open(t, rendered(t, run, histograms))
	if n := count(t, b, `[...document.querySelectorAll('.map-svg')].filter(e => getComputedStyle(e).overflow !== 'visible').length`); n != 0 {
		t.Errorf("%d maps cut the dots at their edge", n)
	}
	if n := count(t, b, `new Set([...document.querySelectorAll('[data-kind=answer] .panel')].map(e => e.getBoundingClientRect().left)).size`); n < 2 {
		t.Errorf("the answer's panels stand in %d columns", n)
	}
	if got := evaluated[string](t, b, `[...document.querySelectorAll('[data-kind=cost-per-client] h5')].map(e => e.textContent).join()`); !strings.Contains(got, "CPU per client-hour") {
		t.Errorf("the server's panels are %s", got)
	}
	if !evaluated[bool](t, b, `document.querySelector('[data-band=max]').checked && document.getElementById('latency-over-time').textContent.includes('grey: warm-up')`) {
		t.Error("the largest latencies, or what the grey is, are not shown")
	}
	if n := count(t, b, `[...document.querySelectorAll('main')].filter(e => /\bP(50|99)\b/.test(e.innerText)).length`); n != 0 {
		t.Error("percentiles are written in two ways")
	}
	for _, width := range []int64{1440, 768, 390} {
		b.do(t, chromedp.EmulateViewport(width, 900))
		if n := count(t, b, `[...document.querySelectorAll('.duel')].filter(d => d.scrollWidth > d.clientWidth || d.querySelector('.num').scrollWidth > d.querySelector('.num').clientWidth).length`); n != 0 {
			t.Errorf("%d comparisons are wider than their place on a screen of %d", n, width)
		}
	}
	b.quiet(t)
}

// TestListOfRunsOnAPhone lists a run with a long answer, and trends of two scenarios.
func TestListOfRunsOnAPhone(t *testing.T) {
	run, _ := made(t, 100, sample.Default...)
	second := run.Scenarios[0]
	second.Name = "second"
	run.Scenarios = append(run.Scenarios, second)
	for _, c := range run.Cells[:4] {
		c.Scenario = "second"
		run.Cells = append(run.Cells, c)
	}
	later := *run
	later.ID, later.Created = "later", run.Created.Add(time.Hour)
	entry := NewEntry(run)
	entry.Findings = []report.Finding{{Scenario: "default", Sentence: strings.Repeat("a long answer ", 40)}}
	var out bytes.Buffer
	if err := Index(&out, []Entry{entry}, review.Compare(run, &later), nil); err != nil {
		t.Fatal(err)
	}
	b := openBrowser(t)
	b.open(t, out.String())
	b.do(t, chromedp.EmulateViewport(390, 900))
	if n := count(t, b, `document.querySelector('.listed').scrollWidth - document.querySelector('.listed').parentElement.clientWidth`); n > 0 {
		t.Errorf("the list is %d pixels wider than its box", n)
	}
	if n := count(t, b, `Math.round(document.querySelector('.fold').getBoundingClientRect().height)`); n > 40 {
		t.Errorf("a folded answer is %d pixels high", n)
	}
	if n := count(t, b, `document.querySelectorAll('details.trended:not([open])').length`); n != 2 {
		t.Errorf("%d folded scenarios of trends, want 2", n)
	}
	if got := evaluated[[]string](t, b, untidy); len(got) > 0 {
		t.Errorf("%q", got)
	}
	b.quiet(t)
}

// TestOverlayOfASweepInABrowser hides an arm, reads the table and follows the warning of an invalid cell.
func TestOverlayOfASweepInABrowser(t *testing.T) {
	var runs []*results.Run
	for i := range 2 {
		run, _ := made(t, 100, sample.Default[:2]...)
		run.ID, run.Created = fmt.Sprint("run-", i), run.Created.Add(time.Duration(i)*time.Hour)
		run.Scenarios[0].Network.Delay = time.Duration(10*i) * time.Millisecond
		runs = append(runs, run)
	}
	runs[1].Cells[1].Verdict, runs[1].Cells[1].Warnings = results.Invalid, []results.Warning{{Text: "late", Invalidates: true}}
	over := review.Compare(runs...)
	over.Runs[1].Page = "runs/run-1/report.html"
	var out bytes.Buffer
	if err := Runs(&out, over); err != nil {
		t.Fatal(err)
	}
	b := openBrowser(t)
	b.open(t, out.String())
	const table = `document.querySelector('.curve table')`
	if got := evaluated[string](t, b, `[...`+table+`.tHead.rows[0].cells].map(c => c.textContent).join()`); got != "arm,network.delay,value,low,high,valid" {
		t.Errorf("the table's columns are %s", got)
	}
	if got := evaluated[string](t, b, `[...`+table+`.tBodies[0].rows].map(r => r.cells[5].textContent).join()`); got != "yes,yes,yes,no" {
		t.Errorf("valid are %s", got)
	}
	b.do(t, chromedp.Click(chromedp.CSS(`.slice [data-toggle]`)))
	if n := count(t, b, `[...document.querySelectorAll('.curve-svg')].filter(s => [...s.querySelectorAll('g[data-arm]')].filter(g => getComputedStyle(g).display !== 'none').length !== 1).length`); n != 0 {
		t.Errorf("%d curves show the arm that was hidden", n)
	}
	if got := evaluated[string](t, b, `[...document.querySelectorAll('#runs .warnings li')].map(l => l.textContent + ' ' + l.querySelector('a').getAttribute('href')).join()`); !strings.Contains(got, "Long-poll: late run-1 runs/run-1/report.html#trust") {
		t.Errorf("of what is invalid the page says %q", got)
	}
	if got := evaluated[[]string](t, b, untidy); len(got) > 0 {
		t.Errorf("%q", got)
	}
	b.quiet(t)
}
