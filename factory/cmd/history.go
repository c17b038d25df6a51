package cmd

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/deploy/plan"
)

func newHistory(a *app) *cobra.Command {
	var on clusterFlags
	var env environmentFlag
	command := &cobra.Command{
		Use:   "history",
		Short: "The revisions of the release: when, by whom, how it went, what changed",
		Long: `Lists the stored revisions of the release, oldest first, at most ten: when each was made, by whom, how it went, and
which objects and images differ from the revision before. Who made it is what factory saw on the machine that it ran
on; of a revision by another tool only the tool is known. -o json has every field.`,
		Example: `  factory history
  factory history --env prod --cluster current
  factory history -o json | jq '.[-1].objects[].fields'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			project, cluster, err := on.look(c.Context(), a, &env)
			if err != nil {
				return err
			}
			revisions, err := deploy.History(c.Context(), cluster, project.Name, project.Namespace)
			if err != nil {
				return err
			}
			if len(revisions) == 0 {
				return noRelease(project)
			}
			if a.output == "json" {
				return json.NewEncoder(a.Out).Encode(revisions)
			}
			for _, revision := range revisions {
				a.printRevision(a.Out, revision, time.Now())
			}
			return nil
		},
	}
	on.bind(command)
	env.bind(a, command)
	return command
}

func (a *app) printRevision(w io.Writer, r deploy.Revision, now time.Time) {
	color := console.Dim
	switch r.Status {
	case "deployed":
		color = console.Green
	case "failed":
		color = console.Red
	}
	fmt.Fprintf(w, "%s  %s  %s (%s ago)  by %s\n", a.PaintOut(console.Bold, fmt.Sprintf("revision %d", r.Revision)), a.PaintOut(color, r.Status),
		r.At.Local().Format(time.DateTime), console.Age(now.Sub(r.At)), r.By)
	fmt.Fprintf(w, "  %s\n", r.Description)
	switch {
	case r.First && r.Revision > 1:
		fmt.Fprintf(w, "  the oldest that is stored\n")
	case !r.First && len(r.Objects) == 0:
		fmt.Fprintf(w, "  no object differs from the revision before\n")
	}
	for _, object := range r.Objects {
		a.printChange(w, object)
	}
}

// shownFields is how many fields of an object are told in a line each.
const shownFields = 3

func (a *app) printChange(w io.Writer, object plan.Object) {
	mark, color := "~", console.Yellow
	switch object.Action {
	case plan.Create:
		mark, color = "+", console.Green
	case plan.Delete:
		mark, color = "-", console.Red
	}
	fmt.Fprintf(w, "  %s\n", a.PaintOut(color, mark+" "+object.Ref()))
	// The image is what most people look for.
	images := object.Images()
	for _, field := range images {
		fmt.Fprintf(w, "      %s\n", field.Brief())
	}
	told := 0
	for _, field := range object.Fields {
		if isImage(images, field) {
			continue
		}
		if told == shownFields {
			fmt.Fprintf(w, "      and %d more fields\n", len(object.Fields)-len(images)-told)
			return
		}
		fmt.Fprintf(w, "      %s\n", field.Brief())
		told++
	}
}

func isImage(images []plan.Field, field plan.Field) bool {
	for _, image := range images {
		if image.Path.String() == field.Path.String() {
			return true
		}
	}
	return false
}
