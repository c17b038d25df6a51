// Package tpp names a kind of Venafi server.
package tpp

import (
	"github.com/Venafi/vcert/v5/pkg/certificate"
	"github.com/Venafi/vcert/v5/pkg/endpoint"
)

// Connector refuses everything.
type Connector struct{ endpoint.Absent }

// ErrCertNotFound says that a server has no such certificate.
type ErrCertNotFound struct{ error }

// OauthGetRefreshTokenResponse holds an access token.
type OauthGetRefreshTokenResponse struct{ Access_token string }

// OauthVerifyTokenResponse tells about an access token.
type OauthVerifyTokenResponse struct{}

// GetRefreshToken always fails.
func (*Connector) GetRefreshToken(*endpoint.Authentication) (OauthGetRefreshTokenResponse, error) {
	return OauthGetRefreshTokenResponse{}, endpoint.ErrAbsent
}

// VerifyAccessToken always fails.
func (*Connector) VerifyAccessToken(*endpoint.Authentication) (OauthVerifyTokenResponse, error) {
	return OauthVerifyTokenResponse{}, endpoint.ErrAbsent
}

// ResetCertificate always fails.
func (*Connector) ResetCertificate(*certificate.Request, bool) error { return endpoint.ErrAbsent }
