// Package junit writes JUnit XML, the one format of test results that every CI system shows.
//
// There is no standard: the dialect here is the common part of what Jenkins, GitLab and GitHub's readers take: testsuites, testsuite, testcase with at
// most one failure or skipped. JUnit knows no third outcome, so what could not be decided is a skipped case, which is never counted as passed.
//
// Names and messages may come from anywhere: control characters, which XML 1.0 cannot hold even escaped, become U+FFFD.
package junit

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Suite is a group of cases, such as a scenario.
type Suite struct {
	Name  string
	Cases []Case
}

// Case is one thing that passed, failed or was skipped. Failure and Skipped say why; with both empty it passed, with both set it failed.
type Case struct {
	Name string
	// Class groups cases within a suite; readers show it before the name.
	Class   string
	Seconds float64
	Failure string
	Skipped string
	// Output is what should be known of a case that passed.
	Output string
}

type document struct {
	XMLName xml.Name `xml:"testsuites"`
	counts
	Suites []suite `xml:"testsuite"`
}

type suite struct {
	Name string `xml:"name,attr"`
	counts
	Cases []testcase `xml:"testcase"`
}

type counts struct {
	Tests    int    `xml:"tests,attr"`
	Failures int    `xml:"failures,attr"`
	Errors   int    `xml:"errors,attr"`
	Skipped  int    `xml:"skipped,attr"`
	Time     string `xml:"time,attr"`

	seconds float64
}

type testcase struct {
	Name    string   `xml:"name,attr"`
	Class   string   `xml:"classname,attr"`
	Time    string   `xml:"time,attr"`
	Failure *message `xml:"failure"`
	Skipped *message `xml:"skipped"`
	Output  string   `xml:"system-out,omitempty"`
}

// message has its first line as an attribute, which lists show, and all of it as text.
type message struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// Write writes the suites as one document.
func Write(w io.Writer, suites []Suite) error {
	var d document
	for _, s := range suites {
		one := newSuite(s)
		d.add(one.counts)
		d.Suites = append(d.Suites, one)
	}
	d.Time = seconds(d.seconds)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("write JUnit XML: %w", err)
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(d); err != nil {
		return fmt.Errorf("write JUnit XML: %w", err)
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return fmt.Errorf("write JUnit XML: %w", err)
	}
	return nil
}

func newSuite(s Suite) suite {
	one := suite{Name: clean(s.Name)}
	for _, c := range s.Cases {
		t := testcase{Name: clean(c.Name), Class: clean(c.Class), Time: seconds(c.Seconds), Output: clean(c.Output)}
		count := counts{Tests: 1, seconds: c.Seconds}
		switch {
		case c.Failure != "":
			t.Failure, count.Failures = newMessage(c.Failure), 1
		case c.Skipped != "":
			t.Skipped, count.Skipped = newMessage(c.Skipped), 1
		}
		one.add(count)
		one.Cases = append(one.Cases, t)
	}
	one.Time = seconds(one.seconds)
	return one
}

func (c *counts) add(more counts) {
	c.Tests += more.Tests
	c.Failures += more.Failures
	c.Skipped += more.Skipped
	c.seconds += more.seconds
}

func newMessage(text string) *message {
	text = clean(text)
	first, _, _ := strings.Cut(text, "\n")
	return &message{first, text}
}

func seconds(s float64) string { return strconv.FormatFloat(s, 'f', 3, 64) }

// clean replaces what no XML 1.0 document can hold (XML 1.0 §2.2) and bytes that are not UTF-8.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\n', r == '\r', r >= ' ' && r < 0xFFFE, r > 0xFFFF:
			return r
		}
		return utf8.RuneError
	}, strings.ToValidUTF8(s, string(utf8.RuneError)))
}
