package probe

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// hops is what answers say of those that passed them on.
type hops struct {
	Products []string
	// Fields are the fields in which someone names itself, as "Via: 1.1 varnish".
	Fields []string
	// TookAccel says that the reference server's X-Accel-Buffering did not arrive: nginx keeps such fields to itself.
	TookAccel bool
}

var proxies = checkOf(plan{
	name: "proxies", bears: Transports, harvest: true, tried: "looked for fields in which something on the path names itself",
}, lookHops, judgeHops)

func lookHops(_ context.Context, p *Path) (hops, error) {
	all := p.harvest()
	h := hops{Products: betrayed(all)}
	for _, a := range all {
		for _, name := range []string{"Via", "Server", "X-Cache", "X-Powered-By"} {
			for _, v := range a.Header.Values(name) {
				if line := name + ": " + p.mask.clean(v); !slices.Contains(h.Fields, line) {
					h.Fields = append(h.Fields, line)
				}
			}
		}
	}
	if o := p.opened[SSE]; p.service.speaks() == (reference{}).speaks() && o.Err == nil {
		h.TookAccel = o.Head.Header.Get("X-Accel-Buffering") == ""
	}
	return h, nil
}

// shownFields is how many fields are shown, and shownField how much of each: a server may send any number of any length.
const shownFields, shownField = 6, 80

func judgeHops(h hops) []Finding {
	f := Finding{Verdict: Fine, Happened: "nothing on the path names itself", Means: "There may be proxies all the same. What counts is what the other findings say."}
	var lines []string
	for _, line := range h.Fields[:min(len(h.Fields), shownFields)] {
		lines = append(lines, line[:min(len(line), shownField)])
	}
	if len(lines) > 0 {
		f.Happened = strings.Join(lines, "; ")
		f.Means = "That is what answered, or passed the answer on; there may be more."
	}
	if len(h.Products) > 0 {
		f.Means = fmt.Sprintf("There is %s. Its settings stand first wherever something is to be changed.", strings.Join(h.Products, ", "))
	}
	if h.TookAccel {
		f.Happened += "; the X-Accel-Buffering that the server sends did not arrive"
		f.Means += " Only nginx takes that field out."
	}
	return []Finding{f}
}
