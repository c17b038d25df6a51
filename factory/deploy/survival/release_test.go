package survival_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/deploy"
)

func TestMain(m *testing.M) { os.Exit(clustertest.Run(m)) }

// options are those of a deploy into a namespace that does not exist yet; the test runs beside others from then on.
func options(t *testing.T) deploy.Options {
	t.Helper()
	t.Parallel()
	return alone(t)
}

// alone are the same for a test that no other may run beside.
func alone(t *testing.T) deploy.Options {
	t.Helper()
	cluster := clustertest.Cluster(t)
	return deploy.Options{
		Cluster: cluster, Name: "shop", Namespace: clustertest.Name(t, cluster), Values: withDigest('a'),
		Chart: deploy.FromDir("../testdata/umbrella"), Timeout: time.Minute, MadeBy: "test",
	}
}

func withDigest(letter byte) map[string]any {
	return map[string]any{"web": map[string]any{"image": map[string]any{"digest": "sha256:" + strings.Repeat(string(letter), 64)}}}
}

func client(t *testing.T, opts deploy.Options) kubernetes.Interface {
	t.Helper()
	client, err := opts.Cluster.Client()
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func apply(t *testing.T, opts deploy.Options) *deploy.Result {
	t.Helper()
	result, err := deploy.Apply(t.Context(), opts)
	if err != nil {
		t.Fatalf("deploy: %v", err)
	}
	return result
}

func wantReleases(t *testing.T, opts deploy.Options, want string) {
	t.Helper()
	if got := clustertest.Revisions(t, opts.Cluster, opts.Namespace, opts.Name); got != want {
		t.Errorf("stored releases: %s; want %s", got, want)
	}
}
