package subchart

import (
	"maps"
	"slices"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/values"
)

// certificateValues are specs of cert-manager Certificates, by name.
func certificateValues(s *spec.Service) values.Map {
	var m values.Map
	for _, name := range slices.Sorted(maps.Keys(s.Certificates)) {
		c := s.Certificates[name]
		names, addresses := c.Names()
		said := values.Map{{Key: "secretName", Value: c.Secret}}
		if len(names) > 0 {
			// Without a common name, a self-signed certificate is refused.
			said = append(said, values.Entry{Key: "commonName", Value: names[0]}, values.Entry{Key: "dnsNames", Value: list(names)})
		}
		if len(addresses) > 0 {
			said = append(said, values.Entry{Key: "ipAddresses", Value: list(addresses)})
		}
		said = append(said, values.Entry{Key: "issuerRef", Value: values.Map{{Key: "kind", Value: "ClusterIssuer"}, {Key: "name", Value: c.Issuer}}})
		if c.Duration != 0 {
			said = append(said, values.Entry{Key: "duration", Value: c.Duration.String()})
		}
		if c.RenewBefore != 0 {
			said = append(said, values.Entry{Key: "renewBefore", Value: c.RenewBefore.String()})
		}
		if len(c.Usages) > 0 {
			said = append(said, values.Entry{Key: "usages", Value: list(c.Usages)})
		}
		m = append(m, values.Entry{Key: name, Value: said})
	}
	return m
}
