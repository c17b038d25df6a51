// Package certificate names what a request to a Venafi server holds.
package certificate

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"time"
)

type (
	// ChainOption orders a chain.
	ChainOption int
	// CSRSource says who made the signing request.
	CSRSource int
	// CustomFieldType is a kind of custom field.
	CustomFieldType int
)

const (
	ChainOptionRootLast ChainOption     = 1
	UserProvidedCSR     CSRSource       = 1
	CustomFieldPlain    CustomFieldType = 1
	CustomFieldOrigin   CustomFieldType = 2
)

// CustomField is one named value of a request.
type CustomField struct {
	Type        CustomFieldType
	Name, Value string
}

// PEMCollection is an answer.
type PEMCollection struct {
	Certificate string
	Chain       []string
}

// Request asks for a certificate.
type Request struct {
	Subject                pkix.Name
	FriendlyName, PickupID string
	IssuerHint             string
	ChainOption            ChainOption
	CsrOrigin              CSRSource
	CustomFields           []CustomField
	Timeout                time.Duration
	ValidityDuration       *time.Duration
}

// NewRequest returns an empty request.
func NewRequest(*x509.Certificate) *Request { return &Request{} }

// SetCSR drops the signing request: it would never be sent.
func (*Request) SetCSR([]byte) error { return nil }
