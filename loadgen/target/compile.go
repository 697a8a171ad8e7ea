package target

import (
	"slices"
	"strings"

	"pushbench/loadgen/target/file"
	"pushbench/loadgen/wire"
	"pushbench/scenarios"
)

// saying is what turns a request of a target file into that of one session.
type saying struct {
	use use
	// transport is whose header fields the scenario adds; empty for the application beside the server, which sends those of the file alone.
	transport scenarios.Transport
	known     values
	headers   []file.Header
	// barred is of a client behind a proxy that lets no Upgrade through.
	barred bool
}

// fieldText is a header field in which a cursor may stand.
type fieldText struct {
	name  string
	value text
}

// compile makes the request that a session sends, and checks it once: none of the session's values can end a line or a token early.
func (d *Described) compile(at *reach, r file.Request, s saying) (*request, error) {
	values, payload := d.file.Limits.Bodies.Escape()
	out := &request{hasBody: r.Method != "GET"}
	if r.Body.Present() {
		out.body = out.body.add(r.Body, s.known, values, payload)
	}
	target := text{}.literal(at.base).add(r.Path, s.known, file.EscapePath, file.EscapePath)
	s.headers = slices.Concat(s.headers, r.Headers)
	fields := fieldTexts(at, s, out.body)
	if err := verify(at, r.Method, target, fields); err != nil {
		return nil, err
	}
	out.head = text{}.literal(r.Method + " ").concat(target).literal(" HTTP/1.1\r\nHost: " + at.hostField + "\r\n")
	for _, f := range fields {
		out.head = out.head.literal(f.name + ": ").concat(f.value).literal("\r\n")
	}
	return out, nil
}

// verify checks a request with something in its places. What comes there later is escaped, or checked when it comes.
func verify(at *reach, method string, target text, fields []fieldText) error {
	spec := wire.RequestSpec{Method: method, Host: at.hostField, Target: target.sample()}
	for _, f := range fields {
		spec.Header = append(spec.Header, wire.Field{Name: f.name, Value: f.value.sample()})
	}
	_, err := wire.NewRequest(spec)
	return err
}

// fieldTexts are a request's header fields: those of the scenario that the file does not say itself, then the file's. Of two of one name in the file the later
// counts.
func fieldTexts(at *reach, s saying, body text) (all []fieldText) {
	said := map[string]int{}
	for i, h := range s.headers {
		said[strings.ToLower(h.Name)] = i
	}
	for _, f := range preset(at, s, body) {
		if _, ok := said[strings.ToLower(f.Name)]; !ok {
			all = append(all, fieldText{f.Name, text{}.literal(f.Value)})
		}
	}
	for i, h := range s.headers {
		if said[strings.ToLower(h.Name)] == i {
			all = append(all, fieldText{h.Name, text{}.add(h.Value, s.known, file.EscapeNone, file.EscapeNone)})
		}
	}
	return all
}

// preset are the fields that a request has without the file's: those of the scenario's clients, and the type of a body in JSON.
func preset(at *reach, s saying, body text) (all []wire.Field) {
	if s.transport != "" {
		all = plain(at.headerFields(s.use, s.transport), s.use)
	}
	if s.use == forEvents && !has(all, "Accept") {
		all = append(all, wire.Field{Name: "Accept", Value: "text/event-stream"})
	}
	if isJSON(body) {
		all = append(without(all, "Content-Type"), wire.Field{Name: "Content-Type", Value: "application/json"})
	}
	return all
}

func has(all []wire.Field, name string) bool {
	return slices.ContainsFunc(all, func(f wire.Field) bool { return f.Name == name })
}

// plainEncoding takes no coding of content, in as many bytes as a browser takes several: header fields weigh what theirs do.
const plainEncoding = "identity;q=1.000, *;q=0"

var _ [0]struct{} = [len(plainEncoding) - len(browserEncoding)]struct{}{}

// plain asks for what is read to come as it is. A browser would take it compressed, but what is compressed hides the stamps.
func plain(all []wire.Field, u use) []wire.Field {
	if u != forPoll && u != forEvents {
		return all
	}
	for i := range all {
		if all[i].Name == "Accept-Encoding" {
			all[i].Value = plainEncoding
		}
	}
	return all
}

// isJSON says whether a body is an object or array in which something stands.
func isJSON(body text) bool {
	return len(body) > 0 && (strings.HasPrefix(body[0].text, "{") || strings.HasPrefix(body[0].text, "["))
}
