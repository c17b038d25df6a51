package ship

import (
	"strings"

	"oras.land/oras-go/v2/registry"
)

const scheme = "oci://"

// Target is where charts go in a registry: each to <target>/<name>, with its version as the tag.
type Target struct {
	Host string // HOST[:PORT]
	path string // "" or PATH, without slashes around it
}

// ParseTarget reads oci://HOST[:PORT][/PATH].
func ParseTarget(address string) (Target, error) {
	rest, ok := strings.CutPrefix(address, scheme)
	if !ok {
		return Target{}, usage("%q is no OCI address: write oci://HOST[:PORT]/PATH, such as oci://localhost:5000/charts", address)
	}
	host, path, _ := strings.Cut(strings.TrimSuffix(rest, "/"), "/")
	if strings.ContainsAny(path, ":@") {
		return Target{}, usage("%q names a version: leave that out, and say it with --version", address)
	}
	target := Target{Host: host, path: path}
	if _, err := registry.ParseReference(target.repository("chart")); err != nil || host == "" {
		return Target{}, usage("%q is no OCI address: the host is HOST[:PORT], and a path has small letters, digits and single . _ - between slashes", address)
	}
	return target, nil
}

func (t Target) String() string { return strings.TrimSuffix(scheme+t.Host+"/"+t.path, "/") }

// Chart is what helm calls a chart there, without its version.
func (t Target) Chart(name string) string { return scheme + t.repository(name) }

func (t Target) repository(name string) string {
	if t.path == "" {
		return t.Host + "/" + name
	}
	return t.Host + "/" + t.path + "/" + name
}

// ref is a chart's reference without the scheme. A tag has no plus sign: Helm writes an underscore, here and when it pulls.
func (t Target) ref(c *Chart) string {
	return t.repository(c.Name) + ":" + strings.ReplaceAll(c.Version, "+", "_")
}
