//go:build e2e

package judges

import (
	"path/filepath"
	"slices"
	"testing"
)

// kubernetesModule is the version by which kubeconform judges, as a module.
const kubernetesModule = "k8s.io/kubernetes@v1.34.2"

func TestHelmLint(t *testing.T) {
	projects(t, func(t *testing.T, p project) {
		for _, values := range p.values() {
			args := append([]string{"lint", "--strict", "--kube-version", "1.34.0", "--namespace", p.Namespace, p.chart}, values...)
			run(t, "helm", args...)
		}
		for _, s := range p.Services {
			run(t, "helm", "lint", "--strict", "--kube-version", "1.34.0", filepath.Join(p.chart, "charts", s.Name))
		}
		run(t, "helm", "package", p.chart, "--destination", t.TempDir())
	})
}

func TestKubeconform(t *testing.T) {
	schemas := kubeconformSchemas(t, kubernetesModule, definitions(t))
	projects(t, func(t *testing.T, p project) {
		for _, values := range p.values() {
			run(t, "kubeconform", "-strict", "-kubernetes-version", "1.34.2",
				"-schema-location", filepath.Join(schemas, "{{.ResourceKind}}{{.KindSuffix}}.json"), p.manifests(t, values...))
		}
	})
}

// waived are the tests of kube-score that do not count here, each with the reason.
var waived = map[string]string{
	"container-security-context-user-group-id":      "it wants ids above 10000; a spec says its own, and 1000 is the default of the project that factory began from",
	"container-image-pull-policy":                   "what is not :latest does not change, and deploy pins by digest",
	"container-image-tag":                           "what a project builds is :latest in the committed charts, and deploy pins it by digest",
	"container-ephemeral-storage-request-and-limit": "such a limit evicts pods, so it is a team's own choice: resources.limits.ephemeral-storage",
	"pod-networkpolicy":                             "the way out is closed where a spec says network.to: only an enforcing network can prove such rules",
	"deployment-has-host-podantiaffinity":           "it does not count topology spread constraints, which spread gives; factory lint does",
	"statefulset-has-host-podantiaffinity":          "it does not count topology spread constraints, which spread gives; factory lint does",
	"pod-probes-identical":                          "it compares what is asked and not how long it may fail; factory lint compares both",
	"statefulset-has-servicename":                   "a StatefulSet of one pod is reached through an ordinary Service; service.headless gives the other kind",
	"statefulset-has-poddisruptionbudget":           "it wants one for a single pod too, which no node could be drained under",
	"deployment-replicas":                           "one replica is the default, and a team's own choice",
	"service-type":                                  "a NodePort is what its spec asks for",
	"container-security-context-privileged":         "a spec that claims the level privileged says so on purpose, and Pod Security holds it to that",
}

func TestKubeScore(t *testing.T) {
	args := []string{"score", "--kubernetes-version", "v1.34", "--output-format", "ci", "--exit-one-on-warning", "--ignore-container-cpu-limit"}
	for id := range waived {
		args = append(args, "--ignore-test", id)
	}
	projects(t, func(t *testing.T, p project) {
		for _, values := range p.values() {
			run(t, "kube-score", append(slices.Clone(args), p.manifests(t, values...))...)
		}
	})
}

// TestHelmDocs holds the table of values in each chart's README against what helm-docs makes of the same values.yaml.
func TestHelmDocs(t *testing.T) {
	program, err := filepath.Abs(filepath.Join(top, ".ci", "helm-docs"))
	if err != nil {
		t.Fatal(err)
	}
	projects(t, func(t *testing.T, p project) { run(t, program, p.chart) })
}
