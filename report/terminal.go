package report

import (
	"os"

	"golang.org/x/term"
)

// maxTerminal keeps lines readable on very wide terminals.
const maxTerminal = 120

// StyleOf is the style that suits f: colour only on a terminal, and only if NO_COLOR is unset or empty (no-color.org); the terminal's width up to 120.
func StyleOf(f *os.File, getenv func(string) string) Style {
	if !term.IsTerminal(int(f.Fd())) {
		return Style{}
	}
	style := Style{Color: getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"}
	if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
		style.Width = min(width, maxTerminal)
	}
	return style
}
