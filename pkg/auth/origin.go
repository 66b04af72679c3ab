package auth

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Direct says why a request cannot be from this very machine, or nil. It is
// about the local user and plain cookies: a request that came through a proxy,
// or whose Host is a name that somebody's DNS has pointed here, is not direct.
func Direct(r *http.Request) error {
	for name := range r.Header {
		switch {
		case name == "Forwarded", name == "Via", name == "X-Real-Ip", strings.HasPrefix(name, "X-Forwarded-"):
			return fmt.Errorf("through a proxy: %w", ErrUnauthorized)
		}
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	switch strings.ToLower(host) {
	case "localhost", "127.0.0.1", "[::1]", "::1":
	default:
		return fmt.Errorf("by a name that is not this machine's: %w", ErrUnauthorized)
	}
	if remote, err := netip.ParseAddrPort(r.RemoteAddr); err != nil || !remote.Addr().Unmap().IsLoopback() {
		return fmt.Errorf("from another machine: %w", ErrUnauthorized)
	}
	return nil
}

var sameOrigin = http.NewCrossOriginProtection()

// checkOrigin refuses what another origin had a browser send. Unlike
// http.CrossOriginProtection alone it looks at reads too: a stream that another
// site can open is a leak as soon as one CORS header is wrong. Requests of
// programs carry neither Sec-Fetch-Site nor Origin and pass.
func checkOrigin(r *http.Request) error {
	asWrite := *r
	asWrite.Method = http.MethodPost
	if err := sameOrigin.Check(&asWrite); err != nil {
		return fmt.Errorf("started by another origin: %w", ErrForbidden)
	}
	return nil
}

// checkNavigation refuses what a browser does not open as a page of its own: a
// login that begins in a picture or a frame of another site would take the place
// of one that the person has begun. Old browsers and programs do not say and
// pass.
func checkNavigation(r *http.Request) error {
	mode, destination := r.Header.Get("Sec-Fetch-Mode"), r.Header.Get("Sec-Fetch-Dest")
	if mode != "" && mode != "navigate" || destination != "" && destination != "document" {
		return fmt.Errorf("not opened as a page: %w", ErrForbidden)
	}
	return nil
}

// address is where the request came from, as failures are counted by it: the
// peer's, or, where the peer is one of the trusted proxies, the last address in
// X-Forwarded-For that is not one of them. An IPv6 address counts by its /64.
func (c Config) address(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	addr := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for n := len(hops); n > 0 && c.trusted(addr); n-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[n-1]))
		if err != nil {
			break
		}
		addr = hop.Unmap()
	}
	if addr.Is6() {
		if prefix, err := addr.WithZone("").Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return addr.String()
}

func (c Config) trusted(addr netip.Addr) bool {
	for _, prefix := range c.TrustedProxies {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}
