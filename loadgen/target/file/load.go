package file

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pushbench/scenarios/document"
)

// Source is a target file as it was written: what can be kept, printed and sent, since no secret of the environment or of a users' table is in it.
type Source struct {
	// Path is the file's, by which problems call it and from whose folder it names others.
	Path string `json:"path"`
	Text []byte `json:"text"`
}

// Read reads a file, or just enough of one that is too large for Parse to say so.
func Read(path string) (Source, error) {
	text, err := readBounded(path, document.MaxFileSize)
	if err != nil {
		return Source{}, fmt.Errorf("read the target file: %w", err)
	}
	return Source{Path: path, Text: text}, nil
}

func readBounded(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit+1))
}

// Load reads and parses a file with this process's environment.
func Load(path string) (*Target, error) {
	s, err := Read(path)
	if err != nil {
		return nil, err
	}
	return s.Parse()
}

// Parse resolves the source with this process's environment and the files it names. The error is a document.Problems with everything that is wrong.
func (s Source) Parse() (*Target, error) {
	return Parse(s, Surroundings{})
}

// Surroundings are what a file refers to. The zero value is the process's environment and the files on disk.
type Surroundings struct {
	LookupEnv func(name string) (string, bool)
	ReadFile  func(path string) ([]byte, error)
}

func (s Surroundings) lookup(name string) (string, bool) {
	if s.LookupEnv != nil {
		return s.LookupEnv(name)
	}
	return os.LookupEnv(name)
}

func (s Surroundings) read(path string) ([]byte, error) {
	if s.ReadFile != nil {
		return s.ReadFile(path)
	}
	return readBounded(path, MaxUsersSize)
}

// Parse reads a target file strictly. The error is a document.Problems with everything that is wrong, in one pass.
func Parse(s Source, around Surroundings) (*Target, error) {
	top, problems := document.Parse(s.Path, s.Text, "`url: http://127.0.0.1:8080` and `websocket: {path: /ws}`")
	if len(problems) > 0 {
		return nil, problems
	}
	d := &decoder{file: s.Path, env: around.lookup, origins: map[string]document.Origin{}}
	t := &Target{Name: strings.TrimSuffix(filepath.Base(s.Path), filepath.Ext(s.Path))}
	targetSection.read(d, place{top, top, ""}, t)
	d.readUsers(t, around)
	d.check(t)
	t.defaults()
	t.secrets, t.origins = d.secrets, d.origins
	if err := d.problems.Sorted().Err(); err != nil {
		return nil, err
	}
	return t, nil
}

// beside is a path that the file names.
func (d *decoder) beside(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(d.file), path)
}

func (d *decoder) readUsers(t *Target, around Surroundings) {
	t.TLS.CA = d.beside(t.TLS.CA)
	if t.users.file == "" {
		return
	}
	path := d.beside(t.users.file)
	data, err := around.read(path)
	switch {
	case err != nil:
		d.problem(d.at("users"), "users", err.Error(), "a CSV file that can be read")
		return
	case len(data) > MaxUsersSize:
		d.problem(d.at("users"), "users", "is larger than 256 MiB", "a smaller table, with repeat: true")
		return
	}
	users, problems := parseUsers(path, data)
	d.problems = append(d.problems, problems...)
	if users != nil {
		users.Repeat = t.users.repeat
		t.Users = users
	}
}

// defaults fills in what the file leaves out.
func (t *Target) defaults() {
	if t.Limits.Bodies == "" {
		t.Limits.Bodies = EncodeJSON
	}
	if t.Publish.Connections == 0 {
		t.Publish.Connections = defaultConnections
	}
	payload := Template{present: true, parts: []part{{kind: variable, text: VarPayload}}}
	requests := []*Request{&t.Publish.Post}
	for _, p := range t.polls() {
		if p.Empty == nil {
			p.Empty = []int{204, 304}
		}
		requests = append(requests, &p.Send)
	}
	if t.SSE != nil {
		requests = append(requests, &t.SSE.Send)
	}
	for _, r := range requests {
		if r.Method != "" && !r.Body.Present() {
			r.Body = payload
		}
	}
}

// defaultConnections is how many connections a stream of posts may keep busy: enough for 400 messages/s at a round trip of 20 ms.
const defaultConnections = 8

func (t *Target) polls() (all []*Poll) {
	for _, p := range []*Poll{t.LongPoll, t.ShortPoll} {
		if p != nil {
			all = append(all, p)
		}
	}
	return all
}

// Secrets are the values that must not be shown: those of the environment and of the users' table, and what stands literally in queries and in header fields that
// identify somebody. Values of fewer than four bytes are left out: they are in every text.
func (t *Target) Secrets() []string {
	all := slices.Clone(t.secrets)
	if t.Users != nil {
		for _, row := range t.Users.rows {
			all = append(all, row...)
		}
	}
	headers := slices.Concat(t.Headers, t.Publish.Post.Headers)
	for _, w := range []*WebSocket{t.WebSocket, t.Publish.Stream} {
		if w != nil {
			headers = append(headers, w.Headers...)
			headers = append(headers, stepHeaders(w.Open)...)
		}
	}
	for _, p := range t.polls() {
		headers = slices.Concat(headers, p.Headers, p.Send.Headers, stepHeaders(p.Open))
	}
	if e := t.SSE; e != nil {
		headers = slices.Concat(headers, e.Headers, e.Send.Headers, stepHeaders(e.Open))
	}
	for _, h := range headers {
		if Identifies(h.Name) {
			for _, p := range h.Value.parts {
				all = append(all, secretsIn(h.Name, p)...)
			}
		}
	}
	all = slices.Concat(all, t.querySecrets(), t.hostSecrets())
	all = slices.DeleteFunc(all, func(s string) bool { return len(s) < shortestSecret || schemes[strings.ToLower(s)] })
	slices.Sort(all)
	return slices.Compact(all)
}

// shortestSecret is the least that a value must measure to be looked for: a shorter one is in every text.
const shortestSecret = 4

// queryValue is what stands in a query literally, or from the environment, as the value of a parameter, or as a part of one. Name is empty for what does not
// follow "name=" directly.
type queryValue struct{ name, value string }

// queryValues are those of all paths. What a session fills in ({cursor}, {topic}, {user.…}) is none.
func (t *Target) queryValues() (all []queryValue) {
	for _, path := range t.paths() {
		_, query, _ := strings.Cut(path.withHoles(), "?")
		all = append(all, valuesIn(query)...)
	}
	for _, p := range t.polls() { // which is a part of the file's own text
		all = append(all, valuesIn(p.Single)...)
	}
	return all
}

// hole stands where a template has a value; no path has this byte.
const hole = "\x00"

// withHoles is the template's text, with a hole for each value that is not the environment's.
func (t Template) withHoles() string {
	return t.with(func(value string) string { return string(EscapePath(nil, []byte(value), false)) }, func(string) string { return hole })
}

func valuesIn(query string) (all []queryValue) {
	for pair := range strings.SplitSeq(query, "&") {
		name, value, named := strings.Cut(pair, "=")
		if !named || strings.Contains(name, hole) {
			name, value = "", pair
		}
		for part := range strings.SplitSeq(value, hole) {
			if part != "" {
				all = append(all, queryValue{name, part})
			}
			name = ""
		}
	}
	return all
}

// querySecrets are what stands literally in queries, but for words that say nothing of anybody: those would be hidden wherever else they are said.
func (t *Target) querySecrets() (all []string) {
	for _, v := range t.queryValues() {
		if !commonWords[strings.ToLower(v.value)] {
			all = append(all, v.value)
			if plain, err := url.QueryUnescape(v.value); err == nil {
				all = append(all, plain)
			}
		}
	}
	return all
}

// commonWords are values of queries that are said of protocols everywhere. As the value of its parameter each is hidden all the same.
var commonWords = map[string]bool{
	"websocket": true, "polling": true, "longpoll": true, "longpolling": true, "long-polling": true, "shortpoll": true, "eventsource": true, "stream": true,
	"json": true, "text": true, "true": true, "false": true, "none": true, "message": true, "messages": true, "session": true,
}

// paths are those of all requests and upgrades.
func (t *Target) paths() (paths []Template) {
	paths = append(paths, t.Publish.Post.Path)
	var steps []Step
	for _, w := range []*WebSocket{t.WebSocket, t.Publish.Stream} {
		if w != nil {
			paths, steps = append(paths, w.Path), append(steps, w.Open...)
		}
	}
	for _, p := range t.polls() {
		paths, steps = append(paths, p.Get.Path, p.Send.Path), append(steps, p.Open...)
	}
	if e := t.SSE; e != nil {
		paths, steps = append(paths, e.Get.Path, e.Send.Path), append(steps, e.Open...)
	}
	for _, s := range steps {
		paths = append(paths, s.Request.Path)
	}
	return paths
}

// hostSecrets are the hosts of addresses that the environment said more of than the host.
func (t *Target) hostSecrets() (all []string) {
	for _, u := range t.URLs() {
		if slices.ContainsFunc(t.secrets, func(s string) bool { return strings.Contains(s, u.Hostname()) }) {
			all = append(all, u.Hostname())
		}
	}
	return all
}

// secretsIn are the secret words in a part of a field's value: of cookies, their values.
func secretsIn(name string, p part) []string {
	switch {
	case p.kind == variable:
		return nil
	case !strings.EqualFold(name, "cookie"):
		return strings.Fields(p.text)
	}
	var all []string
	for pair := range strings.SplitSeq(p.text, ";") {
		if _, value, ok := strings.Cut(pair, "="); ok {
			all = append(all, strings.TrimSpace(value))
		}
	}
	return all
}

// schemes are the words of an Authorization field that are no secret.
var schemes = map[string]bool{"basic": true, "bearer": true, "digest": true, "token": true}

func stepHeaders(steps []Step) (all []Header) {
	for _, s := range steps {
		all = append(all, s.Request.Headers...)
	}
	return all
}

// Identifies says whether a header field, parameter or key of that name says who somebody is, so that its value is a secret.
func Identifies(name string) bool {
	switch name = strings.ToLower(name); name {
	case "authorization", "proxy-authorization", "cookie", "set-cookie":
		return true
	}
	return slices.ContainsFunc([]string{"token", "key", "secret", "auth", "passw", "signature", "session", "credential"}, func(word string) bool {
		return strings.Contains(name, word)
	})
}
