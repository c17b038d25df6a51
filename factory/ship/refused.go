package ship

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/errcode"

	"github.com/helm-chart-factory/factory/factory/registry"
)

// Reachable returns nil when a registry answers at an address, HOST[:PORT][/PATH], and what to do where none does.
func Reachable(ctx context.Context, address string) error {
	err := registry.Answers(ctx, address)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, registry.ErrSilent):
		return fmt.Errorf("%w\nnext: factory setup-registry", err)
	case registry.IsLocal(address):
		return err
	}
	return fmt.Errorf("%w\nnext: look at the address (registry in factory.yaml, or --to) and at the network and its proxy; plain HTTP is spoken with localhost only", err)
}

// explain says what a registry's refusal means for a person.
func explain(ctx context.Context, err error, host string) error {
	var response *errcode.ErrorResponse
	status := 0
	if errors.As(err, &response) {
		status = response.StatusCode
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case status == http.StatusUnauthorized, errors.Is(err, auth.ErrBasicCredentialNotFound):
		return fmt.Errorf("%w\nnext: helm registry login %s, or docker login %s: %s wants a login, and the one in their files, if any, is not taken", err, host, host, host)
	case status == http.StatusForbidden:
		return fmt.Errorf("%w\nnext: see whether the login for %s may push there, and whether there is room", err, host)
	}
	return err
}

// answered tells whether an error is about talking with a registry, not about what it holds.
func answered(err error) bool {
	var response *errcode.ErrorResponse
	var network net.Error
	return errors.As(err, &response) || errors.As(err, &network) || errors.Is(err, context.Canceled)
}
