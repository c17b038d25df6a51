package registry

import (
	"net"
	"strconv"
	"strings"
)

// DefaultAddress is the registry of a project that names none.
const DefaultAddress = "localhost:5000"

// IsLocal reports whether a registry, written as images are called (HOST[:PORT][/PATH]), is on this machine by its name.
func IsLocal(address string) bool {
	host, _ := split(address)
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Port is the port that a registry on this machine listens on; ok is false where the address names none that can be one.
func Port(address string) (port int, ok bool) {
	_, text := split(address)
	port, err := strconv.Atoi(text)
	return port, err == nil && port > 0 && port < 65536
}

func split(address string) (host, port string) {
	address, _, _ = strings.Cut(address, "/")
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return strings.Trim(address, "[]"), ""
	}
	return host, port
}
