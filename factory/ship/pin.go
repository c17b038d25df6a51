package ship

import (
	"context"
	"io/fs"
	"strings"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/umbrella"
)

// Pin makes the project name its images by the digests that deploy would release, and returns them by service. What is
// generated from it then holds them as if they had been written into the specs. In an environment that has the same image, it is pinned, too.
func Pin(ctx context.Context, project *spec.Project, services []string, builtin fs.FS, resolve deploy.Resolve) (map[string]string, error) {
	loaded, err := umbrella.Load(project, builtin)
	if err != nil {
		return nil, err
	}
	if len(services) > 0 {
		// By itself a chart is not switched off.
		alone := &chart.Chart{Metadata: loaded.Metadata}
		alone.AddDependency(named(loaded, services)...)
		loaded = alone
	}
	values, err := deploy.Pin(ctx, loaded, nil, project.Registry, resolve)
	if err != nil {
		return nil, err
	}
	images := map[string]string{}
	for _, service := range project.Services {
		digest, ok := digestOf(values, service.Name)
		if !ok {
			continue
		}
		tagged := service.Image
		service.Image = pinned(tagged, digest)
		images[service.Name] = service.Image
		for _, environment := range project.Environments {
			if there := environment.Service(service.Name); there.Image == tagged {
				there.Image = service.Image
			}
		}
	}
	return images, nil
}

// digestOf reads <service>.image.digest.
func digestOf(values map[string]any, service string) (string, bool) {
	below, _ := values[service].(map[string]any)
	image, _ := below["image"].(map[string]any)
	digest, ok := image["digest"].(string)
	return digest, ok
}

// pinned adds a digest to an image; the tag stays for people to read, and is latest where there is none.
func pinned(image, digest string) string {
	if strings.LastIndexByte(image, ':') <= strings.LastIndexByte(image, '/') {
		image += ":latest"
	}
	return image + "@" + digest
}
