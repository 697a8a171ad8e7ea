package target

import (
	"bytes"
	"testing"

	"pushbench/loadgen"
	"pushbench/scenarios"
	"pushbench/server"
)

// compressible are messages of words: one too small to be compressed, and others that are.
func compressible() (all [][]byte) {
	for i, size := range []int{100, 600, 5000, 70_000} {
		all = append(all, loadgen.Stamp{Run: 1, Seq: uint32(i)}.Filled(nil, size, scenarios.Text))
	}
	return all
}

// Messages that come compressed are the messages that were sent, and what they took is known to the byte: what is beyond it is framing and heads, as ever.
func TestCompressedMessages(t *testing.T) {
	for environment, change := range environments {
		for _, transport := range []scenarios.Transport{scenarios.WebSocket, scenarios.LongPoll, scenarios.LongPollNewConn, scenarios.ShortPoll} {
			t.Run(environment+"/"+string(transport), func(t *testing.T) {
				f := start(t, loadgen.Lean, transport, func(cfg *server.Config, p *loadgen.Plan) {
					if change := change(t); change != nil {
						change(cfg, p)
					}
					cfg.Compress, p.Scenario.Compression = true, scenarios.Deflate
				})
				c, p := f.open(false), f.publisher()
				for i, m := range compressible() {
					f.publish(p, m)
					expectCompressed(t, c, m, i > 0)
				}
			})
		}
	}
}

func expectCompressed(t *testing.T, c loadgen.Conn, m []byte, compressed bool) {
	t.Helper()
	before := c.Traffic()
	for {
		b, err := c.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if len(b.Messages) == 0 {
			continue
		}
		if len(b.Messages) != 1 || !bytes.Equal(b.Messages[0], m) {
			t.Fatalf("a message of %d bytes came as %d others", len(m), len(b.Messages))
		}
		took := int64(len(m))
		if len(b.Carried) == 1 {
			took = b.Carried[0]
		}
		if (took < int64(len(m))) != compressed {
			t.Errorf("a message of %d bytes took %d; compressed: %v", len(m), took, compressed)
		}
		spent, parts := grown(c.Traffic(), before)
		if framing := spent - took - parts.Headers - parts.TLS - parts.EmptyPolls; framing < 0 || framing > 10 {
			t.Errorf("a message of %d bytes that took %d was framed by %d: %+v", len(m), took, framing, parts)
		}
		return
	}
}

// A server that does not compress is no reason to stop: everything comes as it is.
func TestCompressionRefused(t *testing.T) {
	for _, transport := range []scenarios.Transport{scenarios.WebSocket, scenarios.LongPoll} {
		f := start(t, loadgen.Lean, transport, func(_ *server.Config, p *loadgen.Plan) { p.Scenario.Compression = scenarios.Deflate })
		c, p := f.open(false), f.publisher()
		for _, m := range compressible() {
			f.publish(p, m)
			expectCompressed(t, c, m, false)
		}
	}
}
