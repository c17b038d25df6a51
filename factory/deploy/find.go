package deploy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/storage/driver"

	"github.com/helm-chart-factory/factory/factory/deploy/rollout"
	"github.com/helm-chart-factory/factory/factory/kube"
)

// Release is the last revision of a release as it is stored.
type Release struct {
	Name      string
	Namespace string
	Revision  int
	// Status is Helm's: deployed, failed, pending-upgrade and so on.
	Status  string
	Updated time.Time
	// Description says how the revision went.
	Description string
	// AppVersion is the chart's.
	AppVersion string
	// Values are the user values.
	Values map[string]any
	// MadeBy is the value of MadeByLabel; empty when factory did not make the release.
	MadeBy string

	manifest string
	hooks    []*release.Hook
}

// Deployed tells whether the revision got where it should.
func (r *Release) Deployed() bool { return r.Status == release.StatusDeployed.String() }

// SameValues tells whether the release has exactly these user values.
func (r *Release) SameValues(values map[string]any) bool { return sameJSON(r.Values, values) }

// Find returns the last revision of a release, or nil when there is none.
func Find(ctx context.Context, cluster *kube.Cluster, name, namespace string) (*Release, error) {
	config, err := configure(ctx, cluster, namespace, nil)
	if err != nil {
		return nil, err
	}
	last, err := config.Releases.Last(name)
	if errors.Is(err, driver.ErrReleaseNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the history of release %q: %w", name, err)
	}
	found := &Release{
		Name: name, Namespace: namespace, Revision: last.Version, Status: last.Info.Status.String(),
		Updated: last.Info.LastDeployed.Time, Description: last.Info.Description, Values: last.Config,
		MadeBy: last.Labels[MadeByLabel], manifest: last.Manifest, hooks: last.Hooks,
	}
	if last.Chart != nil && last.Chart.Metadata != nil {
		found.AppVersion = last.Chart.Metadata.AppVersion
	}
	return found, nil
}

// States returns how far each object of the release is that gets ready some time after it was written, and the objects
// that are missing, as kind/name.
func (r *Release) States(ctx context.Context, cluster *kube.Cluster) (states []rollout.State, missing []string, err error) {
	wanted, err := parse(r.manifest)
	if err != nil {
		return nil, nil, err
	}
	found, gone, err := live(ctx, cluster, r.Namespace, wanted)
	if err != nil {
		return nil, nil, err
	}
	for _, u := range gone {
		missing = append(missing, refOf(u))
	}
	states, err = rollout.Look(ctx, cluster, toWaitFor(found, false))
	return states, missing, err
}
