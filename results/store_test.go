package results

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestSaveAndLoad(t *testing.T) {
	run, rounds := sampleRun(t)
	store := Store{filepath.Join(t.TempDir(), "new", "runs")}
	folder, err := store.Save(run, rounds)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{folder.Path, filepath.Join(folder.Path, RunFile)} {
		got, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(run, got); diff != "" {
			t.Errorf("-saved +loaded from %s:\n%s", path, diff)
		}
		log, err := LoadLog(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(rounds, log); diff != "" {
			t.Errorf("log -saved +loaded:\n%s", diff)
		}
	}
	checkFiles(t, folder.Path, LogFile, RunFile, SchemaFile)
	if schema, err := os.ReadFile(filepath.Join(folder.Path, SchemaFile)); err != nil || !bytes.Equal(schema, RunSchema) {
		t.Errorf("the copy of the schema differs (%v)", err)
	}
	if _, err := store.Save(run, rounds); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "run again for a new id") {
		t.Errorf("saving twice: %v", err)
	}
}

func checkFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if !slices.Equal(names, want) {
		t.Errorf("files are %v, want %v", names, want)
	}
}

func TestWriteFileLeavesTheOldOneOnFailure(t *testing.T) {
	folder := Folder{t.TempDir()}
	write := func(text string, err error) error {
		return folder.WriteFile("a.svg", func(w io.Writer) error {
			_, werr := io.WriteString(w, text)
			return errors.Join(werr, err)
		})
	}
	if err := write("whole", nil); err != nil {
		t.Fatal(err)
	}
	if err := write(strings.Repeat("half", 10_000), syscall.ENOSPC); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "free some space") {
		t.Errorf("a full disk: %v", err)
	}
	checkFiles(t, folder.Path, "a.svg")
	if got, err := os.ReadFile(filepath.Join(folder.Path, "a.svg")); err != nil || string(got) != "whole" {
		t.Errorf("the file holds %.20q (%v), want the old content", got, err)
	}
	for _, name := range []string{"", "../a", "a/b", ".hidden"} {
		if err := folder.WriteFile(name, func(io.Writer) error { return nil }); err == nil {
			t.Errorf("wrote a file called %q", name)
		}
	}
}

func TestAdvice(t *testing.T) {
	for err, want := range map[error]string{
		syscall.ENOSPC: "disk is full", syscall.EROFS: "may be written", fs.ErrPermission: "may be written", fs.ErrExist: "new id", syscall.ENOTDIR: "a file stands",
	} {
		got := advise("write x", &fs.PathError{Op: "open", Path: "x", Err: err})
		if !errors.Is(got, err) || !strings.Contains(got.Error(), want) {
			t.Errorf("%v became %v, want %q", err, got, want)
		}
	}
	if advise("write", nil) != nil {
		t.Error("success became an error")
	}
}

func TestCreateWhereAFileStands(t *testing.T) {
	file := filepath.Join(t.TempDir(), "runs")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := (Store{file}).Create(NewRunID(at, "x", 1)); err == nil || !strings.Contains(err.Error(), "choose another folder") {
		t.Errorf("error %v", err)
	}
	if _, err := (Store{t.TempDir()}).Create("../escape"); err == nil {
		t.Error("made a folder outside the store")
	}
}

func TestLatestSkipsWhatIsNoCompleteRun(t *testing.T) {
	store := Store{t.TempDir()}
	if _, err := store.Latest(); !errors.Is(err, ErrNoRuns) {
		t.Errorf("empty store: %v", err)
	}
	run, rounds := sampleRun(t)
	var want string
	for i, label := range []string{"b", "a"} { // the later one sorts first by label
		run.ID = NewRunID(at.Add(time.Duration(i)*time.Hour), label, 0)
		folder, err := store.Save(run, rounds)
		if err != nil {
			t.Fatal(err)
		}
		want = folder.Path
	}
	unfinished, err := store.Create(NewRunID(at.Add(5*time.Hour), "c", 0))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(unfinished.Path, tempPrefix+RunFile+"-123"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(store.Dir, "zzz"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got, err := store.Latest(); err != nil || got.Path != want {
		t.Errorf("latest is %v (%v), want %s", got, err, want)
	}
	if _, err := (Store{filepath.Join(store.Dir, "none")}).Runs(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a store that is not there: %v", err)
	}
}

func TestRunID(t *testing.T) {
	if got, want := NewRunID(time.Date(2026, 11, 23, 18, 52, 49, 0, time.FixedZone("CET", 3600)), "default", 0xab12), "2026-11-23T17-52-49Z-default-ab12"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for label, want := range map[string]string{"": "run", "Über 1/2 ": "ber-1-2", "--": "run", strings.Repeat("ab ", 30): "ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab"} {
		if got := idLabel(label); got != want {
			t.Errorf("label %q became %q, want %q", label, got, want)
		}
	}
}

func TestRunIDIsSafeAndSorts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		label := rapid.String().Draw(t, "label")
		sec := rapid.Int64Range(0, 4e9).Draw(t, "time")
		early := NewRunID(time.Unix(sec, 0), label, 0xffff)
		late := NewRunID(time.Unix(sec+1, 0), rapid.String().Draw(t, "other"), 0)
		if !runID.MatchString(early) || len(early) > 64 || early >= late {
			t.Fatalf("%q, then %q", early, late)
		}
	})
}

func TestRunFixture(t *testing.T) {
	run, _ := sampleRun(t)
	if *update {
		var b bytes.Buffer
		if err := EncodeRun(&b, run); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(runFixture, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Load(runFixture)
	if err != nil {
		t.Fatal(err)
	}
	run.Scenarios, got.Scenarios = nil, nil // their defaults may change, what a file says about itself may not
	if diff := cmp.Diff(run, got); diff != "" {
		t.Errorf("-expected +in the fixture:\n%s", diff)
	}
}

func TestDecodeRunRefuses(t *testing.T) {
	tests := []struct{ name, content, want string }{
		{"newer", `{"schema": 7, "cells": "changed"}`, "x.json has schema 7, this pushbench reads 1: read it with a newer"},
		{"no schema", `{"a": 1}`, "x.json names no schema"},
		{"empty", "", "x.json:1:1: unexpected end"},
		{"cut off", "{\"schema\": 1,\n \"id\": ", "x.json:2:"},
		{"damaged", "{\"schema\": 1,\n \"id\": \"a\",\n \"cells\": [}\n", "x.json:3:12: invalid character '}'"},
		{"wrong kind", "{\"schema\": 1,\n \"seed\": \"one\"}", "x.json:2:"},
		{"trailing", "{\"schema\": 1}\n{}", "x.json:2:1: invalid character '{' after"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := DecodeRun("x.json", []byte(tt.content))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no run: %v", err)
	}
}

func FuzzDecodeRun(f *testing.F) {
	run, _ := sampleRun(f)
	var b bytes.Buffer
	if err := EncodeRun(&b, run); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(`{"schema":1}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		run, err := DecodeRun("run.json", content)
		if err != nil {
			return
		}
		if err := EncodeRun(io.Discard, run); err != nil {
			t.Errorf("decoded, but cannot be encoded: %v", err)
		}
	})
}
