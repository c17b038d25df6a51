package pki

import (
	"fmt"

	"sigs.k8s.io/yaml"
)

type named map[string]any

// Kubeconfig renders a kubeconfig for one client of one server, everything embedded.
func Kubeconfig(name, server string, ca []byte, client Pair) ([]byte, error) {
	data, err := yaml.Marshal(map[string]any{
		"apiVersion": "v1",
		"kind":       "Config",
		"clusters": []named{{"name": name, "cluster": named{
			"server":                     server,
			"certificate-authority-data": ca,
		}}},
		"users": []named{{"name": name, "user": named{
			"client-certificate-data": client.Cert,
			"client-key-data":         client.Key,
		}}},
		"contexts":        []named{{"name": name, "context": named{"cluster": name, "user": name}}},
		"current-context": name,
	})
	if err != nil {
		return nil, fmt.Errorf("encoding kubeconfig %q: %w", name, err)
	}
	return data, nil
}
