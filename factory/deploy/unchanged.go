package deploy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/storage/driver"
)

// unchanged returns the last release when it is deployed, is what the chart would become now, and all its objects are in
// the cluster; it then waits until they are ready. It returns nil when there is something to write.
func (d *deployment) unchanged(ctx context.Context) (*Result, error) {
	config, err := configure(ctx, d.Cluster, d.Namespace, d.wait)
	if err != nil {
		return nil, err
	}
	last, err := config.Releases.Last(d.Name)
	if errors.Is(err, driver.ErrReleaseNotFound) || err == nil && last.Info.Status != release.StatusDeployed {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the history of release %q: %w", d.Name, err)
	}
	loaded, err := d.Chart()
	if err != nil {
		return nil, err
	}
	upgrade := d.upgradeAction(config)
	upgrade.DryRun, upgrade.DryRunOption = true, "server"
	upgrade.TakeOwnership = true // what is not ours is found later, all of it
	next, err := upgrade.RunWithContext(ctx, d.Name, loaded, copyValues(d.Values))
	if err != nil {
		return nil, d.explain(ctx, err)
	}
	d.rendered = next
	if !same(last, next) {
		return nil, nil
	}
	objects, err := parse(last.Manifest)
	if err != nil {
		return nil, err
	}
	found, missing, err := live(ctx, d.Cluster, d.Namespace, objects)
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		d.Say("%s/%s is not there any more: deploying again", strings.ToLower(missing[0].GetKind()), missing[0].GetName())
		return nil, nil
	}
	if err := d.ready(ctx, found, false); err != nil {
		return nil, err
	}
	return d.result(last, false)
}

// same tells whether two releases are alike in everything that is stored and matters: what was rendered, the values it
// was rendered from, and the chart's metadata.
func same(last, next *release.Release) bool {
	return last.Manifest == next.Manifest && sameJSON(last.Config, next.Config) &&
		sameJSON(last.Chart.Metadata, next.Chart.Metadata) && slices.Equal(hooks(last), hooks(next))
}

func hooks(rel *release.Release) []string {
	var texts []string
	for _, hook := range rel.Hooks {
		texts = append(texts, hook.Path+"\x00"+hook.Manifest)
	}
	slices.SortFunc(texts, cmp.Compare)
	return texts
}
