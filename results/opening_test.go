package results

import "testing"

// Rounds are added up and divided anew; what one of them could not read is n/a.
func TestMergeOpening(t *testing.T) {
	rounds := []Round{{}, {}}
	rounds[0].Opening = &Opening{Sessions: 10, Concurrent: 4, Elapsed: 1e9, SentBytes: 700, ReceivedBytes: 300, Connections: 10, ServerCPU: new(int64(1000)), GeneratorCPU: new(int64(500))}
	rounds[1].Opening = &Opening{Sessions: 30, Concurrent: 4, Elapsed: 1e9, SentBytes: 2100, ReceivedBytes: 900, Connections: 60, ServerCPU: new(int64(7000))}
	got := mergeOpening(rounds)
	if got.Sessions != 40 || got.Concurrent != 4 || *got.PerSecond != 20 {
		t.Errorf("%+v, %v a second", got, *got.PerSecond)
	}
	if c := got.PerSession; c.Bytes != 100 || c.Connections != 1.75 || *c.ServerCPU != 200 || c.GeneratorCPU != nil {
		t.Errorf("a session took %+v", c)
	}
	rounds[1].Opening = nil
	if mergeOpening(rounds) != nil {
		t.Error("a sum of one of two rounds")
	}
}

// Without sessions or time nothing is divided.
func TestAnOpeningOfNothing(t *testing.T) {
	o := Opening{}
	if o.Divide(); o.PerSession != nil || o.PerSecond != nil {
		t.Errorf("%+v", o)
	}
	o.Sessions = 1
	if o.Divide(); o.PerSession == nil || o.PerSecond != nil {
		t.Errorf("%+v", o)
	}
}
