package cmd

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/image"
	"github.com/helm-chart-factory/factory/factory/image/bases"
	"github.com/helm-chart-factory/factory/factory/spec"
)

func newBases(a *app) *cobra.Command {
	var o image.Options
	command := &cobra.Command{
		Use:   "bases",
		Short: "Make stand-ins for base images where Docker Hub does not answer",
		Long: `Looks at what the services' Dockerfiles build on. Where Docker Hub does not answer, each of its images is made from
Debian packages and from the Go and Node of this machine, and loaded into the engine under its public name, so that the
Dockerfiles build unchanged. Nothing is made where Docker Hub answers. build does this by itself.`,
		Example: "  factory bases\n  factory bases -o json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			project, err := spec.Load(a.dir)
			if err != nil {
				return err
			}
			if err := withServices(project, nil, &o); err != nil {
				return err
			}
			found, err := image.Bases(c.Context(), o, a.Streams)
			if err != nil {
				return err
			}
			if a.output == "json" {
				return json.NewEncoder(a.Out).Encode(found)
			}
			for _, base := range found {
				fmt.Fprintf(a.Out, "%-28s %s\n", base.Ref, originText(base))
			}
			return nil
		},
	}
	command.Flags().StringVar(&o.Engine, "engine", "", "docker, podman or buildah (default: the first that answers)")
	return command
}

func originText(base bases.Result) string {
	switch {
	case base.Origin == bases.FromEngine:
		return "held by the engine"
	case base.Origin == bases.FromRegistry:
		return "from its registry"
	case base.Made:
		return "stand-in, made now"
	default:
		return "stand-in"
	}
}
