package deploy

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"helm.sh/helm/v3/pkg/action"
	helmkube "helm.sh/helm/v3/pkg/kube"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/releaseutil"
	"k8s.io/cli-runtime/pkg/resource"
)

// leftovers are the objects of revisions that failed after the last good one. Helm compares the next revision with the last
// good one alone and would never remove what only a failed one made; for the same reason the objects of original, which is changed
// in place, get what the failed ones said of them.
func (d *deployment) leftovers(ctx context.Context, config *action.Configuration, client *helmClient, original, target helmkube.ResourceList) (helmkube.ResourceList, error) {
	revisions, err := config.Releases.History(d.Name)
	if err != nil {
		return nil, fmt.Errorf("reading the history of release %q: %w", d.Name, err)
	}
	good := 0
	for _, revision := range revisions {
		if revision.Info.Status == release.StatusDeployed && revision.Version > good {
			good = revision.Version
		}
	}
	releaseutil.SortByRevision(revisions)
	var left helmkube.ResourceList
	for _, revision := range revisions {
		if revision.Version <= good || revision.Info.Status != release.StatusFailed {
			continue
		}
		made, err := client.Build(bytes.NewBufferString(revision.Manifest), false)
		if err != nil {
			continue // a kind that the cluster no longer knows has no objects in it either
		}
		for _, info := range made {
			if err := blendInto(original, info); err != nil {
				return nil, err
			}
			if original.Contains(info) || target.Contains(info) || left.Contains(info) {
				continue
			}
			ours, err := d.owns(info)
			if err != nil {
				return nil, err
			}
			if ours {
				d.Say("%s/%s is left from revision %d, which failed: removing it", strings.ToLower(info.Mapping.GroupVersionKind.Kind), info.Name, revision.Version)
				left = append(left, info)
			}
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return left, nil
}

// owns tells whether a live object carries the marks of this release.
func (d *deployment) owns(info *resource.Info) (bool, error) {
	live, err := get(info)
	if err != nil || live == nil {
		return false, err
	}
	return d.ours(live), nil
}
