package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"pushbench/scenarios/document"
)

// Decode reads a scenario file strictly and resolves it. The error is a Problems with everything wrong, in one pass.
// file is the name that problems carry.
func Decode(file string, data []byte) (*Scenario, error) {
	return Parse(file, data).Resolve()
}

// Parse reads a scenario file into a Draft, to which flags and environment variables can be applied.
// What is wrong with the file is reported by Draft.Resolve, together with what is wrong with those.
func Parse(file string, data []byte) *Draft {
	d := &Draft{scenario: Default(), start: Origin{File: file, Line: 1, Column: 1}, origins: map[string]Origin{}, broken: map[string]bool{}}
	d.beginLayer()
	top, problems := parseDocument(file, data)
	if len(problems) > 0 {
		d.problems, d.unreadable = problems, true
		return d
	}
	d.start = document.OriginOf(file, top)
	d.mapping(top, "")
	return d
}

// sectionKeys are the keys directly below a section; the section "" is the whole file.
func sectionKeys(section string) []string {
	keys := []string{}
	for _, p := range parameters {
		rest := p.Path
		if section != "" {
			var in bool
			if rest, in = strings.CutPrefix(p.Path, section+"."); !in {
				continue
			}
		}
		if key, _, _ := strings.Cut(rest, "."); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	switch section {
	case "":
		keys = append(keys, "sweep")
	case "headers":
		keys = append(keys, "preset")
	case "gate":
		keys = append(keys, "accept")
	}
	return keys
}

// entries walks the pairs of a mapping whose keys must be texts and stand once each.
func (d *Draft) entries(n *yaml.Node, section string, visit func(key, value *yaml.Node)) {
	document.Entries(n, func(key *yaml.Node, p Problem) {
		field := section
		if p.Field != "" {
			field = joinPath(section, p.Field)
		} else {
			p.Allowed = "keys such as " + strings.Join(sectionKeys(section), ", ")
		}
		d.report(d.at(key), field, p.Problem, p.Allowed)
	}, visit)
}

func joinPath(section, key string) string {
	if section == "" {
		return key
	}
	return section + "." + key
}

// mapping decodes the file itself or one of its sections.
func (d *Draft) mapping(n *yaml.Node, section string) {
	keys := sectionKeys(section)
	d.entries(n, section, func(key, value *yaml.Node) {
		if !slices.Contains(keys, key.Value) {
			d.report(d.at(key), joinPath(section, key.Value), "is not a key of a scenario"+suggestKey(key.Value, keys), strings.Join(keys, ", "))
			return
		}
		d.value(joinPath(section, key.Value), key, value)
	})
}

// suggestKey looks among the neighbours first, then in the whole file.
func suggestKey(word string, keys []string) string {
	if hint := didYouMean(word, keys); hint != "" {
		return hint
	}
	return didYouMean(word, parameterPaths())
}

// value decodes the value of a known key.
func (d *Draft) value(path string, key, value *yaml.Node) {
	p, _ := LookupParameter(path)
	switch {
	case value.Kind == yaml.AliasNode:
		d.reject(path, key, "is an alias", "the value written out")
	case value.Kind == yaml.MappingNode && path == "headers":
		d.headers(key, value)
	case path == "sweep":
		d.sweep(key, value)
	case path == "stages":
		d.stages(p, key, value)
	case path == "gate.accept":
		d.accepts(key, value)
	case p == nil:
		d.section(path, key, value)
	case p.items != nil:
		d.list(p, key, value)
	case p.mapping:
		d.mixture(p, key, value)
	default:
		d.scalar(p, key, value)
	}
}

func (d *Draft) section(path string, key, value *yaml.Node) {
	if value.Kind != yaml.MappingNode {
		d.reject(path, key, "is "+document.Kind(value), "a mapping of "+strings.Join(sectionKeys(path), ", "))
		return
	}
	d.mapping(value, path)
}

// mixture decodes a mapping of things to their shares.
func (d *Draft) mixture(p *Parameter, key, value *yaml.Node) {
	text, ok := d.mixText(value, p.Path)
	switch {
	case !ok:
		d.reject(p.Path, key, document.WrongType(value), p.Allowed)
		return
	case text == "":
		d.reject(p.Path, key, "has no parts", p.Allowed)
		return
	}
	d.set(p, text, d.at(key))
}

// scalar decodes one value into its parameter.
func (d *Draft) scalar(p *Parameter, key, value *yaml.Node) {
	switch {
	case value.Kind != yaml.ScalarNode || !slices.Contains(p.tags, value.ShortTag()):
		d.reject(p.Path, key, document.WrongType(value), p.Allowed)
	case key.Value == "headers" && value.Value == string(HeadersSized):
		d.reject(p.Path, key, "has no sizes", p.Allowed)
	default:
		d.set(p, value.Value, d.at(key))
	}
}

// list decodes a sequence. Its items keep their own places.
func (d *Draft) list(p *Parameter, key, value *yaml.Node) {
	if value.Kind != yaml.SequenceNode {
		d.reject(p.Path, key, document.WrongType(value), p.Allowed)
		return
	}
	var items []string // nil if empty, as the default is
	for i, item := range value.Content {
		text, ok := itemText(item, p.tags)
		if !ok {
			d.report(d.at(item), p.Path, document.WrongType(item), p.Allowed)
			d.broken[p.Path] = true
		}
		d.origins[fmt.Sprintf("%s[%d]", p.Path, i)] = d.at(item)
		items = append(items, text)
	}
	d.said(p.Path, d.at(key))
	p.setItems(&d.scenario, items)
}

// itemText is the text of a list's item. A rule such as `websocket: p(99)<50ms`, which YAML reads as a mapping unless quoted,
// is put together again.
func itemText(item *yaml.Node, tags []string) (string, bool) {
	if item.Kind == yaml.MappingNode && len(item.Content) == 2 {
		key, rule := item.Content[0], item.Content[1]
		return key.Value + ": " + rule.Value, key.Kind == yaml.ScalarNode && rule.Kind == yaml.ScalarNode && rule.ShortTag() == tagString
	}
	return item.Value, item.Kind == yaml.ScalarNode && slices.Contains(tags, item.ShortTag())
}

// headers decodes explicit sizes, or a preset with some of its sizes changed.
func (d *Draft) headers(key, value *yaml.Node) {
	d.said("headers", d.at(key))
	d.scenario.Headers = Headers{Preset: HeadersSized}
	explicit := false
	d.entries(value, "headers", func(k, v *yaml.Node) {
		if p, _ := LookupParameter("headers"); k.Value == "preset" {
			explicit = true
			d.scalar(p, k, v)
		}
	})
	chosen := d.scenario.Headers.Preset
	// A duplicate has been reported by the pass above.
	d.mapping(withoutKey(value, "preset"), "headers")
	if explicit && d.scenario.Headers.Preset != chosen {
		d.scenario.Headers.Preset = chosen // Resolve reports the sizes that contradict it
	}
}

// withoutKey is a mapping without one key and without second mentions of any.
func withoutKey(n *yaml.Node, key string) *yaml.Node {
	rest := *n
	rest.Content = nil
	seen := map[string]bool{key: true}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if k := n.Content[i]; k.Kind == yaml.ScalarNode && k.ShortTag() != "!!merge" && !seen[k.Value] {
			seen[k.Value] = true
			rest.Content = append(rest.Content, k, n.Content[i+1])
		}
	}
	return &rest
}

// sweep decodes the axes: a path each, with a value, a range or a list of them.
func (d *Draft) sweep(key, value *yaml.Node) {
	if value.Kind != yaml.MappingNode {
		d.reject("sweep", key, document.WrongType(value), "a mapping of parameters to "+axisForm)
		return
	}
	d.entries(value, "sweep", func(k, v *yaml.Node) {
		items, ok := axisItems(v)
		if !ok {
			d.reject("sweep."+k.Value, k, document.WrongType(v), axisForm)
			return
		}
		d.addAxis(k.Value, items, d.at(k))
	})
}

// axisItems is the texts of a scalar or of a list of scalars.
func axisItems(v *yaml.Node) ([]string, bool) {
	nodes := v.Content
	if v.Kind == yaml.ScalarNode {
		nodes = []*yaml.Node{v}
	}
	items := make([]string, len(nodes))
	for i, n := range nodes {
		if n.Kind != yaml.ScalarNode || !slices.Contains([]string{tagString, tagInt, tagFloat, tagBool}, n.ShortTag()) {
			return nil, false
		}
		items[i] = n.Value
	}
	return items, v.Kind == yaml.ScalarNode || v.Kind == yaml.SequenceNode
}

// at is the place of a node in the draft's file.
func (d *Draft) at(n *yaml.Node) Origin { return document.OriginOf(d.start.File, n) }

// report adds a problem.
func (d *Draft) report(o Origin, field, problem, allowed string) {
	d.problems = append(d.problems, Problem{Origin: o, Field: field, Problem: problem, Allowed: allowed})
}

// reject reports a key whose value cannot be read, and keeps checks of what depends on it quiet.
func (d *Draft) reject(path string, key *yaml.Node, problem, allowed string) {
	d.report(d.at(key), path, problem, allowed)
	d.broken[path] = true
}
