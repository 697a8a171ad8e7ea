package probe

import (
	"net/http"
	"slices"

	"pushbench/loadgen/target/file"
)

// lone is a request of a file that may be sent by itself, with what its variables stand for then.
type lone struct {
	file.Request
	known func(name string) (string, bool)
}

// compressible is a poll, or what opens a session: with the fields and the user that the file says, as the server answers nobody else. One whose variables an
// earlier answer fills cannot be sent by itself.
func (d *described) compressible() (request, error) {
	for _, r := range d.lone() {
		if r.Method == http.MethodGet && r.URL.Zero() && r.complete() {
			return d.request(r.Request, nil, r.known), nil
		}
	}
	return request{}, untried("%s describes no GET that stands by itself", d.file.Name)
}

// lone are the first requests of each section, those first that are answered at once.
func (d *described) lone() (all []lone) {
	for _, p := range []*file.Poll{d.file.ShortPoll, d.file.LongPoll} {
		if p == nil {
			continue
		}
		known := d.atFirst(p)
		if len(p.Open) == 0 {
			all = append(all, lone{firstPoll(p), known})
		} else {
			all = append(all, lone{opener(p.Open, p.URL), known})
		}
	}
	if s := d.file.SSE; s != nil && len(s.Open) > 0 {
		all = append(all, lone{opener(s.Open, s.URL), d.values})
	}
	if s := d.file.WebSocket; s != nil && len(s.Open) > 0 {
		all = append(all, lone{opener(s.Open, s.URL), d.values})
	}
	return all
}

// opener is the first request that opens a session at an address.
func opener(steps []file.Step, at file.URL) file.Request {
	r := steps[0].Request
	if r.URL.Zero() {
		r.URL = at
	}
	return r
}

// firstPoll is a session's first.
func firstPoll(p *file.Poll) file.Request {
	r := p.Get
	r.URL, r.Headers = p.URL, slices.Concat(r.Headers, p.Headers)
	for _, f := range p.FirstFields {
		r.Headers = append(r.Headers, file.Header{Name: f.Name, Value: file.Literal(f.Value)})
	}
	return r
}

// atFirst is what variables stand for in a session's first poll, which shall not be held.
func (d *described) atFirst(p *file.Poll) func(name string) (string, bool) {
	return func(name string) (string, bool) {
		switch name {
		case file.VarCursor:
			return p.First, true
		case file.VarHold:
			return "0s", true
		case file.VarHoldSeconds, file.VarHoldMillis:
			return "0", true
		case file.VarSingle:
			return p.Single, true
		}
		return d.values(name)
	}
}

// complete says whether all variables stand for something.
func (r lone) complete() bool {
	templates := []file.Template{r.Path}
	for _, h := range r.Headers {
		templates = append(templates, h.Value)
	}
	return !slices.ContainsFunc(templates, func(t file.Template) bool {
		return slices.ContainsFunc(t.Bind(r.known, file.EscapeNone), func(p file.Piece) bool { return p.Var != "" })
	})
}
