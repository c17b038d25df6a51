package umbrella_test

import (
	"maps"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// configured is a project whose pods read configuration from every place that there is.
func configured() map[string]string {
	return map[string]string{
		"factory.yaml": "version: 1\n",
		"services/web/service.yaml": `
needs: [database]
env: {A: {configMap: by-key, key: a}, B: {secret: secret-by-key, key: b}, P: {service: database, key: password}, T: {secret: elsewhere, key: t}, PLAIN: text}
envFrom: [{configMap: whole}, {secret: secret-whole}]
files: {/etc/a: a.txt, /etc/b: b.bin, /etc/c: {source: c.txt, secret: true}}
volumes: {config: {configMap: mounted, path: /mounted}, keys: {secret: secret-mounted, path: /keys}}
init: {first: {args: [x], envFrom: [{configMap: for-init}], files: {/etc/d: d.txt}, env: {X: text-of-init}}}
sidecars: {beside: {image: proxy:1, env: {S: {configMap: for-sidecar, key: s}}}}
manifests: [config.yaml]
`,
		"services/web/a.txt": "file\n", "services/web/b.bin": "\x00binary", "services/web/c.txt": "secret file\n", "services/web/d.txt": "file of init\n",
		"services/web/config.yaml": `
apiVersion: v1
kind: ConfigMap
metadata: {name: by-key, labels: {team: shop}}
data: {a: value-by-key}
---
apiVersion: v1
kind: Secret
metadata: {name: secret-by-key}
stringData: {b: value-of-secret-by-key}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: whole}
data: {x: value-of-whole}
---
apiVersion: v1
kind: Secret
metadata: {name: secret-whole}
data: {x: dmFsdWU=}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: mounted}
binaryData: {x: bW91bnRlZA==}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: for-init}
data: {x: value-of-init}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: nobody-reads}
data: {x: value-of-nobody}
`,
		"services/database/service.yaml": `
kind: StatefulSet
port: 5432
secrets: {password: {generate: 24}, fetched: {external: {store: vault, key: value-in-the-store}}}
files: {/docker-entrypoint-initdb.d/init.sql: init.sql}
env: {POSTGRES_PASSWORD: {service: database, key: password}}
manifests: [shared.yaml]
`,
		"services/database/init.sql": "CREATE TABLE first ();\n",
		"services/database/shared.yaml": `
apiVersion: v1
kind: ConfigMap
metadata: {name: for-sidecar}
data: {s: value-of-sidecar}
---
apiVersion: v1
kind: Secret
metadata: {name: secret-mounted}
stringData: {s: value-of-secret-mounted}
`,
	}
}

// podsOf renders a project and returns the templates of the pods of web and of the database.
func podsOf(t *testing.T, files map[string]string) (web, database corev1.PodTemplateSpec) {
	t.Helper()
	objects := rendered(t, synced(t, project(t, files)), nil)
	return decode[appsv1.Deployment](t, objects, "web/Deployment/web").Spec.Template, decode[appsv1.StatefulSet](t, objects, "database/StatefulSet/database").Spec.Template
}

// TestConfigRollsThePods changes each source of configuration, one after the other: the pods that read it change, and no others.
func TestConfigRollsThePods(t *testing.T) {
	web, database := podsOf(t, configured())
	for _, test := range []struct{ file, old, new, rolls string }{
		{"services/web/a.txt", "file", "other", "web"},
		{"services/web/b.bin", "binary", "BINARY", "web"},
		{"services/web/c.txt", "secret file", "other secret", "web"},
		{"services/web/d.txt", "file of init", "other", "web"},
		{"services/web/config.yaml", "value-by-key", "other", "web"},
		{"services/web/config.yaml", "value-of-secret-by-key", "other", "web"},
		{"services/web/config.yaml", "value-of-whole", "other", "web"},
		{"services/web/config.yaml", "dmFsdWU=", "b3RoZXI=", "web"},
		{"services/web/config.yaml", "bW91bnRlZA==", "b3RoZXI=", "web"},
		{"services/web/config.yaml", "value-of-init", "other", "web"},
		{"services/database/shared.yaml", "value-of-sidecar", "other", "web"},
		{"services/database/shared.yaml", "value-of-secret-mounted", "other", "web"},
		{"services/web/service.yaml", "PLAIN: text", "PLAIN: other", "web"},
		{"services/web/service.yaml", "text-of-init", "other", "web"},
		{"services/database/init.sql", "first", "second", "database"},
		// What the cluster makes or fetches is no part of any checksum: it stays when the pods come and go.
		{"services/database/service.yaml", "generate: 24", "generate: 32", ""},
		{"services/database/service.yaml", "value-in-the-store", "other", ""},
		// Nor is what no pod reads.
		{"services/web/config.yaml", "value-of-nobody", "other", ""},
		{"services/web/config.yaml", "team: shop", "team: other", ""},
	} {
		t.Run(test.old, func(t *testing.T) {
			files := maps.Clone(configured())
			changed := strings.Replace(files[test.file], test.old, test.new, 1)
			if changed == files[test.file] {
				t.Fatalf("%s does not hold %q", test.file, test.old)
			}
			files[test.file] = changed
			for service, rolls := range rolled(t, files, web, database) {
				if want := service == test.rolls; rolls != want {
					t.Errorf("the pods of %s change: %v, want %v", service, rolls, want)
				}
			}
		})
	}
	// Each rendering makes another password: it is in no checksum.
	for service, rolls := range rolled(t, configured(), web, database) {
		if rolls {
			t.Errorf("the pods of %s change by themselves", service)
		}
	}
}

func rolled(t *testing.T, files map[string]string, web, database corev1.PodTemplateSpec) map[string]bool {
	t.Helper()
	webNow, databaseNow := podsOf(t, files)
	return map[string]bool{"web": webNow.String() != web.String(), "database": databaseNow.String() != database.String()}
}
