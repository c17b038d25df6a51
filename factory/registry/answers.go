package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// ErrSilent says that nothing listens where a registry of this machine should.
var ErrSilent = errors.New("nothing listens there")

// Answers returns nil when a registry answers at the address, written as images are called (HOST[:PORT][/PATH]). One that
// wants a login answers.
func Answers(ctx context.Context, address string) error {
	if port, ok := Port(address); ok && IsLocal(address) {
		switch found := probe(ctx, port); {
		case found.registry:
			return nil
		case found.taken:
			return takenError(port)
		default:
			return fmt.Errorf("%s does not answer: %w", address, ErrSilent)
		}
	}
	host, _, _ := strings.Cut(address, "/")
	registry, err := name.NewRegistry(host)
	if err != nil {
		return err
	}
	if _, err := transport.Ping(ctx, registry, http.DefaultTransport); err != nil {
		return fmt.Errorf("%s does not answer: %w", host, err)
	}
	return nil
}
