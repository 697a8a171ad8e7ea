package main

import (
	"errors"
	"fmt"
	"strings"
)

// splitWords cuts a command line into words as a POSIX shell quotes them ('…', "…" and \), and does nothing else of what a shell does: no variable, no
// pattern, no pipe. An unquoted character that a shell would act on is refused, since its writer expects that it acts.
func splitWords(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	begun := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == ' ' || c == '\t' || c == '\n':
			if begun {
				words = append(words, word.String())
				word.Reset()
				begun = false
			}
		case c == '\'' || c == '"':
			text, end, err := quoted(line, i)
			if err != nil {
				return nil, err
			}
			word.WriteString(text)
			i, begun = end, true
		case c == '\\' && i+1 < len(line):
			i++
			word.WriteByte(line[i])
			begun = true
		case strings.IndexByte("|&;<>()$`*?", c) >= 0:
			return nil, fmt.Errorf("%q is for a shell, and none runs this: quote it, or write sh -c '…'", c)
		case c == '\\':
			return nil, errors.New("it ends in a backslash")
		default:
			word.WriteByte(c)
			begun = true
		}
	}
	if begun {
		words = append(words, word.String())
	}
	if len(words) == 0 {
		return nil, errors.New("it is empty")
	}
	return words, nil
}

// quoted is the text of the quotation that begins at i, and where its closing mark is.
func quoted(line string, i int) (text string, end int, err error) {
	mark := line[i]
	var b strings.Builder
	for j := i + 1; j < len(line); j++ {
		switch c := line[j]; {
		case c == mark:
			return b.String(), j, nil
		case mark == '"' && c == '\\' && j+1 < len(line) && strings.IndexByte("\"\\$`", line[j+1]) >= 0:
			j++
			b.WriteByte(line[j])
		default:
			b.WriteByte(c)
		}
	}
	return "", 0, fmt.Errorf("the %c at byte %d is never closed", mark, i+1)
}
