package finding

import (
	"fmt"
	"strings"

	"pushbench/report/format"
	"pushbench/report/sweep"
	"pushbench/scenarios"
)

// wording is how the values of a parameter stand in a sentence; without one they follow the parameter's path.
type wording struct {
	// at holds one value, "messages of %s"; over holds two, where at and the bare second would not do.
	at, over string
	// values are words for values; share says that they are parts of a whole.
	values map[string]string
	share  bool
}

var wordings = map[string]wording{
	"clients":          {at: "%s users", over: "%s to %s users"},
	"rate":             {at: "messages at %s"},
	"payload":          {at: "messages of %s"},
	"network.delay":    {at: "users %s away", over: "users %s to %s away"},
	"headers.cookie":   {at: "cookies of %s"},
	"server.procs":     {at: "a server on %s processors", over: "a server on %s to %s processors"},
	"churn.share":      {at: "%s of the users exchanged each second", over: "%s to %s of the users exchanged each second", share: true},
	"slow.share":       {at: "%s slow readers", over: "%s to %s slow readers", share: true},
	"fallback":         {at: "%s of the users falling back", over: "%s to %s of the users falling back", share: true},
	"http":             {at: "%s", values: map[string]string{"http/1.1": "HTTP/1.1", "h2": "HTTP/2"}},
	"tls":              {at: "%s", values: map[string]string{"off": "no encryption", "tls1.2": "TLS 1.2", "tls1.3": "TLS 1.3"}},
	"compression":      {at: "%s", values: map[string]string{"off": "no compression", "deflate": "deflate"}},
	"reconnect.jitter": {at: "%s", values: map[string]string{"full": "random waits", "none": "equal waits"}},
}

// value is one value in words.
func (w wording) value(text string) string {
	if word, ok := w.values[text]; ok {
		return word
	}
	if share, err := scenarios.ParseFraction(text); w.share && err == nil {
		return format.Trim(100*float64(share)) + "%"
	}
	return text
}

// setting is a parameter with one value: "messages of 128B", or "longpoll.hold 1s".
func setting(a sweep.Axis, v sweep.Value) string {
	w, ok := wordings[a.Parameter]
	if !ok {
		return strings.TrimSpace(a.Parameter + " " + v.Text)
	}
	return fmt.Sprintf(w.at, w.value(v.Text))
}

// along says which ends of the axis the numbers of a sweep are from: "with 0% to 20% slow readers", "from no encryption to TLS 1.3".
func along(axis sweep.Axis) string {
	first, last := axis.Values[0], axis.Values[len(axis.Values)-1]
	w := wordings[axis.Parameter]
	if w.over != "" {
		return "with " + fmt.Sprintf(w.over, w.value(first.Text), w.value(last.Text)) + ", "
	}
	return "from " + setting(axis, first) + " to " + w.value(last.Text) + ", "
}

// held are the values of the other parameters, which a slice holds fixed: "with TLS 1.3 ".
func held(s sweep.Sweep, slice sweep.Slice) string {
	var words []string
	for i, a := range s.Others {
		words = append(words, setting(a, a.Values[slice.Place[i]]))
	}
	if len(words) == 0 {
		return ""
	}
	return "with " + listing(words) + " "
}
