// Package certs holds what install-cert-manager installs: the pinned version of cert-manager, the values of its chart, and
// a small chart of the factory-self-ca issuer.
package certs

import "embed"

// Files are the version, values.yaml, and the issuer chart below issuer/.
//
//go:embed version values.yaml all:issuer
var Files embed.FS
