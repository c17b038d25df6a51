package registry_test

import (
	"testing"

	"github.com/helm-chart-factory/factory/factory/registry"
)

func TestAddresses(t *testing.T) {
	for address, want := range map[string]struct {
		local bool
		port  int
	}{
		"localhost:5000":           {true, 5000},
		"localhost:5000/team/apps": {true, 5000},
		"127.0.0.1:5001":           {true, 5001},
		"[::1]:5002":               {true, 5002},
		"localhost":                {true, 0},
		"registry.example.com":     {false, 0},
		"registry.example.com:443": {false, 443},
		"10.0.0.7:5000":            {false, 5000},
		"localhost.example:5000":   {false, 5000},
	} {
		port, ok := registry.Port(address)
		if local := registry.IsLocal(address); local != want.local || port != want.port || ok != (want.port != 0) {
			t.Errorf("%s: local %v, port %d %v, want %+v", address, local, port, ok, want)
		}
	}
}
