package review

import (
	"errors"
	"io"

	"pushbench/results"
)

// The files of a run that this package writes, beside a CSV file for each table, called after the table.
const (
	SummaryFile  = "summary.md"
	csvExtension = ".csv"
)

// Write writes the Markdown summary and the CSV of every table into the run's folder, each whole or not at all.
func Write(folder results.Folder, run *results.Run, r *Review) error {
	problems := []error{folder.WriteFile(SummaryFile, func(w io.Writer) error { return Markdown(w, run, r) })}
	for _, t := range r.Tables {
		problems = append(problems, folder.WriteFile(t.Name+csvExtension, t.WriteCSV))
	}
	return errors.Join(problems...)
}
