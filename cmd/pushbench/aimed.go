package main

import (
	"errors"
	"strings"

	"pushbench/loadgen"
	"pushbench/loadgen/target/file"
)

// aimed is a server that is looked at and not measured: a URL, with whatever path, or what a target file describes.
type aimed struct {
	url       string
	source    file.Source
	described *file.Target
}

// aimAt reads a word for a server: a URL, a target file's path, or the name of one that is part of the program. Its errors do not repeat what is neither:
// there may be a secret in it.
func aimAt(word string) (a aimed, err error) {
	if strings.Contains(word, "://") {
		return aimed{url: word}, nil
	}
	if a.source, err = file.Open(word); err == nil {
		a.described, err = a.source.Parse()
	} else if !strings.ContainsAny(word, `/\.`) {
		err = errors.New("want a URL such as https://example.com/chat, a target file such as ./mine.yaml, or the name of one (see: pushbench target list)")
	}
	return a, err
}

// info is the server as a plan has it.
func (a aimed) info() loadgen.ServerInfo {
	if a.described == nil {
		return loadgen.ServerInfo{URL: a.url}
	}
	return loadgen.ServerInfo{Foreign: true, Description: &loadgen.Description{Path: a.source.Path, Text: a.source.Text}}
}

// clean takes what must not be shown out of a text, in every form in which sessions write it.
func (a aimed) clean(text string) string {
	if a.described == nil {
		return text
	}
	return a.described.Mask().Text(text)
}
