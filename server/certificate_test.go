package server

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"testing"
)

// A client that takes the certificate as its root verifies it, speaks the version asked for, and resumes only where that is allowed.
func TestSelfSignedIsVerifiedAndResumedAsAsked(t *testing.T) {
	overLibraries(t, testSelfSignedIsVerifiedAndResumedAsAsked)
}

func testSelfSignedIsVerifiedAndResumedAsAsked(t *testing.T, lib Library) {
	for _, tt := range []struct {
		name       string
		version    uint16
		resumption bool
	}{{"1.2", tls.VersionTLS12, false}, {"1.2 resumed", tls.VersionTLS12, true}, {"1.3", tls.VersionTLS13, false}, {"1.3 resumed", tls.VersionTLS13, true}} {
		t.Run(tt.name, func(t *testing.T) {
			cfg, err := SelfSigned(tt.version, tt.resumption)
			if err != nil {
				t.Fatal(err)
			}
			s := start(t, Config{HTTP: lib, TLS: cfg})
			root, err := x509.ParseCertificate(cfg.Certificates[0].Certificate[0])
			if err != nil {
				t.Fatal(err)
			}
			pool := x509.NewCertPool()
			pool.AddCert(root)
			client := http.Client{Transport: &http.Transport{
				DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: pool, ClientSessionCache: tls.NewLRUClientSessionCache(1)},
			}}
			first, second := handshake(t, &client, s), handshake(t, &client, s)
			if first.Version != tt.version || first.DidResume || second.DidResume != tt.resumption {
				t.Errorf("version %x, resumed %v then %v", first.Version, first.DidResume, second.DidResume)
			}
		})
	}
}

func handshake(t *testing.T, client *http.Client, s *fixture) *tls.ConnectionState {
	t.Helper()
	response, err := client.Get(s.URL() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		t.Fatal(err)
	}
	return response.TLS
}
