package results

import (
	"errors"
	"fmt"
)

// ErrAccounting is wrapped by every error of [CheckAccounting].
var ErrAccounting = errors.New("accounting does not add up")

// CheckAccounting proves the identities that a round and a cell must fulfil, exactly:
//
//	expected = delivered + missed + undelivered
//	sent + received = handshake + warmup + payload + overhead + tail
//	overhead = framing + headers + TLS + empty polls, none of them negative, where they were told apart
//	samples of overhead = delivered − unrecorded
//	samples of latency = delivered + undelivered − unrecorded
//
// and the same of deliveries and samples for what goes up to the application. What passed in the steady phase ([Upkeep]), and until the sessions were open
// ([Opening]), is part of what passed.
//
// A message that was still awaited when the drain ended enters latency with the time it had been waited for: leaving it out would make the slowest the
// best. The last two allow fewer samples only as far as samples were counted as unrecorded, which make the cell invalid anyway. The error names every
// identity that failed, with its figures: such a failure is a bug in the harness, never a property of the server.
func CheckAccounting(m Measured) error {
	return errors.Join(checkDelivery(m.Delivery), checkWire(m.Wire), checkParts(m.Wire),
		checkSamples("overhead", m.Wire.Overhead, m.Delivery, m.Received(), m.Generator.Unrecorded),
		checkSamples("latency", m.Latency, m.Delivery, m.Delivery.Delivered+m.Delivery.Undelivered, m.Generator.Unrecorded),
		checkUplink(m), checkUpkeep(m), checkOpening(m), checkSlow(m), checkByTransport(m))
}

// checkUpkeep holds what passed the sockets in the steady phase against all that did.
func checkUpkeep(m Measured) error {
	u := m.Upkeep
	if u == nil || u.SentBytes >= 0 && u.SentBytes <= m.Wire.SentBytes && u.ReceivedBytes >= 0 && u.ReceivedBytes <= m.Wire.ReceivedBytes {
		return nil
	}
	return fmt.Errorf("%w: %d bytes sent and %d received in all, but %d and %d of them in the steady phase",
		ErrAccounting, m.Wire.SentBytes, m.Wire.ReceivedBytes, u.SentBytes, u.ReceivedBytes)
}

// checkOpening holds what opened the sessions against all that passed.
func checkOpening(m Measured) error {
	o := m.Opening
	if o == nil || o.SentBytes <= m.Wire.SentBytes && o.ReceivedBytes <= m.Wire.ReceivedBytes && o.Connections <= m.Wire.Connections {
		return nil
	}
	return fmt.Errorf("%w: %d bytes sent and %d received over %d connections in all, but %d and %d over %d of them opened the sessions",
		ErrAccounting, m.Wire.SentBytes, m.Wire.ReceivedBytes, m.Wire.Connections, o.SentBytes, o.ReceivedBytes, o.Connections)
}

func checkSlow(m Measured) error {
	if m.Slow == nil {
		return nil
	}
	d := m.Slow.Delivery()
	err := errors.Join(checkDelivery(d), checkSamples("latency", m.Slow.Latency, d, d.Delivered+d.Undelivered, m.Generator.Unrecorded))
	if err != nil {
		return fmt.Errorf("slow readers: %w", err)
	}
	return nil
}

func checkUplink(m Measured) error {
	if m.Uplink == nil {
		return nil
	}
	d := m.Uplink.Delivery
	err := errors.Join(checkDelivery(d),
		checkSamples("overhead", m.Uplink.Overhead, d, d.Delivered, m.Generator.Unrecorded),
		checkSamples("latency", m.Uplink.Latency, d, d.Delivered+d.Undelivered, m.Generator.Unrecorded))
	if u := m.Uplink; u.PayloadBytes > m.Wire.PayloadBytes || u.OverheadBytes > m.Wire.OverheadBytes {
		err = errors.Join(err, fmt.Errorf("%w: of %d bytes of payload and %d of overhead, %d and %d are said to have gone up",
			ErrAccounting, m.Wire.PayloadBytes, m.Wire.OverheadBytes, u.PayloadBytes, u.OverheadBytes))
	}
	if err != nil {
		return fmt.Errorf("uplink: %w", err)
	}
	return nil
}

func checkDelivery(d Delivery) error {
	if d.Delivered < 0 || d.Missed < 0 || d.Undelivered < 0 {
		return fmt.Errorf("%w: negative count among delivered %d, missed %d, undelivered %d", ErrAccounting, d.Delivered, d.Missed, d.Undelivered)
	}
	sum := d.Delivered + d.Missed + d.Undelivered
	if sum == d.Expected {
		return nil
	}
	return fmt.Errorf("%w: expected %d messages, but delivered %d + missed %d + undelivered %d = %d (%+d)",
		ErrAccounting, d.Expected, d.Delivered, d.Missed, d.Undelivered, sum, sum-d.Expected)
}

func checkWire(w Wire) error {
	total := w.SentBytes + w.ReceivedBytes
	sum := w.HandshakeBytes + w.WarmupBytes + w.PayloadBytes + w.OverheadBytes + w.TailBytes
	if sum == total {
		return nil
	}
	return fmt.Errorf("%w: %d bytes sent + %d received = %d, but handshake %d + warmup %d + payload %d + overhead %d + tail %d = %d (%+d)",
		ErrAccounting, w.SentBytes, w.ReceivedBytes, total,
		w.HandshakeBytes, w.WarmupBytes, w.PayloadBytes, w.OverheadBytes, w.TailBytes, sum, sum-total)
}

func checkParts(w Wire) error {
	p := w.OverheadParts
	if p == nil || p.Sum() == w.OverheadBytes && min(p.Framing, p.Headers, p.TLS, p.EmptyPolls) >= 0 {
		return nil
	}
	return fmt.Errorf("%w: %d bytes of overhead, but framing %d + headers %d + TLS %d + empty polls %d = %d (%+d)",
		ErrAccounting, w.OverheadBytes, p.Framing, p.Headers, p.TLS, p.EmptyPolls, p.Sum(), p.Sum()-w.OverheadBytes)
}

func checkSamples(name string, s *Summary, d Delivery, want, unrecorded int64) error {
	var count int64
	if s != nil {
		count = s.Count
	}
	short := want - count
	if short >= 0 && short <= unrecorded {
		return nil
	}
	return fmt.Errorf("%w: %d messages delivered and %d undelivered, but the %s histogram holds %d samples, with %d unrecorded in all",
		ErrAccounting, d.Delivered, d.Undelivered, name, count, unrecorded)
}
