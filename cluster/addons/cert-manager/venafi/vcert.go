// Package vcert stands in for Venafi's client library, which is not served where this is built.
//
// cert-manager's configuration types cannot be compiled without it. Every attempt to use a Venafi issuer ends at
// NewClient's error, which the issuer then shows in its status; the other packages here hold only the names that
// cert-manager compiles against.
package vcert

import (
	"errors"
	"net/http"

	"github.com/Venafi/vcert/v5/pkg/endpoint"
)

// Config says how a Venafi server would be reached.
type Config struct {
	ConnectorType   endpoint.ConnectorType
	BaseUrl         string
	Zone            string
	LogVerbose      bool
	ConnectionTrust string
	Credentials     *endpoint.Authentication
	Client          *http.Client
}

// NewClient always fails.
func NewClient(*Config, bool) (endpoint.Connector, error) {
	return nil, errors.New("the Venafi issuer is not part of this build of cert-manager; use the official images")
}
