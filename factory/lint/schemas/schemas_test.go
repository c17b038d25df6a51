package schemas_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
	"k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"github.com/helm-chart-factory/factory/factory/lint/schemas"
)

var update = flag.Bool("update", false, "rewrite the expected output")

func load(t testing.TB) *schemas.Catalog {
	t.Helper()
	c, err := schemas.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func fields(t testing.TB, text string) map[string]any {
	t.Helper()
	data, err := yaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestJudge holds manifests against all that is known. In an archive, want is what is found in the manifest of that name.
func TestJudge(t *testing.T) {
	c := load(t)
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no archives", err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			var want string
			var files []txtar.File
			for _, f := range archive.Files {
				if f.Name == "want" {
					want = string(f.Data)
					continue
				}
				files = append(files, f)
				fmt.Fprintf(&got, "%s: %s\n", f.Name, judge(c, fields(t, string(f.Data))))
			}
			if *update {
				archive.Files = append(files, txtar.File{Name: "want", Data: []byte(got.String())})
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got.String() != want {
				t.Errorf("got\n%s\nwant\n%s", got.String(), want)
			}
		})
	}
}

func judge(c *schemas.Catalog, fields map[string]any) string {
	verdict := c.Judge(fmt.Sprint(fields["apiVersion"]), fmt.Sprint(fields["kind"]), fields, c.Versions())
	if !verdict.Known {
		return fmt.Sprintf("unknown; elsewhere %v", c.Elsewhere(fmt.Sprint(fields["kind"]), c.Versions()))
	}
	var b strings.Builder
	if verdict.Missing != nil {
		fmt.Fprintf(&b, "not in %v; ", verdict.Missing)
	}
	if len(verdict.Violations) == 0 {
		b.WriteString("fits")
	}
	for _, v := range verdict.Violations {
		fmt.Fprintf(&b, "\n  %s: %s %v", v.Path, v.Text, v.Versions)
	}
	return b.String()
}

// TestKnownKinds holds that every kind a chart of ours can hold is known, in every version.
func TestKnownKinds(t *testing.T) {
	c := load(t)
	if versions := c.Versions(); len(versions) < 3 || versions[0] != "1.32" {
		t.Errorf("versions %v", versions)
	}
	for _, version := range c.Versions() {
		for _, kind := range []string{
			"apps/v1 Deployment", "apps/v1 StatefulSet", "apps/v1 DaemonSet", "batch/v1 Job", "batch/v1 CronJob", "v1 Pod", "v1 Service",
			"v1 ServiceAccount", "v1 ConfigMap", "v1 Secret", "v1 PersistentVolumeClaim", "v1 Namespace", "networking.k8s.io/v1 Ingress",
			"networking.k8s.io/v1 NetworkPolicy", "rbac.authorization.k8s.io/v1 Role", "rbac.authorization.k8s.io/v1 ClusterRoleBinding",
			"autoscaling/v2 HorizontalPodAutoscaler", "policy/v1 PodDisruptionBudget", "scheduling.k8s.io/v1 PriorityClass",
			"apiextensions.k8s.io/v1 CustomResourceDefinition", "storage.k8s.io/v1 StorageClass",
		} {
			if _, known := c.Kinds[version][kind]; !known {
				t.Errorf("%s: no %s", version, kind)
			}
		}
	}
	for source, kind := range map[string]string{
		"cert-manager": "cert-manager.io/v1 Certificate", "gateway-api": "gateway.networking.k8s.io/v1 HTTPRoute",
		"prometheus-operator": "monitoring.coreos.com/v1 ServiceMonitor", "external-secrets": "external-secrets.io/v1 ExternalSecret",
		"istio": "security.istio.io/v1 PeerAuthentication",
	} {
		if _, known := c.Kinds[source][kind]; !known {
			t.Errorf("%s: no %s among %v", source, kind, slices.Sorted(maps.Keys(c.Kinds[source])))
		}
	}
}

// TestPatternsCompile holds that no expression of a schema is first looked at in a user's run.
func TestPatternsCompile(t *testing.T) {
	c := load(t)
	for _, s := range c.Schemas {
		if s.Pattern != "" {
			c.MatchForTest(s.Pattern)
		}
	}
}
