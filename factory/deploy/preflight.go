package deploy

import (
	"context"
	"fmt"

	"helm.sh/helm/v3/pkg/action"
	helmkube "helm.sh/helm/v3/pkg/kube"
)

// preflight refuses what cannot go well, before anything of the release is touched: objects that are not the release's to
// write, and volumes that cannot become what the chart says.
func (d *deployment) preflight(ctx context.Context) error {
	past, err := d.past(ctx)
	if err != nil {
		return err
	}
	if d.rendered == nil {
		if d.rendered, err = d.render(ctx, past); err != nil {
			return err
		}
	}
	next, err := parseItems(d.rendered.Manifest)
	if err != nil {
		return err
	}
	base, err := past.items()
	if err != nil {
		return err
	}
	if err := d.checkOwners(ctx, next, base); err != nil {
		return err
	}
	d.volumes, err = d.inspectVolumes(ctx, next, base, false)
	return err
}

// keepVolumes lets volumes that have grown since stay as they are in a rollback.
func (d *deployment) keepVolumes(ctx context.Context, config *action.Configuration, to int) error {
	target, err := config.Releases.Get(d.Name, to)
	if err != nil {
		return fmt.Errorf("reading revision %d of release %q: %w", to, d.Name, err)
	}
	last, err := config.Releases.Last(d.Name)
	if err != nil {
		return fmt.Errorf("reading the history of release %q: %w", d.Name, err)
	}
	next, err := parseItems(target.Manifest)
	if err != nil {
		return err
	}
	base, err := parseItems(last.Manifest)
	if err != nil {
		return err
	}
	d.volumes, err = d.inspectVolumes(ctx, next, base, true)
	return err
}

// items are the objects of the release that Helm compares the next one with.
func (p *past) items() ([]item, error) {
	if p.base == nil {
		return nil, nil
	}
	return parseItems(p.base.Manifest)
}

// configure prepares Helm's actions for writing this release.
func (d *deployment) configure(ctx context.Context) (*action.Configuration, error) {
	config, err := configure(ctx, d.Cluster, d.Namespace, d.wait)
	if err != nil {
		return nil, err
	}
	if client, ok := config.KubeClient.(*helmClient); ok {
		client.prepare = func(original, target helmkube.ResourceList) (helmkube.ResourceList, error) {
			left, err := d.leftovers(ctx, config, client, original, target)
			if err != nil {
				return nil, err
			}
			return append(original, left...), d.changeVolumes(ctx, client, target)
		}
	}
	return config, nil
}
