// Package util names the issuer hint that cert-manager sets.
package util

// IssuerHintAllIssuers stands for any issuer.
const IssuerHintAllIssuers = ""
