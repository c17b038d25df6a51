package deploy

import (
	"testing"
	"time"

	"helm.sh/helm/v3/pkg/action"
	helmkube "helm.sh/helm/v3/pkg/kube"
	"helm.sh/helm/v3/pkg/release"
	helmtime "helm.sh/helm/v3/pkg/time"
)

// SetStatus makes the last revision look as another tool left it.
func SetStatus(t *testing.T, opts Options, status release.Status, since time.Time) {
	t.Helper()
	config, err := configure(t.Context(), opts.Cluster, opts.Namespace, nil)
	if err != nil {
		t.Fatal(err)
	}
	last, err := config.Releases.Last(opts.Name)
	if err != nil {
		t.Fatal(err)
	}
	last.Info.Status, last.Info.LastDeployed = status, helmtime.Time{Time: since}
	if err := config.Releases.Update(last); err != nil {
		t.Fatal(err)
	}
}

// HelmUpgrade does what `helm upgrade --reset-then-reuse-values` does, without waiting.
func HelmUpgrade(t *testing.T, opts Options) {
	t.Helper()
	config := new(action.Configuration)
	if err := config.Init(opts.Cluster, opts.Namespace, "secret", t.Logf); err != nil {
		t.Fatal(err)
	}
	config.KubeClient.(*helmkube.Client).Namespace = opts.Namespace
	upgrade := action.NewUpgrade(config)
	upgrade.Namespace, upgrade.ResetThenReuseValues = opts.Namespace, true
	loaded, err := opts.Chart()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := upgrade.RunWithContext(t.Context(), opts.Name, loaded, map[string]any{}); err != nil {
		t.Fatal(err)
	}
}
