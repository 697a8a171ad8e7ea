package wire

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/coder/websocket"
)

func BenchmarkMask(b *testing.B) {
	src := make([]byte, 128)
	dst := make([]byte, 128)
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		mask(dst, src, 0x12345678)
	}
}

// Codec costs without sockets: 128-byte messages, alone and in bursts.
func BenchmarkDecodeFrames(b *testing.B) {
	for name, count := range map[string]int{"single": 1, "burst of 100": 100} {
		b.Run(name, func(b *testing.B) {
			var pattern []byte
			for range count {
				pattern = append(pattern, serverFrame(true, Text, make([]byte, 128))...)
			}
			c := session(&replay{pattern: pattern}, Options{})
			var batch Batch
			b.ReportAllocs()
			for b.Loop() {
				must(b, c.Receive(&batch))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*count), "ns/message")
		})
	}
}

func BenchmarkEncodeFrame(b *testing.B) {
	c := session(&replay{}, Options{})
	payload := make([]byte, 128)
	b.ReportAllocs()
	for b.Loop() {
		must(b, c.WriteMessage(Text, payload))
	}
}

func BenchmarkDecodeResponse(b *testing.B) {
	c := NewHTTPConn(&replay{pattern: pollBytes()}, Options{})
	request := []byte("GET / HTTP/1.1\r\n\r\n")
	var resp Response
	b.ReportAllocs()
	for b.Loop() {
		must(b, c.Do(request, &resp))
	}
}

// rawEcho answers every n bytes read with them, so that a benchmark's server costs as little as a server can.
func rawEcho(server net.Conn, size int, answer []byte) {
	buf := make([]byte, size)
	for {
		if _, err := io.ReadFull(server, buf); err != nil {
			return
		}
		if _, err := server.Write(answer); err != nil {
			return
		}
	}
}

// An echo of 128 bytes over loopback, this codec beside coder/websocket's client. The server answers raw bytes.
func BenchmarkWebSocketEcho(b *testing.B) {
	payload := make([]byte, 128)
	sent := maxHeader - 6 + len(payload) // 4-byte header, 4-byte key
	answer := serverFrame(true, Binary, payload)
	b.Run("wire", func(b *testing.B) {
		client, server := tcpPair(b)
		go rawEcho(server, sent, answer)
		c := session(client, Options{})
		var batch Batch
		b.ReportAllocs()
		for b.Loop() {
			must(b, c.WriteMessage(Binary, payload))
			must(b, c.Receive(&batch))
		}
	})
	b.Run("coder", func(b *testing.B) {
		ctx := context.Background()
		c, _, err := websocket.Dial(ctx, "http://"+webSocketRawServer(b, sent, answer), nil)
		must(b, err)
		defer c.CloseNow()
		b.ReportAllocs()
		for b.Loop() {
			must(b, c.Write(ctx, websocket.MessageBinary, payload))
			_, _, err := c.Read(ctx)
			must(b, err)
		}
	})
}

// webSocketRawServer upgrades by the book and then echoes raw bytes.
func webSocketRawServer(b *testing.B, size int, answer []byte) string {
	return serve(b, func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			b.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "+
			acceptFor(r.Header.Get("Sec-WebSocket-Key"))+"\r\n\r\n")
		rawEcho(conn, size, answer)
	})
}

// A poll answered at once with 128 bytes over loopback, this codec beside net/http's client. The server answers raw
// bytes.
func BenchmarkPoll(b *testing.B) {
	addr := rawPollServer(b)
	b.Run("wire", func(b *testing.B) {
		c := NewHTTPConn(lend(b, dial(b, addr)), Options{})
		r, err := NewRequest(RequestSpec{Host: addr, Target: "/poll?cursor="})
		must(b, err)
		var resp Response
		b.ReportAllocs()
		for b.Loop() {
			must(b, c.SendRequest(r, []byte("e1:42"), nil))
			must(b, c.Receive(&resp))
		}
	})
	b.Run("net-http", func(b *testing.B) {
		transport := &http.Transport{DisableCompression: true}
		defer transport.CloseIdleConnections()
		client := &http.Client{Transport: transport}
		b.ReportAllocs()
		for b.Loop() {
			resp, err := client.Get("http://" + addr + "/poll?cursor=e1:42")
			must(b, err)
			_, err = io.Copy(io.Discard, resp.Body)
			must(b, err)
			resp.Body.Close()
		}
	})
}

// rawPollServer answers every head with the same response.
func rawPollServer(b *testing.B) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(b, err)
	b.Cleanup(func() { l.Close() })
	response := pollBytes()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go answerHeads(conn, response)
		}
	}()
	return l.Addr().String()
}

func answerHeads(conn net.Conn, response []byte) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return
		}
		if len(line) == 2 {
			if _, err := conn.Write(response); err != nil {
				return
			}
		}
	}
}
