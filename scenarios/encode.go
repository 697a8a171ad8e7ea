package scenarios

import (
	"strings"

	"go.yaml.in/yaml/v4"
)

// YAML writes a scenario as a file that Decode reads as the same scenario, whatever the defaults then are:
// every value is written, in the order of the table. The scenario must be resolved.
func (s *Scenario) YAML() ([]byte, error) {
	top := mappingNode()
	sections := map[string]*yaml.Node{}
	for i := range parameters {
		p := &parameters[i]
		if s.implied(p.Path) {
			continue
		}
		section, key, nested := strings.Cut(p.Path, ".")
		if !nested {
			addPair(top, section, p.node(s))
			continue
		}
		if sections[section] == nil {
			sections[section] = mappingNode()
			addPair(top, section, sections[section])
		}
		addPair(sections[section], key, p.node(s))
	}
	s.writeHeaders(top)
	if len(s.Gate.Accept) > 0 {
		addPair(sections["gate"], "accept", s.Gate.acceptNode())
	}
	if len(s.Sweep) > 0 {
		addPair(top, "sweep", s.Sweep.node())
	}
	return yaml.Dump(top, yaml.WithLineWidth(-1))
}

// implied reports whether the path is left to the other ones: of the two rates and of the ways to size messages those not in force, and the headers, which
// have a writer of their own.
func (s *Scenario) implied(path string) bool {
	sized := len(s.PayloadMix) == 0 && s.PayloadFile == ""
	switch path {
	case "rate":
		return s.RatePerClient != 0
	case "rate_per_client":
		return s.RatePerClient == 0
	case "payload", "payload_max":
		return !sized
	case "payload_mix":
		return len(s.PayloadMix) == 0
	case "mix":
		return len(s.Mix) == 0
	case "payload_file", "payload_field":
		return s.PayloadFile == ""
	}
	return strings.HasPrefix(path, "headers")
}

// writeHeaders writes a preset as a word where that says all, else as a mapping.
func (s *Scenario) writeHeaders(top *yaml.Node) {
	h := s.Headers
	if h == (Headers{Preset: HeadersNone}) || h == (Headers{Preset: HeadersBrowser, Cookie: DefaultCookie}) {
		addPair(top, "headers", textNode(string(h.Preset)))
		return
	}
	sizes := mappingNode()
	addPair(sizes, "preset", textNode(string(h.Preset)))
	if h.Preset == HeadersSized {
		addPair(sizes, "request", textNode(h.Request.String()))
	}
	addPair(sizes, "cookie", textNode(h.Cookie.String()))
	addPair(sizes, "response", textNode(h.Response.String()))
	addPair(top, "headers", sizes)
}

// node is the parameter's value as YAML.
func (p *Parameter) node(s *Scenario) *yaml.Node {
	switch {
	case p.items != nil:
		return listNode(p.items(s))
	case p.mapping:
		return mixNode(p.get(s))
	case p.tags[0] == tagBool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tagBool, Value: p.get(s)}
	case p.Kind == "count":
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tagInt, Value: p.get(s)}
	}
	return textNode(p.get(s))
}

func (sw Sweep) node() *yaml.Node {
	n := mappingNode()
	for _, axis := range sw {
		addPair(n, axis.Parameter, listNode(axis.Values))
	}
	return n
}

func mappingNode() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode} }

func listNode(items []string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, item := range items {
		n.Content = append(n.Content, textNode(item))
	}
	return n
}

// textNode is a text, which the emitter quotes where YAML would read it as something else.
func textNode(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tagString, Value: value}
}

func addPair(mapping *yaml.Node, key string, value *yaml.Node) {
	mapping.Content = append(mapping.Content, textNode(key), value)
}
