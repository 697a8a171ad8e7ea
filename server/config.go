package server

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"pushbench/longpoll"
)

// Config configures a [Server]. The zero value works.
type Config struct {
	// Addr is host:port to listen on; port 0 lets the system choose. Default
	// 127.0.0.1:0.
	Addr string
	// HTTP is the library that answers requests. Default NetHTTP.
	HTTP Library
	// TLS makes the server speak TLS when not nil.
	TLS *tls.Config
	// Nagle leaves Nagle's algorithm on; by default it is off (TCP_NODELAY), as in any Go server.
	Nagle bool

	LogMessages int   // messages kept per topic; default 16384
	LogBytes    int64 // payload bytes kept per topic; default 16 MiB
	MaxPayload  int   // longest payload in bytes; default 1 MiB, at most LogBytes
	MaxTopics   int   // topics are made on first use, up to this many; default 65536

	MaxHold         time.Duration // longest hold of a poll; default 60s
	MaxPollMessages int           // most messages per poll answer; default 1024
	MaxPollBytes    int           // a poll answer takes no further message beyond this; default 1 MiB

	// Ping is the time between two pings to each WebSocket subscriber, at least 64ms; one that is just being written to is passed over. 0 = none.
	Ping      time.Duration
	KeepAlive time.Duration // the longest that a stream of events stays silent: then it gets a comment; default 15s

	// SendBuffer is the size in bytes of the kernel's send buffer of each connection (SO_SNDBUF, which Linux doubles for its own use); 0
	// leaves it to the kernel, which on loopback grows it to megabytes.
	SendBuffer int

	// WriteTimeout is how long a connection may take nothing before it is cut
	// off; up to a quarter more is granted. Default 30s.
	WriteTimeout time.Duration
	// HeaderTimeout bounds reading a request's header, BodyTimeout its body.
	// Neither touches a hold. Default 10s each.
	HeaderTimeout, BodyTimeout time.Duration
	IdleTimeout                time.Duration // how long an unused keep-alive connection stays; default 2m
	ShutdownTimeout            time.Duration // bound of a graceful shutdown; default 5s
	MaxHeaderBytes             int           // longest request header; default 64 KiB

	// HTTP2 makes the server speak HTTP/2 beside HTTP/1.1, in clear to clients that know (h2c with prior knowledge) and over TLS to those that choose it.
	// WebSockets and streams of events stay with HTTP/1.1. Not with FastHTTP.
	HTTP2 bool

	// Compress compresses what is sent to those that ask for it: messages on WebSockets (permessage-deflate without context takeover) and answers to polls
	// (gzip), of 512 bytes and more, with the same algorithm at the same level. Streams of events stay as they are.
	Compress bool

	// ResponseHeaderBytes adds one header line, X-Padding, of this many bytes
	// (line end included) to every response: header size is a parameter of a
	// workload. 0 = none; else at least 14.
	ResponseHeaderBytes int
	// Origins are further hosts, as patterns, whose pages may open WebSockets.
	// The server's own host may always.
	Origins []string

	Inject Inject       // faults made on purpose; zero = none
	Seed   uint64       // of the faults; default 1
	Logger *slog.Logger // nil = silent
}

// Library is an HTTP library that the server can answer with.
type Library string

// The libraries. What FastHTTP does otherwise is said in the package's documentation.
const (
	NetHTTP  Library = "net"  // net/http
	FastHTTP Library = "fast" // github.com/valyala/fasthttp
)

// Libraries lists every library.
var Libraries = []Library{NetHTTP, FastHTTP}

// withDefaults returns c with defaults in place of zeros, or what is wrong with it.
func (c Config) withDefaults() (Config, error) {
	c.Addr = cmp.Or(c.Addr, "127.0.0.1:0")
	c.HTTP = cmp.Or(c.HTTP, NetHTTP)
	c.LogMessages = cmp.Or(c.LogMessages, 16384)
	c.LogBytes = cmp.Or(c.LogBytes, 16<<20)
	c.MaxPayload = cmp.Or(c.MaxPayload, int(min(1<<20, c.LogBytes)))
	c.MaxTopics = cmp.Or(c.MaxTopics, 65536)
	c.MaxHold = cmp.Or(c.MaxHold, time.Minute)
	c.MaxPollMessages = cmp.Or(c.MaxPollMessages, 1024)
	c.MaxPollBytes = cmp.Or(c.MaxPollBytes, 1<<20)
	c.KeepAlive = cmp.Or(c.KeepAlive, 15*time.Second)
	c.WriteTimeout = cmp.Or(c.WriteTimeout, 30*time.Second)
	c.HeaderTimeout = cmp.Or(c.HeaderTimeout, 10*time.Second)
	c.BodyTimeout = cmp.Or(c.BodyTimeout, 10*time.Second)
	c.IdleTimeout = cmp.Or(c.IdleTimeout, 2*time.Minute)
	c.ShutdownTimeout = cmp.Or(c.ShutdownTimeout, 5*time.Second)
	c.MaxHeaderBytes = cmp.Or(c.MaxHeaderBytes, 64<<10)
	c.Seed = cmp.Or(c.Seed, 1)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, c.validate()
}

func (c *Config) validate() error {
	if err := c.validateLimits(); err != nil {
		return err
	}
	switch pad := c.ResponseHeaderBytes; {
	case c.SendBuffer < 0:
		return fmt.Errorf("SendBuffer is %d; it must be positive, or 0 for the kernel's own", c.SendBuffer)
	case !slices.Contains(Libraries, c.HTTP):
		return fmt.Errorf("HTTP is %q; there are %q", c.HTTP, Libraries)
	case c.Ping != 0 && c.Ping < minRound:
		return fmt.Errorf("Config.Ping is %v; it must be 0 for none, or at least %v", c.Ping, minRound)
	case c.HTTP2 && c.HTTP == FastHTTP:
		return fmt.Errorf("HTTP2 takes HTTP %q: %q speaks HTTP/1.1 only", NetHTTP, FastHTTP)
	case int64(c.MaxPayload) > c.LogBytes:
		return fmt.Errorf("MaxPayload of %d bytes does not fit LogBytes of %d: raise LogBytes", c.MaxPayload, c.LogBytes)
	case c.MaxPayload > longpoll.MaxMessageBytes:
		return fmt.Errorf("MaxPayload is %d bytes; the wire carries at most %d", c.MaxPayload, longpoll.MaxMessageBytes)
	case pad != 0 && pad < minPadding:
		return fmt.Errorf("ResponseHeaderBytes is %d; the shortest header line has %d bytes (or 0 for none)", pad, minPadding)
	}
	return c.Inject.validate()
}

// validateLimits refuses limits below 1. Defaults are in place already.
func (c *Config) validateLimits() error {
	limits := []struct {
		name  string
		value int64
	}{
		{"LogMessages", int64(c.LogMessages)},
		{"LogBytes", c.LogBytes},
		{"MaxPayload", int64(c.MaxPayload)},
		{"MaxTopics", int64(c.MaxTopics)},
		{"MaxHold", int64(c.MaxHold)},
		{"MaxPollMessages", int64(c.MaxPollMessages)},
		{"MaxPollBytes", int64(c.MaxPollBytes)},
		{"KeepAlive", int64(c.KeepAlive)},
		{"WriteTimeout", int64(c.WriteTimeout)},
		{"HeaderTimeout", int64(c.HeaderTimeout)},
		{"BodyTimeout", int64(c.BodyTimeout)},
		{"IdleTimeout", int64(c.IdleTimeout)},
		{"ShutdownTimeout", int64(c.ShutdownTimeout)},
		{"MaxHeaderBytes", int64(c.MaxHeaderBytes)},
	}
	for _, l := range limits {
		if l.value < 1 {
			return fmt.Errorf("%s is %d; it must be positive, or 0 for the default", l.name, l.value)
		}
	}
	return nil
}
