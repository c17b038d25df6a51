// Package image builds the services' images with the engine at hand and pushes them to the project's registry.
package image

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/helm-chart-factory/factory/factory/image/engine"
)

// Service is one image to build. Paths are absolute.
type Service struct {
	Name       string
	Context    string
	Dockerfile string
	Args       map[string]string
	Ref        string // what the image is called, registry included: localhost:5000/backend:latest
}

// Built is the outcome for one service.
type Built struct {
	Service string  `json:"service"`
	Image   string  `json:"image"`
	Digest  string  `json:"digest"`
	Built   bool    `json:"built"` // false: the registry held it already
	Seconds float64 `json:"seconds"`
}

// Engines names the container engines that answer on this machine, the preferred one first.
func Engines(ctx context.Context) []string { return engine.Available(ctx) }

// Digest asks the registry in ref for the digest of that image. Registries on this machine are asked in plain HTTP,
// others with the credentials that `docker login` keeps.
func Digest(ctx context.Context, ref string) (string, error) {
	parsed, err := name.ParseReference(ref)
	if err != nil {
		return "", err
	}
	found, err := remote.Head(parsed, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain))
	if err != nil {
		return "", fmt.Errorf("asking the registry for %s: %w", ref, err)
	}
	return found.Digest.String(), nil
}

// isLocal reports whether the image's registry is on this machine, where plain HTTP is usual.
func isLocal(ref string) bool {
	parsed, err := name.ParseReference(ref)
	if err != nil {
		return false
	}
	host, _, err := net.SplitHostPort(parsed.Context().RegistryStr())
	if err != nil {
		host = parsed.Context().RegistryStr()
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// record is what a build leaves behind, to be compared with the next one's input.
type record struct {
	Inputs string            `json:"inputs"` // hash of context, Dockerfile and arguments
	Bases  map[string]string `json:"bases"`  // the engine's ids of the base images
	Digest string            `json:"digest"`
}

func recordFile(cache, ref string) string {
	return filepath.Join(cache, "records", strings.NewReplacer("/", "_", ":", "_").Replace(ref)+".json")
}

func readRecord(cache, ref string) (record, bool) {
	var r record
	content, err := os.ReadFile(recordFile(cache, ref))
	if err != nil || json.Unmarshal(content, &r) != nil {
		return record{}, false // no record, or none that can be used: build again
	}
	return r, true
}

func (r record) write(cache, ref string) error {
	file := recordFile(cache, ref)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	content, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file+".new", content, 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
