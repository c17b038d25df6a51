package addons

import (
	"embed"
	"errors"
	"fmt"
	"net/netip"
	"path"
	"regexp"
	"strings"
)

//go:embed manifests/*.yaml
var manifestFiles embed.FS

// Options say what the manifests need to know of the cluster.
type Options struct {
	// DNSIP is the address of the DNS Service, inside the cluster's service range.
	DNSIP string
	// Domain is the cluster's DNS domain, "cluster.local" as a rule.
	Domain string
	// StoragePath is the directory of the node that holds the volumes.
	StoragePath string
	// NodeIP is the address that every Ingress shows as its own.
	NodeIP string
	// Available tells, by add-on name, whose images the node has; the others are left out. Nil means all.
	Available map[string]bool
}

// Manifests returns the objects that run the add-ons, as one YAML stream in the order in which they are to be applied.
// cert-manager is not among them: it comes with its own chart.
func Manifests(o Options) ([]byte, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("rendering the add-ons' manifests: %w", err)
	}
	values := strings.NewReplacer(
		"${DNS_IP}", o.DNSIP,
		"${DOMAIN}", o.Domain,
		"${STORAGE_PATH}", o.StoragePath,
		"${NODE_IP}", o.NodeIP,
	)
	var parts []string
	for _, name := range Names() {
		if name == CertManager || (o.Available != nil && !o.Available[name]) {
			continue
		}
		text, err := manifestFiles.ReadFile("manifests/" + name + ".yaml")
		if err != nil {
			return nil, fmt.Errorf("reading the manifest of %s: %w", name, err)
		}
		parts = append(parts, values.Replace(string(text)))
	}
	return []byte(strings.Join(parts, "---\n")), nil
}

// check refuses what would not survive being written into YAML, JSON and a Corefile as it is.
func (o Options) check() error {
	var problems []error
	for name, text := range map[string]string{"DNS address": o.DNSIP, "node address": o.NodeIP} {
		if _, err := netip.ParseAddr(text); err != nil {
			problems = append(problems, fmt.Errorf("%s %q: %w", name, text, err))
		}
	}
	if !regexp.MustCompile(`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`).MatchString(o.Domain) {
		problems = append(problems, fmt.Errorf("domain %q: want lower-case DNS labels", o.Domain))
	}
	plain := regexp.MustCompile(`^/[-A-Za-z0-9._/]+$`).MatchString(o.StoragePath)
	if !plain || path.Clean(o.StoragePath) != o.StoragePath {
		problems = append(problems, fmt.Errorf("storage path %q: want an absolute, clean path of letters, digits, and -._", o.StoragePath))
	}
	return errors.Join(problems...)
}
