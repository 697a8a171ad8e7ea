package target

import (
	"strings"

	"pushbench/loadgen/wire"
	"pushbench/scenarios"
)

// The header fields that a current browser adds to a same-origin request, in its order; recorded from Chromium 156 on Linux with fetch(),
// new WebSocket() and new EventSource() on 2026-11-23 and 25. Referer and Origin are filled in with the server's address. Left out are Sec-WebSocket-Extensions (the clients
// offer no compression) and what the protocol requires anyway (Host, Connection, Upgrade, Content-Length).
const (
	browserAgent    = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
	browserBrands   = `"Not:A-Brand";v="8", "Chromium";v="156"`
	browserEncoding = "gzip, deflate, br, zstd"
	browserLanguage = "en-US,en;q=0.9"
)

// use is what a request is for; browsers send different fields with each.
type use int

const (
	forPoll use = iota
	forPost
	forUpgrade
	forEvents
)

// fields returns the header fields of a request beyond what its protocol requires. origin is such as http://127.0.0.1:8080.
func fields(h scenarios.Headers, u use, origin string) []wire.Field {
	switch h.Preset {
	case scenarios.HeadersNone:
		return nil
	case scenarios.HeadersSized:
		return sized(h)
	}
	return append(browser(u, origin), cookie(h.Cookie)...)
}

func browser(u use, origin string) []wire.Field {
	switch u {
	case forUpgrade:
		return upgradeFields(origin)
	case forEvents:
		return eventsFields(origin)
	case forPost:
		return append(fetchFields(origin), wire.Field{Name: "Origin", Value: origin}, wire.Field{Name: "Content-Type", Value: "text/plain;charset=UTF-8"})
	}
	return fetchFields(origin)
}

// upgradeFields are those of new WebSocket().
func upgradeFields(origin string) []wire.Field {
	return []wire.Field{
		{Name: "Pragma", Value: "no-cache"},
		{Name: "Cache-Control", Value: "no-cache"},
		{Name: "User-Agent", Value: browserAgent},
		{Name: "Origin", Value: origin},
		{Name: "Accept-Encoding", Value: browserEncoding},
		{Name: "Accept-Language", Value: browserLanguage},
	}
}

// eventsFields are those of new EventSource().
func eventsFields(origin string) []wire.Field {
	return []wire.Field{
		{Name: "Connection", Value: "keep-alive"},
		{Name: "Pragma", Value: "no-cache"},
		{Name: "Cache-Control", Value: "no-cache"},
		{Name: "sec-ch-ua-platform", Value: `"Linux"`},
		{Name: "User-Agent", Value: browserAgent},
		{Name: "Accept", Value: "text/event-stream"},
		{Name: "sec-ch-ua", Value: browserBrands},
		{Name: "sec-ch-ua-mobile", Value: "?0"},
		{Name: "Sec-Fetch-Site", Value: "same-origin"},
		{Name: "Sec-Fetch-Mode", Value: "cors"},
		{Name: "Sec-Fetch-Dest", Value: "empty"},
		{Name: "Referer", Value: origin + "/"},
		{Name: "Accept-Encoding", Value: browserEncoding},
		{Name: "Accept-Language", Value: browserLanguage},
	}
}

// fetchFields are those of fetch() with GET.
func fetchFields(origin string) []wire.Field {
	return []wire.Field{
		{Name: "Connection", Value: "keep-alive"},
		{Name: "sec-ch-ua-platform", Value: `"Linux"`},
		{Name: "User-Agent", Value: browserAgent},
		{Name: "sec-ch-ua", Value: browserBrands},
		{Name: "sec-ch-ua-mobile", Value: "?0"},
		{Name: "Accept", Value: "*/*"},
		{Name: "Sec-Fetch-Site", Value: "same-origin"},
		{Name: "Sec-Fetch-Mode", Value: "cors"},
		{Name: "Sec-Fetch-Dest", Value: "empty"},
		{Name: "Referer", Value: origin + "/"},
		{Name: "Accept-Encoding", Value: browserEncoding},
		{Name: "Accept-Language", Value: browserLanguage},
	}
}

// sized returns fields whose lines measure exactly the bytes asked for, as far as the shortest line allows.
func sized(h scenarios.Headers) []wire.Field {
	var all []wire.Field
	if f, ok := line("X-Padding", int(h.Request)); ok {
		all = append(all, f)
	}
	return append(all, cookie(h.Cookie)...)
}

// cookie returns a Cookie field whose line, with its line end, measures size bytes.
func cookie(size scenarios.Size) []wire.Field {
	f, ok := line("Cookie", int(size))
	if !ok {
		return nil
	}
	const name = "session="
	if len(f.Value) > len(name) {
		f.Value = name + f.Value[len(name):]
	}
	return []wire.Field{f}
}

// line returns a field whose line measures size bytes: name, colon, space, value, CR, LF. ok is false if size holds no value.
func line(name string, size int) (f wire.Field, ok bool) {
	n := size - len(name) - len(": \r\n")
	if n < 1 {
		return wire.Field{}, false
	}
	return wire.Field{Name: name, Value: strings.Repeat("x", n)}, true
}

// without returns the fields but those of one name.
func without(all []wire.Field, name string) []wire.Field {
	var kept []wire.Field
	for _, f := range all {
		if !strings.EqualFold(f.Name, name) {
			kept = append(kept, f)
		}
	}
	return kept
}
