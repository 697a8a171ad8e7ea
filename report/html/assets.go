package html

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"
)

//go:embed assets
var files embed.FS

// asset is an embedded file; that it is there was decided when the program was built.
func asset(name string) string {
	content, err := files.ReadFile("assets/" + name)
	if err != nil {
		panic(err)
	}
	return string(content)
}

// The parts that every page has.
var (
	script  = asset("uplot/uPlot.iife.min.js") + "\n" + asset("page.js")
	style   = asset("uplot/uPlot.min.css") + "\n" + asset("page.css")
	licence = asset("uplot/LICENSE")

	templates = template.Must(template.New("").Funcs(functions).ParseFS(files, "assets/*.tmpl"))
)

// source is the source expression that allows exactly this text in a Content-Security-Policy.
func source(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// policy allows the page's own script and styles, and nothing else: no network, no frames, no forms, no images.
func policy(styles ...string) string {
	var sources []string
	for _, s := range styles {
		sources = append(sources, source(s))
	}
	return fmt.Sprintf("default-src 'none'; script-src %s; style-src %s; base-uri 'none'; form-action 'none'", source(script), strings.Join(sources, " "))
}
