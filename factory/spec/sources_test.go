package spec_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/helm-chart-factory/factory/factory/spec"
)

func TestSourcesAreAllFilesThatAProjectIsReadFrom(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"factory.yaml":                   "version: 1\nname: shop\nenvironments: {prod: {}}\n",
		"services/web/service.yaml":      "image: example.com/web:1\nfiles: {/etc/web.conf: conf/web.conf}\nmanifests: [extra/map.yaml]\nsidecars: {side: {files: {/etc/side.conf: side.conf}}}\n",
		"services/web/service.prod.yaml": "files: {/etc/web.conf: conf/prod.conf}\n",
		"services/web/conf/web.conf":     "a", "services/web/conf/prod.conf": "b", "services/web/side.conf": "c",
		"services/web/extra/map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web-extra}\n",
		"services/web/README.md":      "no source", "services/web/main.go": "no source",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, err := spec.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"factory.yaml", "services/web/conf/prod.conf", "services/web/conf/web.conf", "services/web/extra/map.yaml",
		"services/web/service.prod.yaml", "services/web/service.yaml", "services/web/side.conf",
	}
	if got := p.Sources(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
