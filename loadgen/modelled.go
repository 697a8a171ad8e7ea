package loadgen

// Sizes behind the modelled IP bytes: IPv4 (20) and TCP (20) headers with timestamps (12, RFC 7323), and what a full segment on Ethernet holds besides.
const (
	segmentHeader  = 52
	segmentPayload = 1448
	// openingSegment is a SYN or its answer: 40 bytes of headers and 20 of options (segment size, SACK, timestamps, window scale).
	openingSegment = 60
	// perConnection is SYN, SYN-ACK, ACK, and at the end FIN, FIN-ACK, ACK.
	perConnection = 2*openingSegment + 4*segmentHeader
)

// flow is the bytes of one direction and in how many pieces they were written or read.
type flow struct{ bytes, pieces int64 }

// segments is how many segments the flow takes, and how many acknowledgements: one for every second segment of a piece, and one for a piece that
// ends with an odd one (RFC 9293, section 3.8.6.3). All pieces count as equally long.
func (f flow) segments() (data, acks int64) {
	if f.bytes == 0 {
		return 0, 0
	}
	pieces := max(1, f.pieces)
	perPiece := ceil(f.bytes, pieces*segmentPayload)
	return pieces * perPiece, pieces * ceil(perPiece, 2)
}

// modelledIP is what the bytes of both directions take with IPv4 and TCP headers, acknowledgements, and the opening and closing of connections. Data
// carries the acknowledgement of what came the other way, so of a request and its answer only one is acknowledged by a segment of its own.
// Loopback has neither such segments nor a network card, so this is computed and never measured.
func modelledIP(up, down flow, connections int64) int64 {
	upData, upAcks := up.segments()
	downData, downAcks := down.segments()
	return up.bytes + down.bytes + (upData+downData+max(upAcks, downAcks))*segmentHeader + connections*perConnection
}

func ceil(a, b int64) int64 { return (a + b - 1) / b }
