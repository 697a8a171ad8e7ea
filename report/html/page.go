package html

import (
	"errors"
	"fmt"
	"html/template"
	"io"
	"strings"

	"pushbench/report"
	"pushbench/report/format"
	"pushbench/report/review"
	"pushbench/results"
)

// frame is what all pages have around their contents.
type frame struct {
	Heading, Policy string
	Style, Looks    template.CSS
	Script          template.JS
	Data            data
	Licence         string
}

func newFrame(title string, looks template.CSS, d data) frame {
	return frame{
		Heading: title, Policy: policy(style, string(looks)), Style: template.CSS(style), Looks: looks,
		Script: template.JS(script), Data: d, Licence: licence,
	}
}

// runPage is the page of one run.
type runPage struct {
	frame
	*review.Review
	Overview *overview
	Parts    []part
	// Whole are tables that belong to the run and not to a scenario.
	Whole []figure
}

// part is a scenario with its charts.
type part struct {
	Index int
	review.Section
	Arms    []arm
	Pairs   []pairView
	Map     *breakEvenMap
	Curves  []curveSlice
	Results []figure
	Charts  []figure
	Trust   []figure
}

// arm is a cell as the page shows it. Class carries its colour, ID is the index in the run's cells.
type arm struct {
	ID      int       `json:"id"`
	Name    string    `json:"name"`
	Invalid bool      `json:"invalid,omitempty"`
	Dash    []float64 `json:"dash,omitempty"`
	Marker  int       `json:"marker"`
	look    format.Arm
}

// Run writes the page of a run. said must be the review of it.
func Run(w io.Writer, run *results.Run, said *review.Review) error {
	if run == nil || said == nil {
		return errors.New("html: no run to show; load a run file first")
	}
	groups := format.Groups(run)
	p := runPage{Review: said, Overview: newOverview(said.Sections)}
	d := data{Tables: map[string]dataTable{}}
	var all []arm
	for i, s := range said.Sections {
		part := part{Index: i, Section: s}
		if i < len(groups) {
			part.Arms, part.Curves = arms(groups[i]), newCurves(groups[i])
		}
		all = append(all, part.Arms...)
		part.Pairs = newPairs(s.Decision.Pairs, part.Arms)
		part.Map = newMap(s.BreakEven)
		part.fill(said.Tables, i)
		p.Parts = append(p.Parts, part)
	}
	for _, t := range said.Tables {
		if t.Section < 0 && t.Name != review.TableFindings {
			p.Whole = append(p.Whole, newFigure(t, nil))
		}
		if kind := kindOf(t.Name); kind.scripted() || len(t.Rows) > mostRows {
			d.Tables[t.Name] = newDataTable(t, kind)
		}
	}
	d.Arms = all
	p.frame = newFrame(format.Clean(said.Title)+" · pushbench", looks(all), d)
	return execute(w, "run", p)
}

func execute(w io.Writer, name string, p any) error {
	if err := templates.ExecuteTemplate(w, name, p); err != nil {
		return fmt.Errorf("render the %s page: %w", name, err)
	}
	return nil
}

func arms(g format.Group) []arm {
	var out []arm
	for _, a := range g.Arms {
		out = append(out, arm{ID: a.Index, Name: a.Name, Invalid: a.Invalid(), Dash: a.Look.Dash, Marker: int(a.Look.Marker), look: a})
	}
	return out
}

// fill sorts the tables of a section into results, charts and what tells how far to trust them.
func (p *part) fill(tables []review.Table, section int) {
	for _, t := range tables {
		if t.Section != section {
			continue
		}
		f := newFigure(t, p.Arms)
		switch f.Kind {
		case kindResults:
			p.Results = append(p.Results, f)
		case kindIntegrity, kindGenerator, kindOther:
			p.Trust = append(p.Trust, f)
		case kindBreakEven:
			if p.Map != nil {
				p.Map.Figure = f
			}
		default:
			p.Charts = append(p.Charts, f)
		}
	}
}

// kind is which chart a table has.
type kind string

const (
	kindResults    kind = review.TableTerminal
	kindAnswer     kind = review.TableAnswer
	kindIntegrity  kind = review.TableIntegrity
	kindGenerator  kind = review.TableGenerator
	kindPercentile kind = review.TablePercentile
	kindHistogram  kind = review.TableHistogram
	kindRecovery   kind = review.TableRecovery
	kindOverTime   kind = review.TableOverTime
	kindOverhead   kind = review.TableOverhead
	kindBytes      kind = review.TableBytes
	kindCost       kind = review.TableCost
	kindBatch      kind = review.TableBatch
	kindRounds     kind = review.TableRounds
	kindBreakEven  kind = review.TableBreakEven
	kindOther      kind = ""
)

var kinds = []kind{
	kindAnswer, kindIntegrity, kindGenerator, kindPercentile, kindHistogram, kindRecovery, kindOverTime, kindOverhead, kindBytes, kindCost, kindBatch, kindRounds, kindBreakEven, kindResults,
}

// kindOf reads the end of a table's name, which a scenario's slug may stand before and a number after.
func kindOf(name string) kind {
	name = strings.TrimRight(name, "0123456789")
	name = strings.TrimSuffix(name, "-")
	for _, k := range kinds {
		if name == string(k) || strings.HasSuffix(name, "-"+string(k)) {
			return k
		}
	}
	return kindOther
}

// scripted kinds are drawn by the page's script.
func (k kind) scripted() bool {
	switch k {
	case kindPercentile, kindHistogram, kindRecovery, kindOverTime, kindOverhead:
		return true
	}
	return false
}

// mostRows is how many rows a table may have in the page's text; a longer one is made by the script.
const mostRows = 240

// looks are the colours of the arms, as classes. There are only numbers in it.
func looks(all []arm) template.CSS {
	var b strings.Builder
	for _, a := range all {
		c, strength := a.look.Look.Colour, max(55, 100-25*a.look.Twin)
		fmt.Fprintf(&b, ".arm-%d{--hue:#%02x%02x%02x;--strength:%d%%}\n", a.ID, c.R, c.G, c.B, strength)
	}
	return template.CSS(b.String())
}

var functions = template.FuncMap{
	"verdict":  verdictClass,
	"dash":     dashArray,
	"trust":    trustClass,
	"told":     func(b review.Basis) bool { return b != review.NoInterval },
	"chart":    func(k kind) string { return string(k) },
	"weight":   orderClass,
	"evidence": splitEvidence,
	"notes":    notesOf,
	"gated":    verdictWeight,
	"spaced":   func(code string) string { return strings.ReplaceAll(code, "_", " ") },
}

// notesOf are the notes of a pair's quantities, each once.
func notesOf(p pairView) []string {
	var out []string
	for _, l := range p.Lines {
		if l.Note != "" {
			out = append(out, l.Metric+": "+l.Note)
		}
	}
	return out
}

func verdictClass(v review.ClaimVerdict) string {
	word, _, _ := strings.Cut(string(v), " ")
	return "is-" + word
}

func trustClass(t report.FindingTrust) string {
	switch t {
	case report.NotValid, report.NotMeasured:
		return "bad"
	case report.Alone:
		return ""
	}
	return "warn"
}

func dashArray(dash []float64) string {
	words := make([]string, len(dash))
	for i, d := range dash {
		words[i] = format.Plain(2 * d)
	}
	return strings.Join(words, " ")
}
