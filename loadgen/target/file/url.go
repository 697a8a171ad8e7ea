package file

import (
	"errors"
	"net"
	"net/url"
	"strings"
)

// ParseURL reads a server's address. Its errors quote nothing: an address may have a secret in it.
func ParseURL(text string) (URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Opaque != "", u.Hostname() == "":
		return URL{}, errors.New("is not the address of a server")
	case u.Scheme == "ws" || u.Scheme == "wss":
		return URL{}, errors.New("is an address of WebSockets alone; say http for ws and https for wss")
	case u.Scheme != "http" && u.Scheme != "https":
		return URL{}, errors.New("is not the address of an HTTP server")
	case u.User != nil:
		return URL{}, errors.New("has a user; say it with headers: {Authorization: \"Basic ${CREDENTIALS}\"}")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return URL{}, errors.New("has a query or fragment; say a query in the paths")
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return URL{Host: net.JoinHostPort(u.Hostname(), port), Base: strings.TrimRight(u.EscapedPath(), "/"), Secure: u.Scheme == "https"}, nil
}

// Zero says that there is none.
func (u URL) Zero() bool { return u == URL{} }

// Hostname is the host without its port.
func (u URL) Hostname() string {
	host, _, _ := net.SplitHostPort(u.Host)
	return host
}

// HostField is what the Host field says: without the port that the scheme implies.
func (u URL) HostField() string {
	host, port, _ := net.SplitHostPort(u.Host)
	if u.Secure && port == "443" || !u.Secure && port == "80" {
		if strings.Contains(host, ":") {
			return "[" + host + "]"
		}
		return host
	}
	return u.Host
}

// Scheme is http or https.
func (u URL) Scheme() string {
	if u.Secure {
		return "https"
	}
	return "http"
}

// Origin is the URL without its base: what a browser calls the origin.
func (u URL) Origin() string {
	return u.Scheme() + "://" + u.HostField()
}
