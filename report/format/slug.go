package format

import (
	"fmt"
	"strings"
)

// maxSlug keeps file names within what file systems and archives take.
const maxSlug = 60

// Slug makes a file name of a scenario's name, which may hold anything.
func Slug(name string) string {
	slug := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, name)
	slug = strings.Join(strings.FieldsFunc(slug, func(r rune) bool { return r == '-' }), "-")
	slug = strings.TrimRight(slug[:min(len(slug), maxSlug)], "-")
	if slug == "" {
		return "scenario"
	}
	return slug
}

// Unique numbers a slug that is taken: two names may differ only in what a file name cannot show.
func Unique(slug string, taken map[string]bool) string {
	candidate := slug
	for n := 2; taken[candidate]; n++ {
		candidate = fmt.Sprintf("%s-%d", slug, n)
	}
	taken[candidate] = true
	return candidate
}
