package spec

import (
	"os"
	"path/filepath"
	"testing"

	"go.yaml.in/yaml/v3"
)

// renamed is a conversion as a later version might need it: a key has another name.
func renamed(from, to string) func(*yaml.Node) {
	return func(root *yaml.Node) {
		for i := 0; i+1 < len(root.Content); i += 2 {
			if root.Content[i].Value == from {
				root.Content[i].Value = to
			}
		}
	}
}

// laterFormat is version 3: version 2 renamed `size` to `replicas` and `zone` to `domain`, version 3 `count` to `size`.
func laterFormat() format {
	return format{version: 3, conversions: map[int]conversion{
		1: {service: renamed("count", "size")},
		2: {service: renamed("size", "replicas"), project: renamed("zone", "domain")},
	}}
}

func wrote(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestConversion holds that specs of an older version are read as they were meant, wherever they say something of a service.
func TestConversion(t *testing.T) {
	dir := wrote(t, map[string]string{
		"factory.yaml": "version: 1\nzone: example.com\ndefaults: {count: 2}\n" +
			"environments:\n  a: {defaults: {count: 3}}\n  b: {services: {web: {count: 4}}}\n  c: {zone: c.example.com}\n  d: {}\n",
		"services/web/service.yaml":   "ingress: true\nport: 80\nenvironments: {c: {count: 5}}\n",
		"services/web/service.d.yaml": "count: 6\n",
	})
	p, err := newLoader(dir, laterFormat(), Draft{}).load()
	if err != nil {
		t.Fatal(err)
	}
	if p.Version != 3 || p.Domain != "example.com" || p.Service("web").Replicas != 2 {
		t.Errorf("the project is %+v, its service has %d replicas", p, p.Service("web").Replicas)
	}
	for i, e := range p.Environments {
		if e.Service("web").Replicas != 3+i {
			t.Errorf("%s has %d replicas", e.Environment, e.Service("web").Replicas)
		}
	}
	if host := p.Environments[2].Service("web").Ingress.Hosts[0]; host != "web.c.example.com" {
		t.Errorf("the host in c is %s", host)
	}
	if at := p.Service("web").At("replicas").String(); at != "factory.yaml:3:12" {
		t.Errorf("replicas are said at %s", at)
	}
}

// TestOtherVersions holds that what cannot be converted is refused whole, and that a problem of converted specs is told at its place.
func TestOtherVersions(t *testing.T) {
	for version, want := range map[string]string{
		"0":   "factory.yaml:1:1: version 0 is not known to this factory, which reads version 3: use the factory that wrote it, or a newer one",
		"4":   "factory.yaml:1:1: version 4 is not known to this factory, which reads version 3: use the factory that wrote it, or a newer one",
		"-1":  "factory.yaml:1:1: version -1 is not known to this factory, which reads version 3: use the factory that wrote it, or a newer one",
		"1":   "services/web/service.yaml:1:8: \"many\" is not a whole number: write plain digits",
		"2":   "services/web/service.yaml:1:1: unknown key \"portt\": did you mean \"port\"?",
		"one": "factory.yaml:1:10: \"one\" is not a whole number: write plain digits",
	} {
		text := "count: many\n"
		switch version {
		case "one":
			text = "port: 80\n"
		case "2":
			text = "portt: 80\n"
		}
		dir := wrote(t, map[string]string{"factory.yaml": "version: " + version + "\n", "services/web/service.yaml": text})
		if _, err := newLoader(dir, laterFormat(), Draft{}).load(); err == nil || err.Error() != want {
			t.Errorf("version %s: %v", version, err)
		}
	}
}
