package proc

import (
	"errors"
	"net"
	"runtime"
	"syscall"
	"testing"
)

// Who connects to an address that is held is refused, and a server can listen there afterwards.
func TestHoldPort(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	release, err := HoldPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := net.Dial("tcp4", addr); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("connected to %v, error %v", c, err)
	}
	if _, err := HoldPort("[::1]:80"); err == nil && runtime.GOOS == "linux" {
		t.Error("an address was held that is not IPv4")
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if l, err = net.Listen("tcp4", addr); err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
}
