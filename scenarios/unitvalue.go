package scenarios

import "go.yaml.in/yaml/v4"

// The methods by which units serve as flags (Set, String and Type, as pflag.Value asks for) and in any YAML file.
// In JSON they stay plain numbers: a run file's keys carry the units.

// assign stores a parsed value, or leaves the old one if the text was wrong.
func assign[T any](to *T, v T, err error) error {
	if err == nil {
		*to = v
	}
	return err
}

// Set parses s as ParseRate does.
func (r *Rate) Set(s string) error {
	v, err := ParseRate(s)
	return assign(r, v, err)
}

// Set parses s as ParseSize does.
func (s *Size) Set(text string) error {
	v, err := ParseSize(text)
	return assign(s, v, err)
}

// Set parses s as ParseBandwidth does.
func (b *Bandwidth) Set(s string) error {
	v, err := ParseBandwidth(s)
	return assign(b, v, err)
}

// Set parses s as ParseCount does.
func (c *Count) Set(s string) error {
	v, err := ParseCount(s)
	return assign(c, Count(v), err)
}

// Type is the word that a flag's help shows for its value.
func (*Rate) Type() string { return "rate" }

// Type is the word that a flag's help shows for its value.
func (*Size) Type() string { return "size" }

// Type is the word that a flag's help shows for its value.
func (*Bandwidth) Type() string { return "bandwidth" }

// Type is the word that a flag's help shows for its value.
func (*Count) Type() string { return "count" }

// UnmarshalYAML reads the scalar as ParseRate does.
func (r *Rate) UnmarshalYAML(n *yaml.Node) error { return r.Set(n.Value) }

// UnmarshalYAML reads the scalar as ParseSize does.
func (s *Size) UnmarshalYAML(n *yaml.Node) error { return s.Set(n.Value) }

// UnmarshalYAML reads the scalar as ParseBandwidth does.
func (b *Bandwidth) UnmarshalYAML(n *yaml.Node) error { return b.Set(n.Value) }

// UnmarshalYAML reads the scalar as ParseCount does.
func (c *Count) UnmarshalYAML(n *yaml.Node) error { return c.Set(n.Value) }

// MarshalYAML writes what ParseRate reads.
func (r Rate) MarshalYAML() (any, error) { return r.String(), nil }

// MarshalYAML writes what ParseSize reads.
func (s Size) MarshalYAML() (any, error) { return s.String(), nil }

// MarshalYAML writes what ParseBandwidth reads.
func (b Bandwidth) MarshalYAML() (any, error) { return b.String(), nil }

// MarshalYAML writes a plain number.
func (c Count) MarshalYAML() (any, error) { return int(c), nil }
