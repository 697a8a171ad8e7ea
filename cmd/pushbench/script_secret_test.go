package main

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"html"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"pushbench/loadgen/target/hostile"
)

// misbehaving starts a server that misbehaves, until the script ends: misbehaving NAME [encrypted], with a certificate that nobody vouches for.
func misbehaving(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 || hostile.Behaviours[args[0]] == nil {
		ts.Fatalf("usage: misbehaving NAME [encrypted], the name one of package hostile's")
	}
	var config *tls.Config
	if len(args) == 2 {
		var err error
		config, err = hostile.SelfSigned()
		ts.Check(err)
	}
	s, err := hostile.Start(hostile.Behaviours[args[0]], config)
	ts.Check(err)
	ts.Defer(func() { _ = s.Close() })
	ts.Setenv("HOSTILE", s.Addr())
}

// secret checks that words, as they are or escaped, were neither printed by the last command nor written to any file but the script's own YAML files and
// users' tables: secret WORD….
func secret(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: secret WORD…")
	}
	texts := map[string]string{"standard output": ts.ReadFile("stdout"), "standard error": ts.ReadFile("stderr")}
	dir, files := ts.MkAbs("."), 0
	ts.Check(filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || filepath.Dir(path) == dir && (filepath.Ext(path) == ".yaml" || filepath.Ext(path) == ".csv") {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		texts[path] = string(text)
		return err
	}))
	for where, text := range texts {
		for _, word := range args {
			for _, form := range escaped(word) {
				if strings.Contains(text, form) {
					ts.Fatalf("%s says %q", where, form)
				}
			}
		}
	}
	ts.Logf("%d words are not in %d files", len(args), files)
}

// escaped are the forms in which a word may be repeated.
func escaped(word string) []string {
	quoted, _ := json.Marshal(word) // a text always marshals
	inside := strings.Trim(string(quoted), `"`)
	return []string{
		word, url.QueryEscape(word), url.PathEscape(word), strings.ToLower(url.QueryEscape(word)), base64.StdEncoding.EncodeToString([]byte(word)), strconv.Quote(word),
		inside, strings.ReplaceAll(inside, "/", `\/`), html.EscapeString(word),
	}
}
