package target

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	"pushbench/loadgen/target/file"
	"pushbench/scenarios"
)

// tlsVersions are the versions a scenario can ask for.
var tlsVersions = map[scenarios.TLSVersion]uint16{scenarios.TLS12: tls.VersionTLS12, scenarios.TLS13: tls.VersionTLS13}

// encryption is how connections to an address are encrypted; nil for in clear. A certificate is the only one that is accepted, as of a server that this program
// has started itself.
func encryption(s scenarios.Scenario, u file.URL, t file.TLS, certificate []byte) (*tls.Config, error) {
	version, asked := tlsVersions[s.TLS]
	if !u.Secure {
		return nil, nil
	}
	c := &tls.Config{ServerName: cmp.Or(t.ServerName, u.Hostname()), InsecureSkipVerify: t.Insecure, MinVersion: tls.VersionTLS12}
	if asked {
		c.MinVersion, c.MaxVersion = version, version
	}
	var err error
	switch {
	case len(certificate) > 0:
		c.ServerName = "localhost"
		c.RootCAs, err = rootOf(certificate)
	case t.CA != "":
		c.RootCAs, err = rootsIn(t.CA)
	}
	return c, err
}

func rootOf(certificate []byte) (*x509.CertPool, error) {
	root, err := x509.ParseCertificate(certificate)
	if err != nil {
		return nil, fmt.Errorf("the server's certificate: %w", err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(root)
	return pool, nil
}

// rootsIn reads a file of PEM certificates.
func rootsIn(path string) (*x509.CertPool, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the certificates of tls.ca: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("the certificates of tls.ca: %s holds none in PEM", path)
	}
	return pool, nil
}

// session is the TLS configuration of a client: each has its own cache of sessions, as each user has, and keeps it when it comes back.
func (t *reach) session(client int) *tls.Config {
	if t.tls == nil || !t.scenario.TLSResumption {
		return t.tls
	}
	if known, ok := t.caches.Load(client); ok {
		return known.(*tls.Config)
	}
	own := t.tls.Clone()
	own.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	t.caches.Store(client, own)
	return own
}
