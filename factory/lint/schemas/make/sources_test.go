package main

import (
	"slices"
	"testing"

	"github.com/helm-chart-factory/factory/factory/lint/schemas"
)

// TestMadeFromSources keeps schemas.json from being older than the versions that sources.go names.
func TestMadeFromSources(t *testing.T) {
	c, err := schemas.Load()
	if err != nil {
		t.Fatal(err)
	}
	var versions []string
	for _, source := range kubernetesSources() {
		versions = append(versions, source.version)
		if got := c.Sources[source.version]; got != source.module {
			t.Errorf("%s is made from %q, not %q: run go generate ./factory/lint/schemas", source.version, got, source.module)
		}
	}
	if !slices.Equal(versions, c.Versions()) {
		t.Errorf("%v, and schemas.json has %v", versions, c.Versions())
	}
	for _, source := range customSources() {
		if got := c.Sources[source.name]; got != source.module {
			t.Errorf("%s is made from %q, not %q: run go generate ./factory/lint/schemas", source.name, got, source.module)
		}
	}
}
