package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"pushbench/loadgen"
	"pushbench/loadgen/target/file"
)

// inspected is a server that is looked at and not measured: a URL, with whatever path, or what a target file describes.
type inspected struct {
	url       string
	source    file.Source
	described *file.Target
}

// inspect reads a word for a server: a URL, a target file's path, or the name of one that is part of the program. Its errors do not repeat what is neither:
// there may be a secret in it.
func inspect(word string) (s inspected, err error) {
	if strings.Contains(word, "://") {
		return inspected{url: word}, nil
	}
	if s.source, err = file.Open(word); err == nil {
		s.described, err = s.source.Parse()
	} else if !strings.ContainsAny(word, `/\.`) {
		err = errors.New("want a URL such as https://example.com/chat, a target file such as ./mine.yaml, or the name of one (see: pushbench target list)")
	}
	return s, err
}

// onlyTopic is what a server without topics has in place of them.
func (s inspected) onlyTopic() ([]string, error) {
	switch {
	case s.described == nil:
		return nil, errors.New("--topics: want at least one topic, such as --topics lobby")
	case bytes.Contains(s.source.Text, []byte("{"+file.VarTopic+"}")):
		return nil, fmt.Errorf("--topics: %s uses {%s}: say --topics lobby, or whatever yours are called", s.described.Name, file.VarTopic)
	}
	return []string{""}, nil
}

// info is the server as a plan has it.
func (s inspected) info() loadgen.ServerInfo {
	if s.described == nil {
		return loadgen.ServerInfo{URL: s.url}
	}
	return loadgen.ServerInfo{Foreign: true, Description: &loadgen.Description{Path: s.source.Path, Text: s.source.Text}}
}

// clean takes what must not be shown out of a text, in every form in which sessions write it.
func (s inspected) clean(text string) string {
	if s.described == nil {
		return text
	}
	return s.described.Mask().Text(text)
}
