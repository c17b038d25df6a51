package deploy

import (
	"testing"
	"time"

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
