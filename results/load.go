package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// SchemaError is a run file of a schema that this program does not know.
type SchemaError struct {
	Path string
	// Found is the file's schema, 0 if it names none.
	Found int
}

func (e *SchemaError) Error() string {
	switch {
	case e.Found > Schema:
		return fmt.Sprintf("%s has schema %d, this pushbench reads %d: read it with a newer pushbench", e.Path, e.Found, Schema)
	case e.Found == 0:
		return fmt.Sprintf("%s names no schema: it is not a run file of pushbench", e.Path)
	}
	return fmt.Sprintf("%s has schema %d, this pushbench reads %d: read it with the version of pushbench that its tool.version names", e.Path, e.Found, Schema)
}

// SyntaxError is a run file that is damaged or has been edited into something else.
type SyntaxError struct {
	Path string
	// Line and Column count from 1, Column in bytes.
	Line, Column int
	Err          error
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %v: the file is damaged or not a run file; its histograms may still be read", e.Path, e.Line, e.Column, e.Err)
}

// Unwrap returns the cause.
func (e *SyntaxError) Unwrap() error { return e.Err }

// EncodeRun writes the run as indented JSON with a newline at the end, the same bytes for the same run.
func EncodeRun(w io.Writer, run *Run) error {
	complete := *run
	if complete.Cells == nil {
		complete.Cells = []Cell{} // "cells": null is no array
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(complete); err != nil {
		return fmt.Errorf("encode run %s: %w", run.ID, err)
	}
	return nil
}

// Load reads a run from its folder or from its run.json. The error is a *[SyntaxError] for damaged JSON, a *[SchemaError] for a schema of another
// version; it wraps fs.ErrNotExist where there is no run.
func Load(path string) (*Run, error) {
	file, err := locate(path, RunFile)
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("load run: %w: give the folder of a run, or its %s", err, RunFile)
	}
	return DecodeRun(file, content)
}

// LoadLog reads the histograms of a run from its folder, or from the folder of its run.json.
func LoadLog(path string) ([]LogRound, error) {
	file, err := locate(path, LogFile)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("load histograms: %w: give the folder of a run", err)
	}
	defer f.Close() // only read
	rounds, err := ReadLog(f)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", file, err)
	}
	return rounds, nil
}

// locate returns the file called name of the run that path stands for.
func locate(path, name string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("load run: %w: give the folder of a run, or its %s", err, RunFile)
	}
	switch {
	case info.IsDir():
		return filepath.Join(path, name), nil
	case name == RunFile:
		return path, nil // whatever it is called
	}
	return filepath.Join(filepath.Dir(path), name), nil
}

// DecodeRun decodes the content of a run file; path stands in errors. The schema is looked at first, since a file of another one may fail to decode
// in any odd way. Fields it does not know are passed over: a newer pushbench of the same schema may have written them.
func DecodeRun(path string, content []byte) (*Run, error) {
	var header struct {
		Schema int `json:"schema"`
	}
	if err := json.Unmarshal(content, &header); err != nil {
		return nil, newSyntaxError(path, content, err)
	}
	if header.Schema != Schema {
		return nil, &SchemaError{path, header.Schema}
	}
	var run Run
	if err := json.Unmarshal(content, &run); err != nil {
		return nil, newSyntaxError(path, content, err)
	}
	return &run, nil
}

// newSyntaxError finds where the decoder stood; an error that does not say stands at the start.
func newSyntaxError(path string, content []byte, err error) error {
	var offset int64
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &kind):
		offset = kind.Offset
	}
	before := content[:min(max(0, offset-1), int64(len(content)))]
	return &SyntaxError{
		Path:   path,
		Line:   1 + bytes.Count(before, []byte("\n")),
		Column: len(before) - bytes.LastIndexByte(before, '\n'),
		Err:    err,
	}
}
