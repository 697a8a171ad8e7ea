package server

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// BenchmarkPoll has one client poll a topic that always has a message, one poll after the other on one connection: what
// a request costs that is never held. The client allocates nothing, so the allocations are the server's.
func BenchmarkPoll(b *testing.B) {
	for _, lib := range Libraries {
		b.Run(string(lib), func(b *testing.B) {
			f := start(b, Config{HTTP: lib})
			tp, _ := f.hub.topic("t")
			if err := f.publish(tp, make([]byte, 128)); err != nil {
				b.Fatal(err)
			}
			conn, err := net.Dial("tcp", f.Addr())
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Close()
			request := []byte("GET /poll?topic=t&cursor=" + f.cursor(0) + "&hold=25s HTTP/1.1\r\n" + benchHeaders)
			answer := make([]byte, firstAnswer(b, conn, request))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := conn.Write(request); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(conn, answer); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// firstAnswer is the length of an answer: all are equally long.
func firstAnswer(b *testing.B, conn net.Conn, request []byte) int {
	if _, err := conn.Write(request); err != nil {
		b.Fatal(err)
	}
	counted := &countingReader{Reader: conn}
	reader := bufio.NewReader(counted)
	response, err := http.ReadResponse(reader, nil)
	if err != nil || response.StatusCode != http.StatusOK {
		b.Fatal(response, err)
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		b.Fatal(err)
	}
	return counted.n - reader.Buffered()
}

type countingReader struct {
	io.Reader
	n int
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.n += n
	return n, err
}

// benchHeaders is about what a browser sends.
var benchHeaders = "Host: 127.0.0.1:8080\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n" +
	"Accept: */*\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9\r\nCookie: session=" + strings.Repeat("c", 182) + "\r\n\r\n"
