package scenarios

// Cannot says why a transport cannot do what the scenario asks for, beginning with "n/a: "; empty if it can. Such an arm is not measured, and said not to be.
func (s *Scenario) Cannot(t Transport) string {
	if t == Mix {
		for _, share := range s.Mix {
			if why := s.Cannot(share.Transport); why != "" {
				return why
			}
		}
		return ""
	}
	if s.Compression == Deflate {
		if why := s.cannotCompress(t); why != "" {
			return why
		}
	}
	if s.HTTP == HTTP2 {
		return s.cannotMultiplex(t)
	}
	return ""
}

func (s *Scenario) cannotCompress(t Transport) string {
	switch {
	case t == SSE:
		return "n/a: a stream of events is compressed as one, with a compressor for each client; the reference server has none"
	case s.ClientKind() == Library:
		return "n/a: library clients unpack what they read and do not say how much it was, so that the books of bytes could not be kept"
	}
	return ""
}

func (s *Scenario) cannotMultiplex(t Transport) string {
	switch {
	case t == WebSocket:
		return "n/a: WebSockets over HTTP/2 (RFC 8441) are nothing that coder/websocket speaks"
	case t == SSE:
		return "n/a: the reference server writes events to the connection itself, which in HTTP/2 is shared with other requests"
	case t == LongPollNewConn:
		return "n/a: a new connection for each poll is what HTTP/2 is there to spare"
	case s.ClientKind() != Library:
		return "n/a: the lean clients speak HTTP/1.1; HTTP/2 takes client library, net/http's, and is compared with that client's cells only"
	case s.Pattern.ClientsSend():
		return "n/a: in HTTP/2 polls and posts share a connection, and net/http does not say which bytes are whose"
	}
	return ""
}
