package html

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"image/color"
	"strings"

	"pushbench/report/review"
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
	style   = asset("uplot/uPlot.min.css") + "\n" + asset("page.css") + palette()
	licence = asset("uplot/LICENSE")

	templates = template.Must(template.New("").Funcs(functions).ParseFS(files, "assets/*.tmpl"))
)

// palette is the colours of what is not a transport: the parts of a message's bytes, and the bands of the break-even map.
func palette() string {
	var b strings.Builder
	for i, part := range byteParts {
		fmt.Fprintf(&b, ".part-%d{--c:color-mix(in srgb,%s,var(--toward));fill:var(--c);color:var(--c)}\n", i, hex(part.Colour))
	}
	var light, system, dark strings.Builder
	for i, band := range review.Bands {
		// The stroke closes the seams between neighbours.
		fmt.Fprintf(&light, ".band-%d{fill:%s}polygon.band-%d{stroke:%s;stroke-width:.4}\n", i, hex(band.Light), i, hex(band.Light))
		for theme, rules := range map[string]*strings.Builder{":root:not([data-theme=light])": &system, ":root[data-theme=dark]": &dark} {
			fmt.Fprintf(rules, "%s .band-%d{fill:%s}%s polygon.band-%d{stroke:%s}\n", theme, i, hex(band.Dark), theme, i, hex(band.Dark))
		}
	}
	return b.String() + light.String() + "@media (prefers-color-scheme:dark){\n" + system.String() + "}\n" + dark.String()
}

func hex(c color.NRGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

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
