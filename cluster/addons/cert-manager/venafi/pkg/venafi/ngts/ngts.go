// Package ngts names a kind of Venafi server.
package ngts

import "github.com/Venafi/vcert/v5/pkg/endpoint"

// Connector refuses everything.
type Connector struct{ endpoint.Absent }
