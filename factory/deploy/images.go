package deploy

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
)

// Resolve returns the digest ("sha256:…") that an image reference stands for at its registry. It is called for several at once.
type Resolve func(ctx context.Context, ref string) (string, error)

const parallelResolves = 8

// Pin returns the given user values with every subchart's image at the registry pinned to its digest of this moment:
// <service>.image.digest. Which image that is, the values say, and the chart below them. Images elsewhere, services switched off
// and digests that are named already are left alone.
func Pin(ctx context.Context, umbrella *chart.Chart, values map[string]any, registry string, resolve Resolve) (map[string]any, error) {
	digests := map[string]any{}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelResolves)
	for _, subchart := range umbrella.Dependencies() {
		ref, ok := imageOf(umbrella, values, subchart, registry)
		if !ok {
			continue
		}
		group.Go(func() error {
			digest, err := resolve(ctx, ref)
			if err != nil {
				return fmt.Errorf("looking up image %s of service %q: %w\nnext: factory build %s", ref, subchart.Name(), err, subchart.Name())
			}
			mu.Lock()
			defer mu.Unlock()
			digests[subchart.Name()] = map[string]any{"image": map[string]any{"digest": digest}}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return chartutil.MergeTables(digests, copyValues(values)), nil
}

func imageOf(umbrella *chart.Chart, user map[string]any, subchart *chart.Chart, registry string) (ref string, ok bool) {
	values := map[string]any{}
	for _, layer := range []any{user[subchart.Name()], umbrella.Values[subchart.Name()]} {
		if said, isMap := layer.(map[string]any); isMap {
			values = chartutil.MergeTables(values, copyValues(said))
		}
	}
	values = chartutil.CoalesceTables(values, copyValues(subchart.Values))
	if enabled, isBool := values["enabled"].(bool); isBool && !enabled {
		return "", false
	}
	image, isMap := values["image"].(map[string]any)
	if !isMap {
		return "", false
	}
	repository, _ := image["repository"].(string)
	tag, _ := image["tag"].(string)
	digest, _ := image["digest"].(string)
	if digest != "" || !strings.HasPrefix(repository, registry+"/") {
		return "", false
	}
	if tag == "" {
		tag = "latest"
	}
	return repository + ":" + tag, true
}
