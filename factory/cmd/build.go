package cmd

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/image"
	"github.com/helm-chart-factory/factory/factory/paths"
	"github.com/helm-chart-factory/factory/factory/spec"
)

func newBuild(a *app) *cobra.Command {
	var o image.Options
	var env environmentFlag
	command := &cobra.Command{
		Use:   "build [NAME...]",
		Short: "Build the services' images and push them to the registry",
		Long: `Builds each service's Dockerfile with the engine at hand (docker, podman or buildah, in that order), pushes the
image and prints its digest. What has not changed since its last build, and is still in the registry, is left alone.
Where Docker Hub does not answer, stand-in base images are made first (see: factory bases).`,
		Example: `  factory build                      # every service
  factory build backend --force      # although nothing changed
  factory build --env prod           # for that environment's registry
  factory build -o json | jq -r '.[].digest'`,
		RunE: func(c *cobra.Command, names []string) error {
			project, err := env.load(a)
			if err != nil {
				return err
			}
			if err := withServices(project, names, &o); err != nil {
				return err
			}
			built, err := image.Build(c.Context(), o, a.Streams)
			if err != nil {
				return err
			}
			if a.output == "json" {
				return json.NewEncoder(a.Out).Encode(built)
			}
			for _, b := range built {
				fmt.Fprintf(a.Out, "%s@%s\n", b.Image, b.Digest)
			}
			return nil
		},
	}
	env.bind(a, command)
	command.Flags().StringVar(&o.Engine, "engine", "", "docker, podman or buildah (default: the first that answers)")
	command.Flags().BoolVar(&o.Force, "force", false, "build what has not changed too")
	command.Flags().BoolVar(&o.Pull, "pull", false, "ask the registries for newer base images")
	return command
}

// withServices fills in the project's services that are built here, all or the named ones, and the caches.
func withServices(project *spec.Project, names []string, o *image.Options) error {
	for _, name := range names {
		if service := project.Service(name); service == nil {
			return usageError("there is no service %q in %s", name, project.Dir)
		} else if service.Build == nil {
			return usageError("service %s is not built here: its spec names the image %s", name, service.Image)
		}
	}
	useCaches(o)
	o.Services = imageServices(project, names)
	return nil
}

func useCaches(o *image.Options) {
	o.Cache = filepath.Join(paths.Cache(), "build")
	o.Bases = filepath.Join(paths.Cache(), "bases")
}

// imageServices describes the images that the project builds: those of the named services, or of all that the release has.
func imageServices(project *spec.Project, names []string) []image.Service {
	wanted := map[string]bool{}
	for _, name := range names {
		wanted[name] = true
	}
	var services []image.Service
	for _, service := range project.Services {
		if service.Build == nil || len(names) == 0 && !service.Enabled || len(names) > 0 && !wanted[service.Name] {
			continue
		}
		context := filepath.Join(project.Dir, filepath.FromSlash(service.Build.Context))
		services = append(services, image.Service{
			Name:       service.Name,
			Context:    context,
			Dockerfile: filepath.Join(context, filepath.FromSlash(service.Build.Dockerfile)),
			Args:       service.Build.Args,
			Ref:        strings.TrimSpace(service.Build.Image),
		})
	}
	return services
}
