package server

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/valyala/fasthttp"
)

// relay has a request that fasthttp read answered by the server's net/http handlers. What is not a poll is answered once a
// connection or once a second, so that being the same for both libraries is worth more than its cost.
func (f *fastFront) relay(ctx *fasthttp.RequestCtx) {
	r, err := netRequest(ctx)
	if err != nil {
		f.refuse(ctx, err)
		ctx.SetConnectionClose()
		return
	}
	if takesOver(r) {
		u := &upgrade{request: r, early: make(chan []byte, 1)}
		ctx.Conn().(*fastConn).upgrade = u
		ctx.HijackSetNoResponse(true)
		ctx.Hijack(u.takeOver)
		return
	}
	w := relayedResponse{header: make(http.Header)}
	f.server.ServeHTTP(&w, r)
	for name, values := range w.header {
		for _, value := range values {
			ctx.Response.Header.Add(name, value)
		}
	}
	ctx.SetStatusCode(w.code())
	ctx.Response.SetBodyRaw(w.body.Bytes())
}

// takesOver tells the requests whose handler takes the connection over, unless it refuses them.
func takesOver(r *http.Request) bool {
	return r.Method == http.MethodGet && (r.Header.Get("Upgrade") != "" || r.URL.Path == "/sse")
}

// netRequest is the request as net/http would have read it, a copy that may be kept.
func netRequest(ctx *fasthttp.RequestCtx) (*http.Request, error) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(ctx.Request.Header.Header())))
	if err != nil {
		return nil, err
	}
	body := bytes.Clone(ctx.Request.Body())
	r.ContentLength, r.TransferEncoding = int64(len(body)), nil
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.RemoteAddr = ctx.RemoteAddr().String()
	return r, nil
}

// relayedResponse keeps an answer for another library to write. It implements [http.ResponseWriter].
type relayedResponse struct {
	header http.Header
	status int // 0 = not said yet
	body   bytes.Buffer
}

func (w *relayedResponse) Header() http.Header { return w.header }

func (w *relayedResponse) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *relayedResponse) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// code is the status, which is 200 unless said otherwise.
func (w *relayedResponse) code() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}

// upgrade is a request to take a connection over, for a WebSocket or a stream of events. It waits until fasthttp has let go of the connection, and is then
// answered on the goroutine that served it.
type upgrade struct {
	request *http.Request
	early   chan []byte // what the client sent behind the request
}

// takeOver is called by fasthttp on a goroutine of its own. It only hands on what the library had read already: reading
// gives that first, and then finds at once that its time is over.
func (u *upgrade) takeOver(conn net.Conn) {
	_ = conn.SetReadDeadline(time.Unix(1, 0))
	early, _ := io.ReadAll(conn)
	_ = conn.SetReadDeadline(time.Time{})
	u.early <- early
}

// serve answers the request, and closes the connection unless a session has it now.
func (u *upgrade) serve(s *Server, conn net.Conn) {
	w := upgradeResponse{relayedResponse: relayedResponse{header: make(http.Header)}, conn: conn, early: <-u.early, chunks: u.request.ProtoAtLeast(1, 1)}
	s.ServeHTTP(&w, u.request)
	if !w.hijacked {
		_ = w.send(w.body.Bytes())
		_ = conn.Close()
	}
}

// upgradeResponse answers on a connection that belongs to no library any more. It implements [http.Hijacker].
type upgradeResponse struct {
	relayedResponse
	conn     net.Conn
	early    []byte
	chunks   bool // the client knows chunked coding
	hijacked bool
}

// Hijack implements [http.Hijacker]. The response, whose status must have been said, goes out first.
func (w *upgradeResponse) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.hijacked = true
	if err := w.send(nil); err != nil {
		_ = w.conn.Close()
		return nil, nil, err
	}
	reader := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(w.early), w.conn), len(w.early))
	_, _ = reader.Peek(len(w.early)) // buffered, as net/http hands it over
	return w.conn, bufio.NewReadWriter(reader, bufio.NewWriter(w.conn)), nil
}

// send writes the response with one Write. If nobody took the connection over it is the connection's last.
func (w *upgradeResponse) send(body []byte) error {
	w.header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	if w.hijacked && w.code() == http.StatusOK {
		return w.sendStreamHead()
	}
	response := http.Response{StatusCode: w.code(), ProtoMajor: 1, ProtoMinor: 1, Header: w.header, Close: !w.hijacked}
	if len(body) > 0 {
		response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	var out bytes.Buffer
	if err := response.Write(&out); err != nil {
		return err
	}
	_, err := w.conn.Write(out.Bytes())
	return err
}

// sendStreamHead writes the head of a response whose body is written by whoever took the connection over: in chunks, or until it is closed.
func (w *upgradeResponse) sendStreamHead() error {
	if w.chunks {
		w.header.Set("Transfer-Encoding", "chunked")
	} else {
		w.header.Set("Connection", "close")
	}
	var out bytes.Buffer
	out.WriteString("HTTP/1.1 200 OK\r\n")
	_ = w.header.Write(&out) // a buffer takes everything
	out.WriteString("\r\n")
	_, err := w.conn.Write(out.Bytes())
	return err
}
