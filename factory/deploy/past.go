package deploy

import (
	"context"
	"errors"
	"fmt"
	"io"

	"helm.sh/helm/v3/pkg/action"
	helmkube "helm.sh/helm/v3/pkg/kube"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/releaseutil"
	"helm.sh/helm/v3/pkg/storage"
	"helm.sh/helm/v3/pkg/storage/driver"
)

// past is the history of a release as a deploy starts from it: what a recovery would mark as failed is failed. It is a
// copy; nothing of it is written.
type past struct {
	config *action.Configuration
	// all are the revisions, oldest first; last is the newest, nil when there is none.
	all  []*release.Release
	last *release.Release
	// base is the release that Helm compares the next one with; nil for an install.
	base *release.Release
	// install tells that Helm would install, not upgrade.
	install bool
	// rollback tells that an earlier revision is to come back.
	rollback bool
	// pending is the status of a last revision that was cut off.
	pending release.Status
}

func (d *deployment) past(ctx context.Context) (*past, error) {
	config, err := configure(ctx, d.Cluster, d.Namespace, nil)
	if err != nil {
		return nil, err
	}
	p := &past{config: config}
	p.all, err = config.Releases.History(d.Name)
	if err != nil && !errors.Is(err, driver.ErrReleaseNotFound) {
		return nil, fmt.Errorf("reading the history of release %q: %w", d.Name, err)
	}
	releaseutil.SortByRevision(p.all)
	p.begin()
	memory := driver.NewMemory()
	memory.SetNamespace(d.Namespace)
	p.config.Releases = storage.Init(memory)
	for _, revision := range p.all {
		if err := p.config.Releases.Create(revision); err != nil {
			return nil, fmt.Errorf("reading revision %d of release %q: %w", revision.Version, d.Name, err)
		}
	}
	return p, nil
}

// begin finds where Helm starts from: the revision that is deployed, else the last one.
func (p *past) begin() {
	if len(p.all) == 0 {
		p.install = true
		return
	}
	p.last = p.all[len(p.all)-1]
	switch status := p.last.Info.Status; {
	case status == release.StatusUninstalled, status == release.StatusUninstalling:
		p.install = true
		return
	case status.IsPending():
		p.pending = status
		p.last.Info.Status = release.StatusFailed
	}
	p.base = p.last
	for _, revision := range p.all {
		if revision.Info.Status == release.StatusDeployed {
			p.base = revision
		}
	}
}

func (p *past) deployed() bool {
	return p.last != nil && p.last.Info.Status == release.StatusDeployed
}

// next is the number of the revision that a deploy would write.
func (p *past) next() int {
	if p.last == nil {
		return 1
	}
	return p.last.Version + 1
}

// render returns the release that Helm would store, rendered against the cluster as in a real deploy.
func (d *deployment) render(ctx context.Context, past *past) (*release.Release, error) {
	loaded, err := d.Chart()
	if err != nil {
		return nil, err
	}
	client, ok := past.config.KubeClient.(*helmClient)
	if !ok {
		return nil, fmt.Errorf("preparing helm: its client is a %T", past.config.KubeClient)
	}
	config := *past.config
	config.KubeClient = &blindClient{helmClient: client}
	var next *release.Release
	if past.install {
		install := d.installAction(&config)
		install.DryRun, install.DryRunOption = true, "server"
		next, err = install.RunWithContext(ctx, loaded, copyValues(d.Values))
	} else {
		upgrade := d.upgradeAction(&config)
		upgrade.DryRun, upgrade.DryRunOption = true, "server"
		next, err = upgrade.RunWithContext(ctx, d.Name, loaded, copyValues(d.Values))
	}
	if err != nil {
		return nil, d.explain(ctx, err)
	}
	return next, nil
}

// blindClient keeps Helm from judging objects while it renders: it would stop at the first that it does not like.
type blindClient struct{ *helmClient }

func (c *blindClient) Build(io.Reader, bool) (helmkube.ResourceList, error) {
	return helmkube.ResourceList{}, nil
}

// leftovers are the objects of revisions that failed after the last good one, which a deploy removes when nothing else has
// them. A manifest that cannot be read has none.
func (p *past) leftovers() []item {
	if p.install {
		return nil
	}
	var left []item
	for _, revision := range p.all {
		if revision.Info.Status == release.StatusDeployed {
			left = nil
		}
		if revision.Info.Status == release.StatusFailed {
			made, err := parseItems(revision.Manifest)
			if err == nil {
				left = append(left, made...)
			}
		}
	}
	return left
}
