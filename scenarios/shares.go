package scenarios

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
	"go.yaml.in/yaml/v4"
)

// SizeShare is how large a share of the messages has a size.
type SizeShare struct {
	Size  Size     `json:"payload_bytes"`
	Share Fraction `json:"share"`
}

// maxShares bounds a mixture: more parts than that are a distribution, not a mixture.
const maxShares = 100

// shareCodec is how a mixture of things is written: in a file a mapping of each to its share, in a flag the same with commas between.
type shareCodec[K comparable] struct {
	kind, form string
	parse      func(string) (K, error)
	print      func(K) string
	// keys is the regular expression of a key, for the schema.
	keys string
}

// read reads `key:share,key:share`.
func (c shareCodec[K]) read(text string) (keys []K, shares []Fraction, err error) {
	for _, item := range splitList(text) {
		key, share, ok := strings.Cut(item, ":")
		if !ok {
			return nil, nil, fmt.Errorf("%s has no share", item)
		}
		k, err := c.parse(strings.TrimSpace(key))
		if err != nil {
			return nil, nil, err
		}
		f, err := ParseFraction(strings.TrimSpace(share))
		if err != nil {
			return nil, nil, err
		}
		keys, shares = append(keys, k), append(shares, f)
	}
	return keys, shares, nil
}

func (c shareCodec[K]) write(keys []K, shares []Fraction) string {
	items := make([]string, len(keys))
	for i := range keys {
		items[i] = c.print(keys[i]) + ":" + shares[i].String()
	}
	return strings.Join(items, ",")
}

// checkShares says what is wrong with the shares of a mixture.
func checkShares[K comparable](c shareCodec[K], keys []K, shares []Fraction) string {
	sum := 0.0
	for i, share := range shares {
		switch {
		case slices.Contains(keys[:i], keys[i]):
			return c.print(keys[i]) + " is there twice"
		case !(share > 0):
			return fmt.Sprintf("%s has a share of %v, which is none", c.print(keys[i]), share)
		}
		sum += float64(share)
	}
	switch {
	case len(shares) > maxShares:
		return fmt.Sprintf("has %d parts, more than %d", len(shares), maxShares)
	case len(shares) > 0 && math.Abs(sum-1) > 1e-9:
		return fmt.Sprintf("has shares that sum to %.4g %%, not to 100 %%", 100*sum)
	}
	return ""
}

// mixture is the parameter for shares of a whole; get and put reach them in a scenario, and check says what is wrong with the keys.
func mixture[K comparable](path, doc string, c shareCodec[K], get func(*Scenario) ([]K, []Fraction), put func(*Scenario, []K, []Fraction),
	check func(K) string,
) Parameter {
	return Parameter{
		Path: path, Doc: doc, Kind: c.kind, Allowed: c.form, tags: []string{tagString}, fixed: true, mapping: true,
		set: func(s *Scenario, text string) error {
			keys, shares, err := c.read(text)
			if err == nil {
				put(s, keys, shares)
			}
			return err
		},
		get: func(s *Scenario) string { return c.write(get(s)) },
		check: func(s *Scenario) string {
			keys, shares := get(s)
			for _, k := range keys {
				if problem := check(k); problem != "" {
					return problem
				}
			}
			return checkShares(c, keys, shares)
		},
		schema: func() *jsonschema.Schema {
			share := &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: "string", Pattern: fractionCodec.pattern}, {Type: "number", Minimum: jsonschema.Ptr(0.0)}}}
			return &jsonschema.Schema{
				Type: "object", MinProperties: jsonschema.Ptr(1), MaxProperties: jsonschema.Ptr(maxShares),
				PropertyNames: &jsonschema.Schema{Pattern: c.keys}, AdditionalProperties: share,
			}
		},
	}
}

// mixText is a file's mapping as the text that set reads.
func (d *Draft) mixText(n *yaml.Node, section string) (text string, ok bool) {
	var items []string
	ok = n.Kind == yaml.MappingNode
	if !ok {
		return "", false
	}
	d.entries(n, section, func(key, value *yaml.Node) {
		ok = ok && value.Kind == yaml.ScalarNode && slices.Contains([]string{tagString, tagInt, tagFloat}, value.ShortTag())
		items = append(items, key.Value+":"+value.Value)
	})
	return strings.Join(items, ","), ok
}

// mixNode is a parameter's mixture as a file has it.
func mixNode(text string) *yaml.Node {
	n := mappingNode()
	n.Style = yaml.FlowStyle
	for _, item := range splitList(text) {
		key, share, _ := strings.Cut(item, ":")
		addPair(n, key, textNode(share))
	}
	return n
}

var sizeShares = shareCodec[Size]{
	kind: "mixture", form: "a mapping of sizes to shares that sum to 100 %, such as {128B: 80%, 1KiB: 20%}", parse: ParseSize, print: Size.String, keys: sizeCodec.pattern,
}

func payloadMixParameter() Parameter {
	get := func(s *Scenario) (sizes []Size, shares []Fraction) {
		for _, m := range s.PayloadMix {
			sizes, shares = append(sizes, m.Size), append(shares, m.Share)
		}
		return sizes, shares
	}
	put := func(s *Scenario, sizes []Size, shares []Fraction) {
		if s.PayloadMix = nil; len(sizes) > 0 {
			s.clearPayload()
			s.PayloadField = ""
		}
		for i := range sizes {
			s.PayloadMix = append(s.PayloadMix, SizeShare{sizes[i], shares[i]})
		}
	}
	check := func(size Size) string {
		if size < MinPayload || size > maxPayload {
			return fmt.Sprintf("%v is out of range (%v to %v)", size, MinPayload, maxPayload)
		}
		return ""
	}
	return mixture("payload_mix", "Messages of several sizes, each an exact share of all, in random order; not beside payload.", sizeShares, get, put, check)
}

// clearPayload forgets how messages are sized, before another way is said.
func (s *Scenario) clearPayload() {
	s.Payload, s.PayloadMax, s.PayloadMix, s.PayloadFile, s.PayloadSamples = 0, 0, nil, "", nil
}
