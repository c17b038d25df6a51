// Package ecs stands in for the provider of Amazon's container service, whose client library takes a third of the
// time that Traefik takes to compile and which a cluster of one machine has no use for.
package ecs

import (
	"errors"

	"github.com/traefik/traefik/v3/pkg/config/dynamic"
	"github.com/traefik/traefik/v3/pkg/safe"
)

// Provider has no settings; Traefik's configuration names the type.
type Provider struct{}

// SetDefaults does nothing.
func (*Provider) SetDefaults() {}

// Init always fails.
func (*Provider) Init() error {
	return errors.New("the ECS provider is not part of this build of Traefik; use the official image")
}

// Provide always fails.
func (p *Provider) Provide(chan<- dynamic.Message, *safe.Pool) error { return p.Init() }
