package model

// What the layers add to the bytes of an application. Everything at the level of IP is a model of an Ethernet path, to be labelled "modelled" wherever it is printed:
// on loopback, with its MTU of 65536 and no network card, segments cannot be counted.
const (
	// MSS is the payload of a full TCP segment: an MTU of 1500 without the IPv4 header (20 B), the TCP header (20 B) and its timestamps (12 B with padding;
	// RFC 7323 §3.2).
	MSS = 1448
	// SegmentHeader is what every segment adds, data or ACK: those 52 B.
	SegmentHeader = 52
	// EthernetHeader is what every segment adds below IP, without preamble, check sequence and gap.
	EthernetHeader = 14
	// MinimalUpgradeResponse is the size of the shortest answer that accepts a WebSocket (RFC 6455 §4.2.2): status line, Upgrade, Connection, Sec-WebSocket-Accept.
	MinimalUpgradeResponse = 129
)

// FrameHeader is the size of a WebSocket frame's header (RFC 6455 §5.2): 2 B, 4 B above 125 B of payload, 10 B above 65,535, and 4 B of mask from client to server.
func FrameHeader(payload int, masked bool) int {
	size := 10
	switch {
	case payload <= 125:
		size = 2
	case payload <= 65535:
		size = 4
	}
	if masked {
		size += 4
	}
	return size
}

// TLSRecord is what a TLS record adds to the bytes it carries.
type TLSRecord int

// Record overheads: the header (5 B) with the inner content type (1 B) and the tag (16 B) in TLS 1.3 (RFC 8446 §5.2), with the explicit nonce (8 B) and
// the tag (16 B) in TLS 1.2 with AES-GCM (RFC 5288 §3).
const (
	TLS13 TLSRecord = 22
	TLS12 TLSRecord = 29
)

// maxRecord is the most a TLS record carries (RFC 8446 §5.1).
const maxRecord = 1 << 14

// Bytes is the size of one write of n bytes as TLS records, where every write starts a record.
func (r TLSRecord) Bytes(n int) int { return n + ceilDiv(n, maxRecord)*int(r) }

// Segments is the least number of TCP segments that carry n bytes.
func Segments(n int) int { return ceilDiv(n, MSS) }

// acks is how many pure ACKs so many segments cause: one for every second, and one for the last (RFC 9293 §3.8.6.3).
func acks(segments int) int { return ceilDiv(segments, 2) }

// PushBytes is a message of n bytes (a frame, with its header) on an idle connection, at the level of IP and in both directions: its segments and their ACKs.
func PushBytes(n int) int {
	segments := Segments(n)
	return n + SegmentHeader*(segments+acks(segments))
}

// ExchangeBytes is an HTTP request and its response (sizes with headers), at the level of IP and in both directions. The response carries the ACK of the request's
// last segments; only the response's own ACKs stand alone. A poll that parks for longer than the ACK may be delayed (40 ms on Linux) costs one ACK more.
func ExchangeBytes(request, response int) int {
	asked, answered := Segments(request), Segments(response)
	return request + response + SegmentHeader*(asked+max(0, acks(asked)-1)+answered+acks(answered))
}

func ceilDiv(n, d int) int { return (n + d - 1) / d }
