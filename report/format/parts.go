package format

import (
	"image/color"

	"pushbench/results"
)

// BytePart is a part of the bytes that a message takes, under one name and colour everywhere. The colours are of Paul Tol's scheme "bright" (2021), which the common
// colour-vision deficiencies tell apart; they are none of the transports'.
type BytePart struct {
	Name   string
	Colour color.NRGBA
}

// The parts. Overhead stands for framing to empty polls where these were not told apart.
var (
	Payload    = BytePart{"payload", color.NRGBA{0x55, 0x55, 0x50, 0xFF}}
	Framing    = BytePart{"framing", color.NRGBA{0x44, 0x77, 0xAA, 0xFF}}
	Headers    = BytePart{"headers", color.NRGBA{0xCC, 0xBB, 0x44, 0xFF}}
	TLSRecords = BytePart{"TLS", color.NRGBA{0xAA, 0x33, 0x77, 0xFF}}
	EmptyPolls = BytePart{"empty polls", color.NRGBA{0xEE, 0x66, 0x77, 0xFF}}
	Overhead   = BytePart{"overhead, not split", color.NRGBA{0x22, 0x88, 0x33, 0xFF}}
	Handshake  = BytePart{"handshake, of a session this long", color.NRGBA{0xBB, 0xBB, 0xBB, 0xFF}}
)

// ByteParts are all parts in the order in which they are stacked.
var ByteParts = []BytePart{Payload, Framing, Headers, TLSRecords, EmptyPolls, Overhead, Handshake}

// ByteShare is how much of a part there is for each delivered message.
type ByteShare struct {
	BytePart
	Bytes float64
}

// ByteShares are the parts of a delivered message of a cell, as far as they were told apart; nil where nothing was delivered.
func ByteShares(c *results.Cell) []ByteShare {
	w, messages := c.Wire, c.Arrived()
	if messages <= 0 {
		return nil
	}
	per := func(total int64) float64 { return float64(total) / float64(messages) }
	out := []ByteShare{{Payload, per(w.PayloadBytes)}}
	if p := w.OverheadParts; p != nil {
		out = append(out, ByteShare{Framing, per(p.Framing)}, ByteShare{Headers, per(p.Headers)}, ByteShare{TLSRecords, per(p.TLS)}, ByteShare{EmptyPolls, per(p.EmptyPolls)})
	} else {
		out = append(out, ByteShare{Overhead, per(w.OverheadBytes)})
	}
	return append(out, ByteShare{Handshake, per(w.HandshakeBytes)})
}
