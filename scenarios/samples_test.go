package scenarios

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const testStamp = "pb1.00000001.00000002.00000003.0000000000000004."

// put is the message of a body.
func put(b Body) string { return b.Head + testStamp + b.Tail }

// textAt is the text of a field as any JSON reader finds it.
func textAt(t *testing.T, message, field string) string {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(message))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%v: %s", err, message)
	}
	for name := range strings.SplitSeq(field, ".") {
		value = value.(map[string]any)[name]
	}
	return value.(string)
}

func TestSamples(t *testing.T) {
	long := strings.Repeat("lorem ipsum ", 10)
	for name, c := range map[string]struct {
		line, field, want string // want is the message
	}{
		"long text":          {`{"text":"` + long + `"}`, "text", `{"text":"` + testStamp + long[48:] + `"}`},
		"short text":         {`{"text":"hi","n":1}`, "text", `{"text":"` + testStamp + `","n":1}`},
		"empty text":         {`{"text":""}`, "text", `{"text":"` + testStamp + `"}`},
		"nested":             {`{"text":1,"a":{"x":[1,{"text":2}],"b":{"text" : "` + long + `"}}}`, "a.b.text", `{"text":1,"a":{"x":[1,{"text":2}],"b":{"text" : "` + testStamp + long[48:] + `"}}}`},
		"spaces":             {` {  "text"  :  "hi"  } `, "text", `{  "text"  :  "` + testStamp + `"  }`},
		"quotes before":      {`{"a":"\"text\":\"","text":"hi"}`, "text", `{"a":"\"text\":\"","text":"` + testStamp + `"}`},
		"escape at the cut":  {`{"text":"` + long[:47] + `\"rest"}`, "text", `{"text":"` + testStamp + `xrest"}`},
		"surrogates cut":     {`{"text":"` + long[:45] + `\ud83D\uDE00rest"}`, "text", `{"text":"` + testStamp + strings.Repeat("x", 9) + `rest"}`},
		"lone surrogate":     {`{"text":"` + long[:45] + `\ud83drest"}`, "text", `{"text":"` + testStamp + `xxxrest"}`},
		"character at cut":   {`{"text":"` + long[:46] + `日本"}`, "text", `{"text":"` + testStamp + `x本"}`},
		"huge number beside": {`{"n":1e999,"text":"hi"}`, "text", `{"n":1e999,"text":"` + testStamp + `"}`},
		"escaped name":       {`{"te\u0078t":"hi"}`, "text", `{"te\u0078t":"` + testStamp + `"}`},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := ParseSamples("x.jsonl", []byte(c.line+"\n"), c.field)
			if err != nil {
				t.Fatal(err)
			}
			got := put(s.Bodies[0])
			if got != c.want || s.Bodies[0].Size() != len(got) {
				t.Errorf("%d bytes %s, want %s", s.Bodies[0].Size(), got, c.want)
			}
			if !strings.HasPrefix(textAt(t, got, c.field), testStamp) {
				t.Errorf("the field does not begin with the stamp: %s", got)
			}
			// A text that is long enough leaves the message as long as the sample.
			if line := strings.TrimSpace(c.line); strings.Contains(line, long[:45]) && len(got) != len(line) {
				t.Errorf("%d bytes became %d", len(line), len(got))
			}
		})
	}
}

func TestSamplesThatCannotBe(t *testing.T) {
	for want, c := range map[string]struct{ text, field string }{
		"x.jsonl: holds no message":                                          {"\n \n", "text"},
		"x.jsonl:2: is not JSON: ":                                           {`{"text":"a"}` + "\n{\"text\":\n", "text"},
		"x.jsonl:3: is no JSON object":                                       {"\n\n[1]", "text"},
		"x.jsonl:1: is not UTF-8":                                            {"{\"text\":\"\xff\"}", "text"},
		"x.jsonl:1: has no field text":                                       {`{"a":{"text":"x"}}`, "text"},
		"x.jsonl:1: has no field a.text":                                     {`{"a":{"b":"x"},"text":"x"}`, "a.text"},
		"x.jsonl:1: field text is a number, not text":                        {`{"text":5}`, "text"},
		"x.jsonl:1: field text is null, not text":                            {`{"text":null}`, "text"},
		"x.jsonl:1: field text is a boolean, not text":                       {`{"text":true}`, "text"},
		"x.jsonl:1: field text is a list, not text":                          {`{"text":["x"]}`, "text"},
		"x.jsonl:1: field text is an object, not text":                       {`{"text":{"x":"y"}}`, "text"},
		"x.jsonl:1: field a is text, not an object":                          {`{"a":"x"}`, "a.text"},
		"x.jsonl:1: field a is a list, not an object":                        {`{"a":[{"text":"x"}]}`, "a.text"},
		"x.jsonl:1: has field text twice":                                    {`{"text":"a","text":"b"}`, "text"},
		"x.jsonl:1: has field a twice":                                       {`{"a":{"text":"a"},"a":{}}`, "a.text"},
		"x.jsonl:1: makes a message of 16777225 bytes; at most 16777216 can": {`{"text":"` + strings.Repeat("x", 16<<20-2) + `"}`, "text"},
	} {
		_, err := ParseSamples("x.jsonl", []byte(c.text), c.field)
		if wrong, ok := errors.AsType[*SampleError](err); !ok || !strings.HasPrefix(wrong.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	many := strings.Repeat("{\"t\":\"\"}\n", MaxSamples+1)
	if _, err := ParseSamples("x.jsonl", []byte(many), "t"); err == nil || err.Error() != "x.jsonl:100001: is one too many: at most 100000 messages" {
		t.Errorf("too many: %v", err)
	}
	if _, err := ReadSamples(filepath.Join(t.TempDir(), "absent"), "t"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent: %v", err)
	}
	big := filepath.Join(t.TempDir(), "big")
	if err := os.WriteFile(big, make([]byte, MaxSamplesSize+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadSamples(big, "t"); err == nil || !strings.Contains(err.Error(), "is larger than 16MiB") {
		t.Errorf("too large: %v", err)
	}
}

func TestSampleStats(t *testing.T) {
	s, err := ParseSamples("x", []byte("{\"t\":\"\"}\n{\"t\":\"\",\"a\":1}\n"), "t")
	if err != nil {
		t.Fatal(err)
	}
	other, err := ParseSamples("y", []byte("{\"t\":\"\"}\n{\"t\":\"\",\"a\":2}\n"), "t")
	if err != nil {
		t.Fatal(err)
	}
	got := *s.Stats()
	if want := (SampleStats{Digest: s.Digest, Messages: 2, MinBytes: 56, MeanBytes: 59, MaxBytes: 62}); got != want || s.Digest == other.Digest || len(s.Digest) != 16 {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// Whatever a line holds, it is refused with its number, or becomes JSON with the stamp at the field's beginning and the rest as it was.
func FuzzSamples(f *testing.F) {
	for _, line := range []string{`{"text":"hi"}`, `{"text":"\ud83d\ude00` + strings.Repeat("a", 60) + `"}`, `{"a":{"text":"\\\""}}`, `[]`, "{\"text\":\"\xff\"}"} {
		f.Add(line, "text")
		f.Add(line, "a.text")
	}
	f.Fuzz(func(t *testing.T, line, field string) {
		s, err := ParseSamples("x", []byte(line), field)
		if err != nil {
			if _, ok := errors.AsType[*SampleError](err); !ok {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		for _, b := range s.Bodies {
			message := put(b)
			if !json.Valid([]byte(message)) || b.Size() != len(message) || !strings.Contains(line, b.Head) {
				t.Fatalf("%q became %q", line, message)
			}
			if text := textAt(t, message, field); !strings.HasPrefix(text, testStamp) {
				t.Fatalf("field %q of %q is %q", field, message, text)
			}
		}
	})
}
