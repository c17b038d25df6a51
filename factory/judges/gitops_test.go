//go:build e2e

package judges

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/gitops"
	"github.com/helm-chart-factory/factory/factory/paths"
	"github.com/helm-chart-factory/factory/templates"
)

// TestRenderedManifestsAreApplied applies the manifests of each project as a controller does that knows no Helm: every file at once. The
// API server takes all of them, and finds no difference afterwards.
func TestRenderedManifestsAreApplied(t *testing.T) {
	install(t, definitions(t))
	cluster := clustertest.Cluster(t)
	client, err := cluster.Client()
	if err != nil {
		t.Fatal(err)
	}
	kubectl := kubectl(t)
	projects(t, func(t *testing.T, p project) {
		namespace := clustertest.Namespace(t, cluster)
		prepare(t, client, namespace, p)
		p.Namespace = namespace
		request := gitops.Request{Project: p.Project, Dir: filepath.Join(t.TempDir(), "rendered"), Waiting: func() {}}
		for _, s := range p.Services {
			if s.Generates() {
				request.Existing = append(request.Existing, s.Name)
			}
		}
		if _, err := gitops.Write(t.Context(), request, templates.Files); err != nil {
			t.Fatal(err)
		}
		all := []string{"--namespace", namespace, "--recursive", "--filename", request.Dir}
		run(t, kubectl, append([]string{"apply"}, all...)...)
		run(t, kubectl, append([]string{"diff"}, all...)...)
		run(t, kubectl, append([]string{"delete", "--wait=false"}, all...)...)
	})
}

// kubectl is one of the names of the cluster's program.
func kubectl(t *testing.T) string {
	t.Helper()
	program := os.Getenv("FACTORY_CLUSTER")
	if program == "" {
		program = filepath.Join(paths.Cache(), "bin", "factory-cluster")
	}
	link := filepath.Join(t.TempDir(), "kubectl")
	if err := os.Symlink(program, link); err != nil {
		t.Fatal(err)
	}
	return link
}
