package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"pushbench/scenarios"
	"pushbench/server"
)

// defaultAddr is where serve listens unless told otherwise: on this machine only.
const defaultAddr = "127.0.0.1:8080"

func newServe() *cobra.Command {
	cfg := server.Config{}
	var inject string
	var padding, sendBuffer scenarios.Size
	var withParent, resumption bool
	library := choice{value: string(server.NetHTTP), allowed: words(server.Libraries)}
	encryption := choice{value: string(scenarios.TLSOff), allowed: words(scenarios.TLSVersions)}
	cmd := &cobra.Command{
		Use: "serve", Short: "run the reference server", Args: noArguments,
		Long: "Run the reference server: GET /ws, GET /sse, GET /poll, POST /publish, GET /healthz, GET /stats.\n" +
			"It listens on this machine only unless --addr says otherwise, and prints its address when it does.",
		Example: "  pushbench serve --addr 127.0.0.1:8080\n  pushbench serve --inject 'drop=0.1%,delay=2%:20ms'",
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithCancelCause(cmd.Context())
			defer cancel(nil)
			if addr := os.Getenv("PUSHBENCH_ADDR"); addr != "" && !cmd.Flags().Changed("addr") {
				cfg.Addr = addr
			}
			if _, _, err := net.SplitHostPort(cfg.Addr); err != nil {
				return usage(fmt.Errorf("--addr %q: want host:port, such as %s (port 0 lets the system choose)", cfg.Addr, defaultAddr))
			}
			faults, err := server.ParseInject(inject)
			if err != nil {
				return usage(fmt.Errorf("--%w", err)) // it begins with "inject:"
			}
			cfg.HTTP = server.Library(library.value)
			cfg.Inject, cfg.ResponseHeaderBytes, cfg.SendBuffer = faults, int(padding), int(sendBuffer)
			cfg.Logger = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
			if cfg.TLS, err = serverTLS(scenarios.TLSVersion(encryption.value), resumption); err != nil {
				return err
			}
			if withParent {
				endWithParent(strings.NewReader(""), cmd.InOrStdin(), cancel)
			}
			return serve(ctx, cmd, cfg)
		},
	}
	f := cmd.Flags()
	f.StringVar(&cfg.Addr, "addr", defaultAddr, "`host:port` to listen on; port 0 lets the system choose (or PUSHBENCH_ADDR)")
	f.StringVar(&inject, "inject", "", "`faults` to make on purpose, any of stall=500ms@5s,drop=0.1%,duplicate=0.1%,reorder=0.1%,delay=2%:20ms,cpu=50us")
	f.Uint64Var(&cfg.Seed, "inject-seed", 1, "seed of the faults")
	f.IntVar(&cfg.LogMessages, "log-messages", 16384, "messages kept for each topic")
	f.Int64Var(&cfg.LogBytes, "log-bytes", 16<<20, "payload bytes kept for each topic")
	f.IntVar(&cfg.MaxPayload, "max-payload", 1<<20, "longest payload in `bytes`")
	f.DurationVar(&cfg.MaxHold, "max-hold", 0, "longest hold of a poll (default 1m0s)")
	f.DurationVar(&cfg.KeepAlive, "keepalive", 0, "the longest that a stream of events stays silent: then it gets a comment (default 15s)")
	f.DurationVar(&cfg.Ping, "ping", 0, "time between two pings to each WebSocket; 0 sends none")
	f.DurationVar(&cfg.WriteTimeout, "write-timeout", 0, "how long a client may take nothing before it is cut off (default 30s)")
	f.Var(&sendBuffer, "send-buffer", "the kernel's send buffer for each connection; 0 leaves it to the kernel (SO_SNDBUF)")
	f.BoolVar(&cfg.HTTP2, "http2", false, "speak HTTP/2, too: over TLS to clients that choose it, in clear to those that begin with it")
	f.BoolVar(&cfg.Compress, "compress", false, "compress what is sent to clients that ask for it: messages on WebSockets with permessage-deflate, answers to polls with gzip")
	f.Var(&padding, "response-headers", "bytes of header lines to add to each response")
	f.Var(&library, "http", "the library that answers requests: net (net/http), or fast (fasthttp), which holds polls for less but does not notice a client that leaves one")
	f.Var(&encryption, "tls", "encrypt with a certificate made on the spot")
	f.BoolVar(&resumption, "tls-resumption", false, "let clients resume TLS sessions")
	f.BoolVar(&cfg.Nagle, "nagle", false, "leave Nagle's algorithm on")
	f.BoolVar(&withParent, "with-parent", false, "end when standard input ends")
	_ = f.MarkHidden("with-parent")
	return cmd
}

func serve(ctx context.Context, cmd *cobra.Command, cfg server.Config) error {
	s, err := server.New(cfg)
	if err != nil {
		return usage(err)
	}
	if err := s.Start(); err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "listening on %s\n", s.URL())
	return s.Wait(ctx)
}

// serverTLS is the TLS configuration of a server that shall speak one version, nil for none.
func serverTLS(version scenarios.TLSVersion, resumption bool) (*tls.Config, error) {
	switch version {
	case scenarios.TLS12:
		return server.SelfSigned(tls.VersionTLS12, resumption)
	case scenarios.TLS13:
		return server.SelfSigned(tls.VersionTLS13, resumption)
	}
	return nil, nil
}
