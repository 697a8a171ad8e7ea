package scenarios

import "testing"

// A scenario out of an older run file lacks what was added since: there the default is meant, and what was said is what was said.
func TestMeant(t *testing.T) {
	older := Default()
	older.RoomSize, older.Client, older.Server, older.SSE, older.Slow = 0, "", Server{}, EventStream{}, Slow{}
	for path, other := range map[string]string{"room_size": "7", "client": "library", "server.log_messages": "5", "sse.keepalive": "1s", "slow.rate": "5kB/s", "server.write_timeout": "1s"} {
		p, err := LookupParameter(path)
		if err != nil {
			t.Fatal(err)
		}
		now := Default()
		if got, want := p.Meant(&older), p.Get(&now); got != want || p.Meant(&now) != want {
			t.Errorf("%s of an older file means %s, want the default %s", path, got, want)
		}
		said := Default()
		if err := said.Set(path, other); err != nil || p.Meant(&said) != other {
			t.Errorf("%s=%s means %s (%v)", path, other, p.Meant(&said), err)
		}
	}
	p, _ := LookupParameter("payload")
	if none := (Scenario{}); p.Meant(&none) != "0B" {
		t.Errorf("a payload that is not there means %s", p.Meant(&none))
	}
}
