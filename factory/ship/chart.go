// Package ship makes the charts of a project into what people install elsewhere: archives as `helm package` writes them, and
// artifacts of an OCI registry as `helm push` does.
package ship

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/umbrella"
)

// Request says which charts of a project are shipped, and as what.
type Request struct {
	// Dir is the project's folder.
	Dir string
	// Environment is the one that the charts are for; "" is the project by itself.
	Environment string
	// Services are those whose charts are shipped, each by itself. None means the umbrella chart, which holds all.
	Services []string
	// Version is the charts' version, of SemVer 2. "" leaves the one that they have.
	Version string
	// AppVersion is the version of what they run. "" leaves the one that they have.
	AppVersion string
	// Pin tells what an image's tag stands for, and the charts then name that. Nil leaves the tags.
	Pin deploy.Resolve
}

// Chart is one chart, packaged.
type Chart struct {
	Name, Version, AppVersion string
	// Archive is the .tgz.
	Archive []byte
	// Images are those that are pinned, as repository:tag@digest by the name of their service.
	Images map[string]string
}

// File is the name of the archive as Helm wants it.
func (c *Chart) File() string { return c.Name + "-" + c.Version + ".tgz" }

// Digest is that of the archive, and of the layer that a registry keeps it in: "sha256:…".
func (c *Chart) Digest() string { return digest(c.Archive) }

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Charts packages the charts that are asked for, sorted by name. The same request over the same specs, with images that have the
// same digests, gives the same bytes. Files on disk that are not what the specs give are a *StaleError: what is shipped is what
// was reviewed. Builtin are the built-in templates.
//
// An environment's charts are those of a project in which all that differs there had been said at once: their values.yaml
// holds its values, so that they are installed without a file of values.
func Charts(ctx context.Context, r Request, builtin fs.FS) ([]*Chart, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	checked := umbrella.Request{Services: r.Services, Umbrella: len(r.Services) == 0, Check: true}
	plan, err := umbrella.Generate(ctx, r.Dir, builtin, checked)
	if err != nil {
		return nil, err
	}
	if !plan.Clean() {
		return nil, &StaleError{Plan: plan}
	}
	project, err := spec.Load(r.Dir)
	if err != nil {
		return nil, err
	}
	if project, err = project.Env(r.Environment); err != nil {
		return nil, err
	}
	images := map[string]string{}
	if r.Pin != nil {
		if images, err = Pin(ctx, project, r.Services, builtin, r.Pin); err != nil {
			return nil, err
		}
	}
	loaded, err := umbrella.Load(project, builtin)
	if err != nil {
		return nil, err
	}
	wanted := []*chart.Chart{loaded}
	if len(r.Services) > 0 {
		wanted = named(loaded, r.Services)
	}
	charts := make([]*Chart, len(wanted))
	for i, c := range wanted {
		if charts[i], err = r.pack(c, images); err != nil {
			return nil, err
		}
	}
	return charts, nil
}

// named returns the charts of some services, each once.
func named(umbrella *chart.Chart, services []string) []*chart.Chart {
	var found []*chart.Chart
	for _, c := range sorted(umbrella.Dependencies()) {
		if slices.Contains(services, c.Name()) {
			found = append(found, c)
		}
	}
	return found
}

func (r Request) pack(c *chart.Chart, images map[string]string) (*Chart, error) {
	if r.Version != "" {
		c.Metadata.Version = r.Version
	}
	if r.AppVersion != "" {
		c.Metadata.AppVersion = r.AppVersion
	}
	if label := c.Name() + "-" + c.Metadata.Version; len(r.Services) > 0 && len(label) > longestLabel {
		return nil, usage("--version %s makes the label helm.sh/chart of %s %d characters long, and a label has at most %d",
			r.Version, c.Name(), len(label), longestLabel)
	}
	archive, err := Archive(c)
	if err != nil {
		return nil, fmt.Errorf("packaging the chart %s: %w", c.Name(), err)
	}
	packed := &Chart{Name: c.Name(), Version: c.Metadata.Version, AppVersion: c.Metadata.AppVersion, Archive: archive, Images: images}
	if len(r.Services) > 0 {
		packed.Images = map[string]string{}
		if image, ok := images[c.Name()]; ok {
			packed.Images[c.Name()] = image
		}
	}
	return packed, nil
}
