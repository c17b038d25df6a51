// Package paths says where factory keeps what it runs and what it can build again.
package paths

import (
	"os"
	"path/filepath"
)

// Home is where running things keep their state: $FACTORY_HOME, else /var/lib/factory for root,
// else factory below $XDG_STATE_HOME (https://specifications.freedesktop.org/basedir-spec).
func Home() string {
	if dir := os.Getenv("FACTORY_HOME"); dir != "" {
		return dir
	}
	if os.Geteuid() == 0 {
		return "/var/lib/factory"
	}
	return xdg("XDG_STATE_HOME", ".local/state")
}

// Cache is where things are that can be built again: $FACTORY_CACHE, else factory below $XDG_CACHE_HOME.
func Cache() string {
	if dir := os.Getenv("FACTORY_CACHE"); dir != "" {
		return dir
	}
	return xdg("XDG_CACHE_HOME", ".cache")
}

// Instance is the name of this host's embedded cluster: $FACTORY_INSTANCE, else "factory".
func Instance() string {
	if name := os.Getenv("FACTORY_INSTANCE"); name != "" {
		return name
	}
	return "factory"
}

// Registries is the registries.yaml that the embedded cluster honours: $FACTORY_REGISTRIES, or "" for k3s' own place.
func Registries() string { return os.Getenv("FACTORY_REGISTRIES") }

func xdg(variable, fallback string) string {
	base := os.Getenv(variable)
	if base == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			home = os.TempDir()
		}
		base = filepath.Join(home, fallback)
	}
	return filepath.Join(base, "factory")
}
