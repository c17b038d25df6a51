package subchart

import (
	"maps"
	"slices"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/values"
)

// secretValues are the values that the chart's own Secret generates, by key.
func secretValues(s *spec.Service) values.Map {
	var out values.Map
	for _, key := range slices.Sorted(maps.Keys(s.Secrets)) {
		if secret := s.Secrets[key]; secret.External == nil {
			out = append(out, values.Entry{Key: key, Value: values.Map{{Key: "generate", Value: int64(secret.Generate)}}})
		}
	}
	return out
}

// externalValues are what an ExternalSecret says in its own words; its data are by key.
func externalValues(s *spec.Service) values.Map {
	var refresh string
	var main values.Map
	var data values.Map
	for _, key := range slices.Sorted(maps.Keys(s.Secrets)) {
		e := s.Secrets[key].External
		if e == nil {
			continue
		}
		store := values.Map{{Key: "name", Value: e.Store}, {Key: "kind", Value: spec.SecretStore}}
		if e.StoreKind != "" {
			store[1].Value = e.StoreKind
		}
		remote := values.Map{{Key: "key", Value: e.Key}}
		if e.Property != "" {
			remote = append(remote, values.Entry{Key: "property", Value: e.Property})
		}
		from := values.Map{{Key: "remoteRef", Value: remote}}
		if main == nil {
			main, refresh = store, e.Refreshed().String()
		} else if store[0] != main[0] || store[1] != main[1] {
			from = append(from, values.Entry{Key: "sourceRef", Value: values.Map{{Key: "storeRef", Value: store}}})
		}
		data = append(data, values.Entry{Key: key, Value: from})
	}
	if data == nil {
		return nil
	}
	return values.Map{{Key: "refreshInterval", Value: refresh}, {Key: "secretStoreRef", Value: main}, {Key: "data", Value: data}}
}
