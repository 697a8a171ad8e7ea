package html

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"html"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pushbench/report"
	"pushbench/report/internal/sample"
	"pushbench/report/recorded"
	"pushbench/report/review"
	"pushbench/results"
)

// rendering is a run in every form that people read.
type rendering struct {
	said                    *review.Review
	html, terminal, summary [][]string // rows of words
	file                    struct {
		Cells []map[string]any `json:"cells"`
	}
}

var (
	tableRow = regexp.MustCompile(`(?s)<tr[^>]*>(.*?)</tr>`)
	tableBox = regexp.MustCompile(`(?s)<(?:th|td)[^>]*>(.*?)</(?:th|td)>`)
	badge    = regexp.MustCompile(`<span class="badge[^>]*>[^<]*</span>`)
	tag      = regexp.MustCompile(`<[^>]*>`)
)

// rowsOfPage are the words of every row of a page's tables.
func rowsOfPage(page string) [][]string {
	var rows [][]string
	for _, row := range tableRow.FindAllStringSubmatch(page, -1) {
		var words []string
		for _, box := range tableBox.FindAllStringSubmatch(row[1], -1) {
			words = append(words, strings.Fields(html.UnescapeString(tag.ReplaceAllString(badge.ReplaceAllString(box[1], ""), "")))...)
		}
		rows = append(rows, words)
	}
	return rows
}

func rowsOfMarkdown(text string) [][]string {
	var rows [][]string
	for line := range strings.Lines(text) {
		if inner, ok := strings.CutPrefix(strings.TrimSpace(line), "| "); ok {
			inner = strings.NewReplacer(`\~`, "~", `\!`, "!", "&lt;", "<", "|", " ").Replace(inner)
			rows = append(rows, strings.Fields(inner))
		}
	}
	return rows
}

func render(t *testing.T, run *results.Run, h *recorded.Histograms) rendering {
	t.Helper()
	said, err := review.Of(run, h)
	if err != nil {
		t.Fatal(err)
	}
	var page, terminal, summary bytes.Buffer
	file, err := json.Marshal(run)
	for _, err := range []error{err, Run(&page, run, said), report.Table(&terminal, run, report.Style{Width: 300}), review.Markdown(&summary, run, said)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	r := rendering{said: said, html: rowsOfPage(page.String()), summary: rowsOfMarkdown(summary.String())}
	for line := range strings.Lines(terminal.String()) {
		r.terminal = append(r.terminal, strings.Fields(line))
	}
	if err := json.Unmarshal(file, &r.file); err != nil {
		t.Fatal(err)
	}
	return r
}

func holds(rows [][]string, row []string) bool {
	return slices.ContainsFunc(rows, func(r []string) bool { return slices.Equal(r, row) })
}

// csvOf reads a table as a spreadsheet would.
func csvOf(t *testing.T, table review.Table) [][]string {
	t.Helper()
	var b bytes.Buffer
	if err := table.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// TestNumbersAgreeInEveryForm holds the page, the terminal, the Markdown and the CSV to the same numbers, row by row, and those of the CSV to the run file.
func TestNumbersAgreeInEveryForm(t *testing.T) {
	for name, n := range map[string]int{"plenty": 1000, "few": 20} {
		t.Run(name, func(t *testing.T) {
			run, h := made(t, n, sample.Default...)
			sample.WithOutage(run)
			sample.WithUplink(run)
			run.Cells[3].Verdict = results.Invalid
			r := render(t, run, h)
			seen, compared := 0, 0
			for _, table := range r.said.Tables {
				if !strings.HasPrefix(table.Name, review.TableTerminal) {
					continue
				}
				compared += r.agree(t, table)
				seen++
			}
			if seen != 4 {
				t.Errorf("%d tables, want latency, cost, what was sent up, recovery", seen)
			}
			if compared < 4*8 {
				t.Errorf("only %d numbers of the CSV were compared with the run file", compared)
			}
		})
	}
}

// agree returns how many numbers it compared with the run file.
func (r rendering) agree(t *testing.T, table review.Table) (compared int) {
	t.Helper()
	lines := csvOf(t, table)
	for i, row := range table.Rows {
		var words []string
		for _, v := range row.Cells {
			words = append(words, strings.Fields(v.Text)...)
		}
		for form, rows := range map[string][][]string{"page": r.html, "terminal": r.terminal, "Markdown": r.summary} {
			if !holds(rows, words) {
				t.Errorf("%s: the %s has no row %q", table.Title, form, words)
			}
		}
		for column, path := range inFile {
			at := slices.Index(lines[0], column)
			where, of, _ := strings.Cut(path, ":")
			if at < 0 || table.Title != where {
				continue
			}
			got, err := strconv.ParseFloat(lines[i+1][at], 64)
			if want := numberAt(t, r.file.Cells[row.Arm], of) / sizeOf(column); err != nil || math.Abs(got-want) > 1e-9*math.Abs(want) {
				t.Errorf("%s, %s: the CSV says %s, the run file %v", table.Title, column, lines[i+1][at], want)
			}
			compared++
		}
	}
	return compared
}

// inFile is where in a cell of the run file the number of a CSV's column stands.
var inFile = map[string]string{
	"p50 (ms)":                    "Latency, integrity:latency_ns.p50",
	"p99 (ms)":                    "Latency, integrity:latency_ns.p99",
	"max (ms)":                    "Latency, integrity:latency_ns.max",
	"undelivered":                 "Latency, integrity:delivery.undelivered",
	"overhead per message (B)":    "Cost:wire.overhead_bytes_per_message.mean",
	"server CPU per message (µs)": "Cost:server.cpu_ns_per_message",
	"session again, p50 (ms)":     "Recovery:recovery.reconnect_ns.p50",
	"caught up, p99 (ms)":         "Recovery:recovery.recovery_ns.p99",
	"all back (ms)":               "Recovery:recovery.full_recovery_ns",
	"failed attempts to open":     "Recovery:recovery.failed_opens",
}

func sizeOf(column string) float64 {
	switch {
	case strings.HasSuffix(column, "(ms)"):
		return 1e6
	case strings.HasSuffix(column, "(µs)"):
		return 1e3
	}
	return 1
}

func numberAt(t *testing.T, cell map[string]any, path string) float64 {
	t.Helper()
	var at any = cell
	for key := range strings.SplitSeq(path, ".") {
		at = at.(map[string]any)[key]
	}
	v, ok := at.(float64)
	if !ok {
		t.Fatalf("%s is %T in the run file", path, at)
	}
	return v
}
