package results

import (
	"bufio"
	_ "embed" // the run file's schema
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// The names of the files in a run's folder.
const (
	RunFile    = "run.json"
	LogFile    = "histograms.hlog"
	SchemaFile = "run.schema.json"
)

// RunSchema is the JSON Schema (draft 2020-12) of run.json, a copy of which lies beside every run.json.
//
//go:generate go run ./internal/genschema
//go:embed run.schema.json
var RunSchema []byte

// Store is the folder that holds runs, one folder each. The zero Store is the current folder.
type Store struct{ Dir string }

// Folder is the folder of one run.
type Folder struct{ Path string }

// Create makes the folder of a new run, and the store's where that is missing. The error wraps fs.ErrExist if there is a run of this id.
func (s Store) Create(id string) (Folder, error) {
	if !runID.MatchString(id) {
		return Folder{}, fmt.Errorf("%q is not a run id: take one from NewRunID", id)
	}
	if err := os.MkdirAll(s.dir(), 0o755); err != nil {
		return Folder{}, advise("create the folder for runs", err)
	}
	f := Folder{filepath.Join(s.dir(), id)}
	if err := os.Mkdir(f.Path, 0o755); err != nil {
		return Folder{}, advise("create the folder of the run", err)
	}
	return f, nil
}

func (s Store) dir() string {
	if s.Dir == "" {
		return "."
	}
	return s.Dir
}

// Save writes the run into a new folder: the histograms, the schema, and last run.json, so that a folder that has one is complete. If a file cannot be
// written, those already there stay: what was measured is worth more than a tidy folder.
func (s Store) Save(run *Run, rounds []LogRound) (Folder, error) {
	f, err := s.Create(run.ID)
	if err != nil {
		return Folder{}, err
	}
	if err := f.WriteFile(LogFile, func(w io.Writer) error { return WriteLog(w, rounds) }); err != nil {
		return f, err
	}
	return f, f.WriteRun(run)
}

// WriteRun writes run.json and the copy of its schema.
func (f Folder) WriteRun(run *Run) error {
	err := f.WriteFile(SchemaFile, func(w io.Writer) error {
		_, err := w.Write(RunSchema)
		return err
	})
	if err != nil {
		return err
	}
	return f.WriteFile(RunFile, func(w io.Writer) error { return EncodeRun(w, run) })
}

// tempPrefix begins the name of a file that is being written. One that a crash left behind is hidden, and nothing here reads it.
const tempPrefix = ".tmp-"

// WriteFile writes a file of the run whole or not at all: under another name in the same folder, synced to the disk, then renamed over what was there.
// name is a plain file name. If write or the disk fails, the old file stays as it was.
func (f Folder) WriteFile(name string, write func(io.Writer) error) error {
	path := filepath.Join(f.Path, name)
	if name != filepath.Base(name) || strings.HasPrefix(name, ".") {
		return fmt.Errorf("write %s: %q is not a plain file name", path, name)
	}
	temp, err := os.CreateTemp(f.Path, tempPrefix+name+"-*")
	if err != nil {
		return advise("write "+path, err)
	}
	if err := errors.Join(fill(temp, write), temp.Close()); err != nil {
		return advise("write "+path, errors.Join(err, os.Remove(temp.Name())))
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return advise("write "+path, errors.Join(err, os.Remove(temp.Name())))
	}
	return advise("write "+path, syncDir(f.Path))
}

func fill(temp *os.File, write func(io.Writer) error) error {
	buffered := bufio.NewWriter(temp)
	if err := write(buffered); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if err := temp.Chmod(0o644); err != nil && !errors.Is(err, errors.ErrUnsupported) { // temporary files are private
		return err
	}
	return temp.Sync()
}

// syncDir makes the rename survive a loss of power. Some systems and filesystems cannot sync a folder; the file itself is safe then, too.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	err = dir.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) {
		err = nil
	}
	return errors.Join(err, dir.Close())
}

// advise wraps an error of the filesystem with what to do about it; nil stays nil.
func advise(what string, err error) error {
	if err == nil {
		return nil
	}
	advice := ""
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		advice = ": the disk is full: free some space, or choose another folder with --out"
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		advice = ": choose a folder that may be written with --out"
	case errors.Is(err, fs.ErrExist):
		advice = ": there is such a run already: run again for a new id, or choose another folder with --out"
	case errors.Is(err, syscall.ENOTDIR):
		advice = ": a file stands where a folder is needed: choose another folder with --out"
	case errors.Is(err, fs.ErrNotExist):
		advice = ": no folder can be made there: choose another with --out"
	}
	return fmt.Errorf("%s: %w%s", what, err, advice)
}

// Runs lists the ids of the complete runs in the store, oldest first. Folders without a run.json, and everything that is not a run, are passed over.
func (s Store) Runs() ([]string, error) {
	entries, err := os.ReadDir(s.dir())
	if err != nil {
		return nil, fmt.Errorf("list runs: %w: is this the folder that runs were written to (--out)?", err)
	}
	var ids []string
	for _, e := range entries {
		if !runID.MatchString(e.Name()) {
			continue
		}
		if info, err := os.Stat(filepath.Join(s.dir(), e.Name(), RunFile)); err == nil && info.Mode().IsRegular() {
			ids = append(ids, e.Name())
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// ErrNoRuns means that a store holds no complete run.
var ErrNoRuns = errors.New("no runs")

// Latest returns the folder of the newest complete run. The error wraps [ErrNoRuns] if there is none.
func (s Store) Latest() (Folder, error) {
	ids, err := s.Runs()
	if err != nil {
		return Folder{}, err
	}
	if len(ids) == 0 {
		return Folder{}, fmt.Errorf("%w in %s: make one with pushbench bench", ErrNoRuns, s.dir())
	}
	return Folder{filepath.Join(s.dir(), ids[len(ids)-1])}, nil
}
