package cmd

import (
	"context"
	"fmt"
	"slices"

	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/kube"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// released finds the services of the release that are named, all of them without a name.
func released(ctx context.Context, project *spec.Project, cluster *kube.Cluster, names []string) ([]deploy.Service, error) {
	release, err := deploy.Find(ctx, cluster, project.Name, project.Namespace)
	if err != nil {
		return nil, err
	}
	var services []deploy.Service
	if release != nil {
		if services, err = release.Services(); err != nil {
			return nil, err
		}
	}
	known := serviceNames(project)
	for _, service := range services {
		if !slices.Contains(known, service.Name) {
			known = append(known, service.Name)
		}
	}
	var found []deploy.Service
	for _, name := range names {
		at := slices.IndexFunc(services, func(s deploy.Service) bool { return s.Name == name })
		switch {
		case !slices.Contains(known, name):
			return nil, usageError("there is no service %q: %s", name, spec.DidYouMean(name, known))
		case release == nil:
		case at < 0:
			return nil, fmt.Errorf("service %s is not in release %s: revision %d in namespace %s has nothing that runs of it\nnext: factory deploy",
				name, project.Name, release.Revision, project.Namespace)
		default:
			found = append(found, services[at])
		}
	}
	switch {
	case release == nil:
		return nil, noRelease(project)
	case len(names) == 0:
		found = services
	}
	return found, nil
}

func serviceNames(project *spec.Project) []string {
	names := make([]string, len(project.Services))
	for i, service := range project.Services {
		names[i] = service.Name
	}
	return names
}

func noRelease(project *spec.Project) error {
	return fmt.Errorf("there is no release %s in namespace %s\nnext: factory deploy", project.Name, project.Namespace)
}
