package results

// Sessions counts what became of the clients' sessions in a round whose clients come back.
type Sessions struct {
	// Lost sessions ended without being asked to. Reopened ones took the place of a lost one.
	Lost     int64 `json:"lost"`
	Reopened int64 `json:"reopened"`
	// FailedOpens counts the attempts to open one that failed, by kind.
	FailedOpens map[string]int64 `json:"failed_opens,omitempty"`
	// FellBack is how many sessions were opened over long-polling after the upgrade to WebSocket had failed, the clients' first ones among them.
	FellBack int64 `json:"fell_back,omitempty"`
	// Resets is how often a client was told that the server's log is another than the one it stood in.
	Resets int64 `json:"resets,omitempty"`
}

// mergeSessions adds up; a round that says nothing had no such clients.
func mergeSessions(rounds []Round) *Sessions {
	var sum Sessions
	said := false
	for _, r := range rounds {
		s := r.Sessions
		if s == nil {
			continue
		}
		said = true
		sum.Lost += s.Lost
		sum.Reopened += s.Reopened
		sum.Resets += s.Resets
		sum.FellBack += s.FellBack
		sum.FailedOpens = addCountsByKind(sum.FailedOpens, s.FailedOpens)
	}
	if !said {
		return nil
	}
	return &sum
}

// addCountsByKind adds counts to a sum, which it makes if need be.
func addCountsByKind(sum, counts map[string]int64) map[string]int64 {
	if sum == nil && len(counts) > 0 {
		sum = make(map[string]int64)
	}
	for kind, n := range counts {
		sum[kind] += n
	}
	return sum
}
