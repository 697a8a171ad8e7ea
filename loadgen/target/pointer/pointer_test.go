package pointer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

const sample = `0{"sid":"ab\"c","next": 42 ,"a/b":{"m~n":true},"messages":[{"id":"x1","text":"{\"n\":1}]"},{"id":"x2"} , {"id":"x3","nested":[[1,2],[3]]}],"none":null,"e":[]}`

func TestFind(t *testing.T) {
	for path, want := range map[string]string{
		"/sid": `ab"c`, "/next": "42", "/a~1b/m~0n": "true", "/messages/1/id": "x2", "/messages/*/id": "x3", "/messages/2/nested/1/0": "3",
		"/messages/0/text": `{"n":1}]`, "/none": "-", "/missing": "-", "/messages/3/id": "-", "/messages": "-", "/e/0": "-", "/e/*": "-", "/next/x": "-",
		"/messages/01/id": "-", "/a~1b/*": "-",
	} {
		p, err := Parse(path)
		if err != nil {
			t.Fatal(err)
		}
		value, _ := p.Find([]byte(sample))
		text, ok := AppendText(nil, value)
		if have := string(text); (want == "-") == ok || ok && have != want {
			t.Errorf("%s: %q (%v), want %q", path, have, ok, want)
		}
		if p.String() != path {
			t.Errorf("%s is written as %s", path, p)
		}
	}
}

func TestAppendAll(t *testing.T) {
	for path, want := range map[string][]string{
		"/messages/*": {`{"id":"x1","text":"{\"n\":1}]"}`, `{"id":"x2"}`, `{"id":"x3","nested":[[1,2],[3]]}`}, "/messages/*/nested/*/*": {"1", "2", "3"},
		"/messages/*/id": {`"x1"`, `"x2"`, `"x3"`}, "/e/*": nil, "/sid": {`"ab\"c"`},
	} {
		p, err := Parse(path)
		if err != nil {
			t.Fatal(err)
		}
		var have []string
		for _, v := range p.AppendAll(nil, []byte(sample)) {
			have = append(have, string(v))
		}
		if fmt.Sprint(have) != fmt.Sprint(want) {
			t.Errorf("%s: %q, want %q", path, have, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"sid", "/a~2", "/a~", "*"} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), strconv.Quote(text)) {
			t.Errorf("%s: error %v, want one with the pointer", text, err)
		}
	}
}

func TestText(t *testing.T) {
	for value, want := range map[string]string{
		`"\u0041\n\ud83d\ude00\/"`: "A\n😀/", `-1.5e3`: "-1.5e3", `false`: "false", `"\ud83d"`: "\ufffd", `"\ud83d\u0041"`: "\ufffdA",
	} {
		if text, ok := AppendText(nil, []byte(value)); !ok || string(text) != want {
			t.Errorf("%s: %q (%v), want %q", value, text, ok, want)
		}
	}
	for _, value := range []string{"", "null", "{}", "[1]", `"`, `"\x"`, `"\u12"`, `"\`, `"\"`} {
		if text, ok := AppendText(nil, []byte(value)); ok {
			t.Errorf("%s: %q, want nothing", value, text)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	p, err := Parse("/messages/*/id")
	if err != nil {
		t.Fatal(err)
	}
	text, all, cursor := []byte(strings.Replace(sample, "messages", `mess\u0061ges`, 1)), make([][]byte, 0, 8), make([]byte, 0, 64)
	if n := testing.AllocsPerRun(100, func() {
		value, _ := p.Find(text)
		cursor, _ = AppendText(cursor[:0], value)
		all = p.AppendAll(all[:0], text)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if string(cursor) != "x3" || len(all) != 3 {
		t.Errorf("found %q and %d values", cursor, len(all))
	}
}

func BenchmarkFind(b *testing.B) {
	p, err := Parse("/next")
	if err != nil {
		b.Fatal(err)
	}
	text := []byte(`{"messages":[{"id":1,"text":"` + strings.Repeat("x", 128) + `"}],"next":"12345"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := p.Find(text); !ok {
			b.Fatal("not found")
		}
	}
}

// FuzzFind holds look-ups against encoding/json's tree wherever the text is valid JSON, and to the bounds of any text.
func FuzzFind(f *testing.F) {
	f.Add(sample[1:], "/messages/*/id")
	f.Add(`[{"a":[1,{"b":"\u00e9"}]}]`, "/0/a/1/b")
	f.Add(`{"":{"":1}}`, "//")
	f.Add(`{"a":{`, "/a")
	f.Add("{\"\":\x01}", "/")
	f.Fuzz(func(t *testing.T, text, path string) {
		p, err := Parse(path)
		if err != nil {
			return
		}
		value, ok := p.Find([]byte(text))
		all := p.AppendAll(nil, []byte(text))
		if ok != (len(all) > 0) || ok && !bytes.Equal(all[len(all)-1], value) {
			t.Fatalf("Find %q (%v), AppendAll %q", value, ok, all)
		}
		_, _ = AppendText(nil, value)
		want, valid := reference(text, p)
		if !valid {
			return
		}
		if len(want) != len(all) {
			t.Fatalf("%s in %s: %q, want %d values", path, text, all, len(want))
		}
		for i := range all {
			checkValue(t, all[i], want[i])
		}
	})
}

func checkValue(t *testing.T, have []byte, want any) {
	t.Helper()
	var v any
	decoder := json.NewDecoder(bytes.NewReader(have))
	decoder.UseNumber()
	if err := decoder.Decode(&v); err != nil || fmt.Sprint(v) != fmt.Sprint(want) {
		t.Fatalf("%s is %v (%v), want %v", have, v, err, want)
	}
	if text, ok := want.(string); ok {
		if mine, ok := AppendText(nil, have); !ok || strings.ToValidUTF8(string(mine), "\ufffd") != strings.ToValidUTF8(text, "\ufffd") {
			t.Fatalf("%s says %q, want %q", have, mine, text)
		}
	}
}

// reference finds values with encoding/json. valid is false where the two need not agree: text that is no JSON object or array, and members of one name.
func reference(text string, p Pointer) (found []any, valid bool) {
	trimmed := strings.TrimLeft(text, " \n\r\t")
	if !json.Valid([]byte(text)) || trimmed == "" || trimmed[0] != '{' && trimmed[0] != '[' || repeats(text) {
		return nil, false
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var tree any
	if decoder.Decode(&tree) != nil {
		return nil, false
	}
	return walkTree(tree, p.steps, nil), true
}

func walkTree(v any, steps []step, found []any) []any {
	if len(steps) == 0 {
		return append(found, v)
	}
	switch s := steps[0]; v := v.(type) {
	case map[string]any:
		if member, ok := v[s.name]; ok && !s.each {
			return walkTree(member, steps[1:], found)
		}
	case []any:
		for i, e := range v {
			if s.each || i == s.index {
				found = walkTree(e, steps[1:], found)
			}
		}
	}
	return found
}

// repeats says whether an object has two members of one name, or a name that is no UTF-8: then the tree's own rules apply.
func repeats(text string) bool {
	if strings.ToValidUTF8(text, "") != text {
		return true
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	type level struct {
		names  map[string]bool
		isName bool
	}
	var levels []level
	for {
		token, err := decoder.Token()
		if err != nil {
			return false
		}
		var top *level
		if len(levels) > 0 {
			top = &levels[len(levels)-1]
		}
		switch token {
		case json.Delim('{'):
			if top != nil && top.names != nil {
				top.isName = !top.isName
			}
			levels = append(levels, level{map[string]bool{}, true})
		case json.Delim('['):
			if top != nil && top.names != nil {
				top.isName = !top.isName
			}
			levels = append(levels, level{})
		case json.Delim('}'), json.Delim(']'):
			levels = levels[:len(levels)-1]
		default:
			if top == nil || top.names == nil {
				continue
			}
			if name, ok := token.(string); top.isName && ok {
				if top.names[name] {
					return true
				}
				top.names[name] = true
			}
			top.isName = !top.isName
		}
	}
}
