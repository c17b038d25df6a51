package cmd

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/deploy"
)

func newStatus(a *app) *cobra.Command {
	var on clusterFlags
	var env environmentFlag
	command := &cobra.Command{
		Use:   "status",
		Short: "What runs of the release: replicas, images, restarts, URLs, certificates",
		Long:  `Prints what runs of the release. The exit code is 1 when something of it is not Ready.`,
		Example: `  factory status
  factory status --env prod --cluster current
  factory status -o json | jq .workloads`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			project, err := env.load(a)
			if err != nil {
				return err
			}
			// Looking changes nothing, so there is nothing to ask.
			on.yes = true
			cluster, err := on.choose(c.Context(), a)
			if err != nil {
				return err
			}
			status, err := deploy.Look(c.Context(), cluster, project.Name, project.Namespace)
			if err != nil {
				return err
			}
			if status == nil {
				return noRelease(project)
			}
			if a.output == "json" {
				err = json.NewEncoder(a.Out).Encode(status)
			} else {
				err = printStatus(a.Out, status, time.Now())
			}
			if err == nil && !status.Ready {
				err = fmt.Errorf("release %s is not Ready\nnext: factory deploy   (shows what is wrong)", project.Name)
			}
			return err
		},
	}
	on.bind(command)
	env.bind(a, command)
	return command
}

func printStatus(w io.Writer, status *deploy.Status, now time.Time) error {
	fmt.Fprintf(w, "%s revision %d in namespace %s: %s, %s ago\n", status.Release, status.Revision, status.Namespace,
		status.Status, console.Elapsed(now.Sub(status.Updated)))
	if status.Description != "" {
		fmt.Fprintf(w, "  %s\n", status.Description)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "\nWORKLOAD\tREADY\tRESTARTS\tIMAGE\t\n")
	for _, workload := range status.Workloads {
		fmt.Fprintf(table, "%s\t%d/%d\t%d\t%s\t%s\n", workload.Name, workload.Ready, workload.Wanted, workload.Restarts,
			shortImages(workload.Images), workload.Message)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(status.URLs)+len(status.Certificates)+len(status.Missing)+len(status.Waiting) > 0 {
		fmt.Fprintln(w)
	}
	for _, url := range status.URLs {
		fmt.Fprintf(w, "url          %s\n", url)
	}
	for _, certificate := range status.Certificates {
		fmt.Fprintf(w, "certificate  %s %s\n", certificate.Name, validity(certificate, now))
	}
	for _, object := range status.Missing {
		fmt.Fprintf(w, "missing      %s\n", object)
	}
	for _, object := range status.Waiting {
		fmt.Fprintf(w, "waiting      %s\n", object)
	}
	return nil
}

func validity(certificate deploy.CertificateStatus, now time.Time) string {
	switch {
	case certificate.NotAfter.IsZero():
		return "not issued yet"
	case certificate.NotAfter.Before(now):
		return "EXPIRED on " + certificate.NotAfter.Format(time.DateOnly)
	}
	return fmt.Sprintf("valid until %s (%d days)", certificate.NotAfter.Format(time.DateOnly), int(certificate.NotAfter.Sub(now).Hours()/24))
}

// shortImages cuts digests to the twelve letters by which people know them.
func shortImages(images []string) string {
	const shown = len("sha256:") + 12
	var short []string
	for _, image := range images {
		if name, digest, found := strings.Cut(image, "@"); found && len(digest) > shown {
			image = name + "@" + digest[:shown]
		}
		short = append(short, image)
	}
	return strings.Join(short, ", ")
}
