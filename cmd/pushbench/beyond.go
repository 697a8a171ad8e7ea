package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
)

// isLocal says which addresses are this machine's own, where a run disturbs nobody else. Tests have none be.
var isLocal = netip.Addr.IsLoopback

// beyond says whether any of a target's addresses is not this machine's own, as far as that can be told: one that cannot be resolved is.
func (a *aim) beyond(ctx context.Context) bool {
	for _, host := range a.hosts() {
		addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		if err != nil {
			return true
		}
		for _, addr := range addrs {
			if !isLocal(addr.Unmap()) {
				return true
			}
		}
	}
	return false
}

// hosts are all that its clients and publishers connect to.
func (a *aim) hosts() (hosts []string) {
	switch {
	case a.own():
		return nil
	case a.described == nil:
		return []string{a.url.Hostname()}
	}
	for _, u := range a.described.URLs() {
		hosts = append(hosts, u.Hostname())
	}
	return hosts
}

// checkBeyond refuses a run that leaves this machine, unless that was agreed to.
func (e *experiment) checkBeyond(ctx context.Context) error {
	for _, a := range e.aims {
		if !e.flags.aim.yes && a.beyond(ctx) {
			return usage(fmt.Errorf("%s is beyond this machine: add --yes if it may be put under load", a.name))
		}
	}
	return nil
}
