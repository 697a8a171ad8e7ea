package html

import (
	"bytes"
	"os"
	"testing"

	"pushbench/report/recorded"
	"pushbench/report/review"
	"pushbench/results"
)

func TestScratch(t *testing.T) {
	dir := os.Getenv("RUN")
	run, err := results.Load(dir)
	if err != nil { t.Skip(err) }
	log, err := results.LoadLog(dir)
	if err != nil { t.Fatal(err) }
	said, err := review.Of(run, recorded.FromLog(run, log))
	if err != nil { t.Fatal(err) }
	var b bytes.Buffer
	if err := Run(&b, run, said); err != nil { t.Fatal(err) }
	os.WriteFile("/tmp/report.html", b.Bytes(), 0o644)
	t.Log(b.Len())
}
