package target

import "testing"

// BenchmarkSend is what a session adds to the sending of a message: counting its bytes and giving an error its kind.
func BenchmarkSend(b *testing.B) {
	var s sending
	var l ledger
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.write(&l, func() error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
