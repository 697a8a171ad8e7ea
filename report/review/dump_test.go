package review

import (
	"os"
	"testing"

	"pushbench/results"
)

func TestDump(t *testing.T) {
	run, err := results.Load(os.Getenv("DUMP"))
	if err != nil {
		t.Skip(err)
	}
	r, err := Of(run, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := Markdown(os.Stdout, run, r); err != nil {
		t.Fatal(err)
	}
	for _, table := range r.Tables {
		os.Stdout.WriteString("\n# " + table.Name + ": " + table.Title + "\n")
		table.WriteCSV(os.Stdout)
	}
}
