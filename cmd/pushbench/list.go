package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"pushbench/report/format"
	"pushbench/scenarios"
)

func newList() *cobra.Command {
	var names bool
	cmd := &cobra.Command{
		Use: "list [NAME|FILE]", Short: "list the scenarios and the question each answers, or show one whole",
		Example: "  pushbench list\n  pushbench list internet\n  pushbench list ./mine.yaml",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage(fmt.Errorf("list takes the name of one scenario or suite, have %q", args))
			}
			return nil
		},
		ValidArgsFunction: runnable,
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			switch {
			case names && len(args) > 0:
				return usage(errors.New("--names is of all scenarios: give no name beside it"))
			case names:
				_, err := fmt.Fprintln(out, strings.Join(scenarios.Names(), "\n"))
				return err
			case len(args) == 1:
				return listOne(out, args[0])
			}
			return list(out, scenarios.List(), scenarios.Suites())
		},
	}
	cmd.Flags().BoolVar(&names, "names", false, "the scenarios' names alone, one a line")
	return cmd
}

// list writes a header and one line for each scenario, name first, then the same of the suites.
func list(out io.Writer, all []*scenarios.Scenario, suites []*scenarios.Suite) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tPATTERN\tCLIENTS\tRATE\tQUESTION")
	for _, s := range all {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\n", s.Name, s.Pattern, s.Clients, s.Rate, s.Question)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nSUITE\tSCENARIOS\tQUESTION")
	for _, s := range suites {
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.Name, strings.Join(membersOf(s), ", "), s.Question)
	}
	return w.Flush()
}

func membersOf(s *scenarios.Suite) []string {
	var names []string
	for _, m := range s.Members {
		names = append(names, m.Scenario)
	}
	return names
}

// listOne shows a scenario or a suite whole.
func listOne(out io.Writer, name string) error {
	drafts, err := scenarios.LoadAll(name)
	if err != nil {
		return usage(err)
	}
	var all []*scenarios.Scenario
	for _, d := range drafts {
		s, err := d.Resolve()
		if err != nil {
			return usage(err)
		}
		all = append(all, s)
	}
	p := lister{out: out, width: styleOf(out).Width}
	if suite, ok := scenarios.LookupSuite(name); ok {
		p.suite(suite, all)
		return p.err
	}
	p.scenario(all[0], name)
	return p.err
}

// lister prints named paragraphs and keeps the first error.
type lister struct {
	out   io.Writer
	width int
	err   error
}

func (p *lister) printf(layout string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.out, layout, args...)
	}
}

// paragraph hangs under its name; an empty one is left out.
func (p *lister) paragraph(name, text string) {
	const indent = 10
	width := p.width
	if width == 0 {
		width = 100
	}
	for _, line := range format.Wrap(text, max(40, width)-indent) {
		p.printf("%-*s%s\n", indent, name, line)
		name = ""
	}
}

func (p *lister) scenario(s *scenarios.Scenario, name string) {
	p.printf("%s: %s\n\n", s.Name, s.Title)
	p.paragraph("question", s.Question)
	p.paragraph("load", format.Workload(*s))
	p.paragraph("compares", strings.Join(words(s.Transports), ", "))
	p.paragraph("answer", "told by "+strings.Join(figureWords(s), ", "))
	p.paragraph("caveat", s.Caveat)
	p.paragraph("takes", lengthText([]*scenarios.Scenario{s}))
	p.paragraph("command", "pushbench run "+name)
	text, err := s.YAML()
	if err != nil {
		p.err = err
		return
	}
	p.printf("\nAll of it as a file; `run` changes any value by its flag or by --set path=value:\n\n%s", text)
}

func figureWords(s *scenarios.Scenario) []string {
	var words []string
	for _, f := range s.Answers() {
		words = append(words, string(f))
	}
	return words
}

func (p *lister) suite(suite *scenarios.Suite, all []*scenarios.Scenario) {
	p.printf("%s: %s\n\n", suite.Name, suite.Title)
	p.paragraph("question", suite.Question)
	p.paragraph("takes", lengthText(all))
	p.paragraph("command", "pushbench run "+suite.Name)
	for _, s := range all {
		p.printf("\n%s: %s\n", s.Name, s.Title)
		p.paragraph("question", s.Question)
		p.paragraph("load", format.Workload(*s))
		p.paragraph("caveat", s.Caveat)
	}
}

// lengthText says about how long scenarios take: to the second below a minute, to five seconds above.
func lengthText(all []*scenarios.Scenario) string {
	var sum time.Duration
	rounds := 0
	for _, s := range all {
		arms, err := s.Arms()
		if err != nil {
			return format.NA // only of a scenario that was not resolved
		}
		for _, a := range arms {
			sum += time.Duration(s.Rounds) * roundLength(a.Scenario)
			rounds += s.Rounds
		}
	}
	unit := 5 * time.Second
	if sum < time.Minute {
		unit = time.Second
	}
	return fmt.Sprintf("about %s, for %d rounds", sum.Round(unit), rounds)
}
