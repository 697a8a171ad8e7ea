package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"pushbench/report/html"
	"pushbench/report/review"
	"pushbench/results"
)

// indexFile is the list of all runs.
const indexFile = "index.html"

// mostTrended is over how many runs, the newest, trends are drawn: more points than that no line of a page can tell apart.
const mostTrended = 60

// indexFolder is where the list of a store's runs lies: results for results/runs, otherwise the store itself, since what is above another folder is not ours.
func indexFolder(store results.Store) string {
	if filepath.Base(store.Dir) == "runs" {
		return filepath.Dir(store.Dir)
	}
	return store.Dir
}

// writeIndex writes the list of a store's runs, newest first. A run that cannot be read is named there; a folder without runs gets no list.
func writeIndex(store results.Store) error {
	ids, err := store.Runs()
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(ids) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	slices.Reverse(ids)
	var entries []html.Entry
	var newest []*results.Run
	var unread []string
	for _, id := range ids {
		run, err := results.Load(filepath.Join(store.Dir, id))
		if err != nil {
			unread = append(unread, fmt.Sprintf("%s: it cannot be read; pushbench report %s says why", id, id))
			continue
		}
		entries = append(entries, entryOf(store, id, run))
		if len(newest) < mostTrended {
			newest = append(newest, run)
		}
	}
	over := review.Compare(newest...)
	return writeFile(filepath.Join(indexFolder(store), indexFile), func(w io.Writer) error { return html.Index(w, entries, over, unread) })
}

func entryOf(store results.Store, id string, run *results.Run) html.Entry {
	e := html.NewEntry(run)
	if _, err := os.Stat(filepath.Join(store.Dir, id, reportFile)); err == nil {
		e.Path = path.Join(id, reportFile)
		if indexFolder(store) != store.Dir {
			e.Path = path.Join(filepath.Base(store.Dir), e.Path)
		}
	}
	return e
}
