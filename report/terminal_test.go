package report

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAFileGetsNoColour(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := StyleOf(f, func(string) string { return "" }); got != (Style{}) {
		t.Errorf("a file gets %+v", got)
	}
}
