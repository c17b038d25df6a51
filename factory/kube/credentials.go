package kube

import (
	"cmp"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// CredentialsError says that the API server does not know the person behind a kubeconfig, or no longer does.
type CredentialsError struct {
	// Cluster is the cluster as a person knows it, Kubeconfig the file with the credentials, where one was named.
	Cluster, Kubeconfig string
	// Expired is when the credentials ended; zero when they have no end that can be read, or it has not come.
	Expired time.Time
	Err     error
}

func (e *CredentialsError) Error() string {
	expired := ""
	if !e.Expired.IsZero() {
		expired = ", which expired at " + e.Expired.Local().Format(time.DateTime)
	}
	return fmt.Sprintf("%s does not accept the credentials of %s%s: %v\nnext: get a new kubeconfig, then run this again: it goes on from here",
		e.Cluster, cmp.Or(e.Kubeconfig, "your kubeconfig"), expired, e.Err)
}

func (e *CredentialsError) Unwrap() error { return e.Err }

// Judge makes an error that says that the credentials are refused, or that an answer got lost, one that a person can do
// something about; others are returned as they are.
func (c *Cluster) Judge(err error) error {
	if request := new(url.Error); errors.As(err, &request) && lost(request) && !errors.As(err, new(*LostError)) {
		return &LostError{Cluster: c.String(), Err: err}
	}
	if !apierrors.IsUnauthorized(err) {
		return err
	}
	judged := &CredentialsError{Cluster: c.String(), Kubeconfig: c.Kubeconfig, Err: err}
	if end := c.credentialsEnd(); end.Before(time.Now()) {
		judged.Expired = end
	}
	return judged
}

// credentialsEnd reads the end of the client certificate or of the token; it is zero where there is none to be read.
func (c *Cluster) credentialsEnd() time.Time {
	certificate := c.config.CertData
	if len(certificate) == 0 && c.config.CertFile != "" {
		certificate, _ = os.ReadFile(c.config.CertFile)
	}
	if block, _ := pem.Decode(certificate); block != nil {
		if parsed, err := x509.ParseCertificate(block.Bytes); err == nil {
			return parsed.NotAfter
		}
	}
	return tokenEnd(c.config.BearerToken)
}

// tokenEnd reads the "exp" claim of a JSON Web Token (RFC 7519).
func tokenEnd(token string) time.Time {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return time.Time{}
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return time.Time{}
	}
	var claims struct {
		End int64 `json:"exp"`
	}
	if err := json.Unmarshal(text, &claims); err != nil || claims.End == 0 {
		return time.Time{}
	}
	return time.Unix(claims.End, 0)
}
