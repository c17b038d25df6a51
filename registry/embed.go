// Package registry carries the configuration of the project's registry and what k3s has to be told about it.
package registry

import _ "embed"

// Config is the configuration of the distribution registry, in its own format
// (https://distribution.github.io/distribution/about/configuration/). Where the data lies is set by whoever runs it.
//
//go:embed config.yaml
var Config []byte

// K3sRegistries is the registries.yaml of k3s (https://docs.k3s.io/installation/private-registry) for a registry at
// localhost:5000 and nothing else.
//
//go:embed registries.yaml
var K3sRegistries []byte
