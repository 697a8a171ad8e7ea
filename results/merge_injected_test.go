package results

import "testing"

func TestMergeInjected(t *testing.T) {
	one := &Server{InjectedCounts: &InjectedCounts{Dropped: 1, Duplicated: 2, Reordered: 3, Delayed: 4, Stalls: 5}}
	round := func(s *Server) (r Round) { r.Server = s; return r }
	got := mergeServer([]Round{round(one), round(one)}).InjectedCounts
	if want := (InjectedCounts{2, 4, 6, 8, 10}); got == nil || *got != want {
		t.Errorf("two rounds make %+v, want %+v", got, want)
	}
	if got := mergeServer([]Round{round(one), round(&Server{})}).InjectedCounts; got != nil {
		t.Errorf("a round that could not say counts as none: %+v", got)
	}
}
