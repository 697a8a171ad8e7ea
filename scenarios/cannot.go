package scenarios

// Cannot says why a transport cannot do what the scenario asks for, beginning with "n/a: "; empty if it can. Such an arm is not measured, and said not to be.
func (s *Scenario) Cannot(t Transport) string {
	if s.Compression != Deflate {
		return ""
	}
	switch {
	case t == SSE:
		return "n/a: a stream of events is compressed as one, with a compressor for each client; the reference server has none"
	case s.ClientKind() == Library:
		return "n/a: library clients unpack what they read and do not say how much it was, so that the books of bytes could not be kept"
	}
	return ""
}
