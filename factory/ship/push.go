package ship

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	helm "helm.sh/helm/v3/pkg/registry"
	"oras.land/oras-go/v2/errdef"
)

// Pushed is a chart in a registry.
type Pushed struct {
	Name       string            `json:"name"`
	Version    string            `json:"version"`
	AppVersion string            `json:"appVersion,omitempty"`
	Ref        string            `json:"ref"`    // oci://HOST/PATH/NAME:TAG
	Digest     string            `json:"digest"` // of the manifest, as helm install takes it behind an @
	Chart      string            `json:"chart"`  // the digest of the archive
	Size       int               `json:"size"`   // of the archive, in bytes
	Pushed     bool              `json:"pushed"` // false: the registry had it already
	Images     map[string]string `json:"images,omitempty"`
}

// Push puts charts into a registry, as `helm push` does. A version that holds the same chart is left alone. One that holds
// something else is an error without force, and nothing is pushed then: others may have pulled it. It returns what was
// pushed before an error, too.
func Push(ctx context.Context, charts []*Chart, to Target, force bool) ([]Pushed, error) {
	if err := Reachable(ctx, to.Host); err != nil {
		return nil, fmt.Errorf("pushing to %s: %w", to, err)
	}
	client, err := newClient(ctx, to.Host)
	if err != nil {
		return nil, fmt.Errorf("reading the logins of registries: %w", err)
	}
	pushed, err := compare(client, charts, to, force)
	if err != nil {
		return nil, explain(ctx, err, to.Host)
	}
	for i, c := range charts {
		if pushed[i].Digest != "" {
			continue
		}
		// Helm writes the tag of a version, and holds the reference against what the chart says.
		result, err := client.Push(c.Archive, to.repository(c.Name)+":"+c.Version, helm.PushOptCreationTime(made().Format(time.RFC3339)))
		if err != nil {
			return pushed[:i], explain(ctx, fmt.Errorf("pushing %s: %w", pushed[i].Ref, err), to.Host)
		}
		pushed[i].Digest, pushed[i].Pushed = result.Manifest.Digest, true
	}
	return pushed, nil
}

// compare describes the charts in the registry: those that it has already have a digest. Without force, a version that holds
// something else is an error.
func compare(client *helm.Client, charts []*Chart, to Target, force bool) ([]Pushed, error) {
	pushed := make([]Pushed, len(charts))
	var others []string
	for i, c := range charts {
		ref := to.ref(c)
		pushed[i] = Pushed{Name: c.Name, Version: c.Version, AppVersion: c.AppVersion, Ref: scheme + ref,
			Chart: c.Digest(), Size: len(c.Archive), Images: c.Images}
		found, err := look(client, ref)
		switch {
		case err != nil:
			return nil, fmt.Errorf("looking at %s%s: %w", scheme, ref, err)
		case found.chart == pushed[i].Chart:
			pushed[i].Digest = found.manifest
		case found.manifest != "":
			others = append(others, fmt.Sprintf("%s%s (%s)", scheme, ref, found.manifest))
		}
	}
	if len(others) > 0 && !force {
		return nil, usage("nothing was pushed, because another chart of that version is there, which others may have pulled:\n  %s\nnext: --version %s, another place with --to, or --force to replace it",
			strings.Join(others, "\n  "), next(charts[0].Version))
	}
	return pushed, nil
}

// there is what a registry holds under a reference: nothing where both are empty.
type there struct {
	manifest string // its digest
	chart    string // that of the archive, empty where it is no chart
}

func look(client *helm.Client, ref string) (there, error) {
	found, err := client.Resolve(ref)
	if errors.Is(err, errdef.ErrNotFound) {
		return there{}, nil
	}
	if err != nil {
		return there{}, err
	}
	pulled, err := client.Pull(ref)
	if err != nil && answered(err) {
		return there{}, err
	}
	if err != nil {
		return there{manifest: found.Digest.String()}, nil // an image, or whatever else is no chart
	}
	return there{manifest: pulled.Manifest.Digest, chart: pulled.Chart.Digest}, nil
}
