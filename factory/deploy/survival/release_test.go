package survival_test

import (
	"os"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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

// releases lists the stored revisions as "1 superseded, 2 deployed".
func releases(t *testing.T, opts deploy.Options) string {
	t.Helper()
	list, err := client(t, opts).CoreV1().Secrets(opts.Namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "owner=helm,name=" + opts.Name})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, secret := range list.Items {
		found = append(found, secret.Labels["version"]+" "+secret.Labels["status"])
	}
	return strings.Join(found, ", ")
}

func wantReleases(t *testing.T, opts deploy.Options, want string) {
	t.Helper()
	if got := releases(t, opts); got != want {
		t.Errorf("stored releases: %s; want %s", got, want)
	}
}
