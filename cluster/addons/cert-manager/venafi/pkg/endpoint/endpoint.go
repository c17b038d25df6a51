// Package endpoint names what cert-manager knows of a Venafi server.
package endpoint

import (
	"errors"

	"github.com/Venafi/vcert/v5/pkg/certificate"
)

// ConnectorType is a kind of Venafi server.
type ConnectorType int

const (
	ConnectorTypeTPP ConnectorType = iota + 1
	ConnectorTypeCloud
	ConnectorTypeNGTS
)

// ErrCertificatePending says that a certificate is not there yet.
type ErrCertificatePending struct{ CertificateID string }

func (e ErrCertificatePending) Error() string { return "certificate pending: " + e.CertificateID }

// ErrRetrieveCertificateTimeout says that waiting for a certificate took too long.
type ErrRetrieveCertificateTimeout struct{ CertificateID string }

func (e ErrRetrieveCertificateTimeout) Error() string {
	return "certificate timed out: " + e.CertificateID
}

// Authentication holds credentials.
type Authentication struct {
	User, Password, APIKey, AccessToken, ClientId, ClientSecret, Scope, TokenURL string
}

// Connector is a connection to a server; nothing here makes one.
type Connector interface {
	GetType() ConnectorType
	Ping() error
	ReadZoneConfiguration() (*ZoneConfiguration, error)
	RequestCertificate(*certificate.Request) (string, error)
	RetrieveCertificate(*certificate.Request) (*certificate.PEMCollection, error)
}

// ErrAbsent is what every method of the stand-in returns.
var ErrAbsent = errors.New("the Venafi issuer is not part of this build of cert-manager")

// Absent is a connection that refuses everything.
type Absent struct{}

func (Absent) GetType() ConnectorType                                  { return 0 }
func (Absent) Ping() error                                             { return ErrAbsent }
func (Absent) Authenticate(*Authentication) error                      { return ErrAbsent }
func (Absent) ReadZoneConfiguration() (*ZoneConfiguration, error)      { return nil, ErrAbsent }
func (Absent) RequestCertificate(*certificate.Request) (string, error) { return "", ErrAbsent }
func (Absent) RetrieveCertificate(*certificate.Request) (*certificate.PEMCollection, error) {
	return nil, ErrAbsent
}

// ZoneConfiguration holds a zone's policy.
type ZoneConfiguration struct{}

// UpdateCertificateRequest does nothing.
func (*ZoneConfiguration) UpdateCertificateRequest(*certificate.Request) {}

// ValidateCertificateRequest always fails.
func (*ZoneConfiguration) ValidateCertificateRequest(*certificate.Request) error { return ErrAbsent }
