// Package cloud names a kind of Venafi server.
package cloud

import "github.com/Venafi/vcert/v5/pkg/endpoint"

// Connector refuses everything.
type Connector struct{ endpoint.Absent }
