package main

import (
	"errors"
	"path/filepath"
	"strings"

	"pushbench/loadgen"
	"pushbench/loadgen/target/file"
)

// aimed is what a word for a server means: a URL, or what a target file describes.
type aimed struct {
	url       string
	source    file.Source
	described *file.Target
}

// aimAt reads a word for a server. Its errors do not repeat the word: there may be a secret in it.
func aimAt(word string) (a aimed, err error) {
	switch {
	case strings.Contains(word, "://"):
		return aimed{url: word}, nil
	case !strings.ContainsAny(word, `/\`) && filepath.Ext(word) != ".yaml" && filepath.Ext(word) != ".yml":
		return a, errors.New("want a URL such as https://example.com/chat, or a target file such as ./mine.yaml")
	}
	if a.source, err = file.Read(word); err == nil {
		a.described, err = a.source.Parse()
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

// clean takes what must not be shown out of a text.
func (a aimed) clean(text string) string {
	if a.described == nil {
		return text
	}
	for _, secret := range a.described.Secrets() {
		text = strings.ReplaceAll(text, secret, "***")
	}
	return text
}
