package main

import (
	"bytes"
	"testing"

	"pushbench/results"
)

func TestSchemaIsUpToDate(t *testing.T) {
	want, err := generate("../..", "../../../scenarios")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, results.RunSchema) {
		t.Error("run.schema.json does not fit the types and their comments: run go generate ./results")
	}
}

func TestDescriptionsComeFromComments(t *testing.T) {
	for _, text := range []string{"Expected is the sum over clients", "how many independent observations stand behind Count", "is one workload, resolved"} {
		if !bytes.Contains(results.RunSchema, []byte(text)) {
			t.Errorf("the schema does not say %q", text)
		}
	}
}
