// Package verror names the error that cert-manager looks for.
package verror

import "errors"

// ServerUnavailableError says that a server does not answer.
var ServerUnavailableError = errors.New("server unavailable")
