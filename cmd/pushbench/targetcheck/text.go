package targetcheck

import (
	"fmt"
	"io"
	"strings"

	"pushbench/report/format"
)

// Text writes the findings for people.
func Text(out io.Writer, all []Finding) error {
	p := &printer{out: out}
	for i := range all {
		p.finding(&all[i])
	}
	return p.err
}

// printer keeps the first error.
type printer struct {
	out io.Writer
	err error
}

func (p *printer) printf(layout string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.out, layout, args...)
	}
}

func (p *printer) finding(f *Finding) {
	p.printf("%s\n", f.Transport)
	for _, l := range f.Story {
		mark := string(l.Direction) + " "
		for line := range strings.Lines(l.Text) {
			p.printf("  %s%s\n", mark, format.Clean(line))
			mark = "  "
		}
		if l.Repeated > 0 {
			p.printf("    (the same %d more times, with what follows it)\n", l.Repeated)
		}
	}
	switch {
	case f.Problem == "" && len(f.Took) == 0:
		p.printf("  ✓ a session opened. Not checked, since there is no publish: that messages come and are found, and that the session goes on behind the first\n\n")
		return
	case f.Problem == "":
		p.printf("  ✓ both messages came, after %s and %s\n\n", format.Nanoseconds(float64(f.Took[0])), format.Nanoseconds(float64(f.Took[1])))
		return
	}
	p.printf("  ✗ %s\n", format.Clean(f.Problem))
	for _, c := range f.Change {
		p.printf("    look at %s: %s\n", c.At, c.Key)
	}
	p.printf("\n")
}
