package probe

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pushbench/loadgen/wire"
	"pushbench/report"
)

// script serves connections by hand: answer writes what it likes after each request's head, until its connection fails.
func (n *network) script(t *testing.T, name string, answer func(w io.Writer, head string) bool) {
	t.Helper()
	l := n.listen(name)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { serveScript(c, answer) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		serving.Wait()
	})
}

func serveScript(c net.Conn, answer func(w io.Writer, head string) bool) {
	defer c.Close()
	var head bytes.Buffer
	buf := make([]byte, 64<<10)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		head.Write(buf[:n])
		if !bytes.Contains(head.Bytes(), []byte("\r\n\r\n")) {
			continue
		}
		if !answer(c, head.String()) {
			return
		}
		head.Reset()
	}
}

// write writes and says whether it could.
func write(w io.Writer, s string) bool {
	_, err := io.WriteString(w, s)
	return err == nil
}

// endless writes the same for ever.
func endless(w io.Writer, s string) bool {
	for write(w, s) {
	}
	return false
}

// secret is planted in everything that a probe is given, and must not come out of it.
const secret = "s3cr3t-token"

// hostile are servers that answer every request in a way of their own; %H in a text is the request's head.
var hostile = map[string]func(w io.Writer, head string) bool{
	"closes at once":      func(io.Writer, string) bool { return false },
	"does not speak HTTP": func(w io.Writer, _ string) bool { return write(w, "SSH-2.0-OpenSSH_9\r\n") },
	"endless head": func(w io.Writer, _ string) bool {
		return write(w, "HTTP/1.1 200 OK\r\n") && endless(w, "X-More: "+strings.Repeat("y", 1000)+"\r\n")
	},
	"endless interim answers": func(w io.Writer, _ string) bool { return endless(w, "HTTP/1.1 103 Early Hints\r\n\r\n") },
	"endless body": func(w io.Writer, _ string) bool {
		return write(w, "HTTP/1.1 200 OK\r\n\r\n") && endless(w, strings.Repeat("z", 8000))
	},
	"slow drip": func(w io.Writer, _ string) bool {
		for _, b := range "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + strings.Repeat("x", 100000) {
			time.Sleep(time.Second)
			if !write(w, string(b)) {
				return false
			}
		}
		return true
	},
	"wrong length": func(w io.Writer, _ string) bool {
		_ = write(w, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
		return false
	},
	"wrong upgrade": func(w io.Writer, _ string) bool {
		return write(w, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: no\r\n\r\n")
	},
	"repeats the request": func(w io.Writer, head string) bool {
		return write(w, "HTTP/1.1 400 Bad Request\r\nServer: "+strings.Fields(head)[1]+"\r\nContent-Length: "+strconv.Itoa(len(head))+"\r\n\r\n"+head)
	},
	"repeats a secret where texts are cut": func(w io.Writer, _ string) bool {
		body := strings.Repeat("x", 112) + secret
		return write(w, "HTTP/1.1 400 Bad Request\r\nVia: "+strings.Repeat("v", 67)+secret+"\r\nContent-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"+body)
	},
	"redirects": func(w io.Writer, head string) bool {
		return write(w, "HTTP/1.1 302 Found\r\nLocation: https://user:"+secret+"@elsewhere/login?back="+secret+"\r\nContent-Length: 0\r\n\r\n")
	},
	"sets cookies": func(w io.Writer, _ string) bool {
		return write(w, "HTTP/1.1 500 Oops\r\nSet-Cookie: AWSALB="+secret+"; Path=/\r\nSet-Cookie: sid="+secret+"\r\nContent-Length: 13\r\n\r\n<html>500</h>")
	},
	"escape sequences": func(w io.Writer, _ string) bool {
		return write(w, "HTTP/1.1 403 No\r\nVia: 1.1 \u009b31mred\r\nContent-Length: 9\r\n\r\n\x1b[2Jgone!")
	},
	"stream that never ends": func(w io.Writer, _ string) bool {
		return write(w, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n") && endlessSlowly(w, ": still here\n\n")
	},
	"asks for credentials": func(w io.Writer, _ string) bool {
		return write(w, "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n")
	},
}

func endlessSlowly(w io.Writer, s string) bool {
	for write(w, s) {
		time.Sleep(3 * time.Second)
	}
	return false
}

// TestHostileServers holds a probe to its bounds whatever the server does, and looks for the secrets it was given in all it prints.
func TestHostileServers(t *testing.T) {
	for name, answer := range hostile {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork()
				n.script(t, "proxy:80", answer)
				began := time.Now()
				p, err := New(Options{
					URL: "http://user:" + secret + "@proxy:80/chat?token=" + secret, Header: []wire.Field{{Name: "X-Key", Value: "Bearer " + secret}},
					Tool: "test", Dial: n.dial,
				})
				if err != nil {
					t.Fatal(err)
				}
				r, err := p.Run(t.Context())
				if took := time.Since(began); took >= timeBudget {
					t.Errorf("it took %v, want less than %v", took, timeBudget)
				}
				if made := n.dialled["proxy:80"]; made >= connectionBudget {
					t.Errorf("it made %d connections, want less than %d", made, connectionBudget)
				}
				var unreachable *UnreachableError
				switch {
				case errors.As(err, &unreachable):
					discreet(t, err.Error())
				case err != nil:
					t.Fatal(err)
				default:
					discreet(t, printed(t, r))
				}
			})
		})
	}
}

// printed is a report in all its forms.
func printed(t *testing.T, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	for _, err := range []error{JSON(&b, r), Text(&b, r, report.Style{}), Markdown(&b, r)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func discreet(t *testing.T, text string) {
	t.Helper()
	for _, forbidden := range []string{secret[:6], "\x1b", "\u009b"} {
		if i := strings.Index(text, forbidden); i >= 0 {
			t.Errorf("%q is in what is printed: %.200q", forbidden, text[max(0, i-100):])
		}
	}
}
