package cmd

import (
	"context"
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
	var watch bool
	command := &cobra.Command{
		Use:   "status",
		Short: "What runs of the release: replicas, images, restarts, URLs, certificates, drift",
		Long: `Prints what runs of the release, and what of it is not as the release left it: which field, and who wrote it. The exit
code is 1 when something of it is not Ready; drift does not change it.

--watch goes on until Ctrl-C (exit code 130): on a terminal the picture is redrawn in place, elsewhere there is a line for
each change, and with -o json a document whenever something changed.`,
		Example: `  factory status
  factory status --watch
  factory status --env prod --cluster current
  factory status -o json | jq .workloads`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			project, cluster, err := on.look(c.Context(), a, &env)
			if err != nil {
				return err
			}
			look := func(ctx context.Context) (*deploy.Status, error) {
				status, err := deploy.Look(ctx, cluster, project.Name, project.Namespace)
				if err == nil && status == nil {
					err = noRelease(project)
				}
				return status, err
			}
			if watch {
				return ended(c.Context(), a.watchStatus(c.Context(), look))
			}
			return a.status(c.Context(), look)
		},
	}
	on.bind(command)
	env.bind(a, command)
	command.Flags().BoolVarP(&watch, "watch", "w", false, "go on, and show what changes, until Ctrl-C")
	return command
}

func (a *app) status(ctx context.Context, look func(context.Context) (*deploy.Status, error)) error {
	status, err := look(ctx)
	if err != nil {
		return err
	}
	if a.output == "json" {
		err = json.NewEncoder(a.Out).Encode(status)
	} else {
		err = printStatus(a.Out, status, time.Now())
	}
	if err == nil && !status.Ready {
		err = fmt.Errorf("release %s is not Ready\nnext: factory deploy   (shows what is wrong)", status.Release)
	}
	return err
}

func printStatus(w io.Writer, status *deploy.Status, now time.Time) error {
	fmt.Fprintf(w, "%s revision %d in namespace %s: %s, %s ago\n", status.Release, status.Revision, status.Namespace,
		status.Status, console.Age(now.Sub(status.Updated)))
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
	if len(status.URLs)+len(status.Certificates)+len(status.Missing)+len(status.Waiting)+len(status.Drift) > 0 {
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
	released := false
	for _, object := range status.Drift {
		for _, field := range object.Fields {
			fmt.Fprintf(w, "drift        %s: %s\n", object.Object, field.Text(now))
			released = released || field.Released != nil || field.Hidden
		}
	}
	// What was added by hand stays in a rollback.
	if released {
		fmt.Fprintf(w, "next         factory rollback %d   (brings back what the release said)\n", status.Revision)
	}
	return nil
}

// validity says how long a certificate is good for, and when cert-manager makes the next one.
func validity(certificate deploy.CertificateStatus, now time.Time) string {
	switch {
	case certificate.NotAfter.IsZero():
		return "is not issued yet"
	case certificate.NotAfter.Before(now):
		return "EXPIRED " + inWords(now.Sub(certificate.NotAfter)) + " ago, on " + certificate.NotAfter.Format(time.DateOnly)
	}
	text := "expires in " + inWords(certificate.NotAfter.Sub(now))
	switch renewal := certificate.Renewal; {
	case renewal.IsZero():
	case renewal.Before(now):
		text += ", should have been renewed " + inWords(now.Sub(renewal)) + " ago"
	default:
		text += ", renews in " + inWords(renewal.Sub(now))
	}
	return text
}

// inWords rounds a long time down to one unit.
func inWords(d time.Duration) string {
	const day = 24 * time.Hour
	n, unit := int(d/time.Minute), "minute"
	switch {
	case d >= 2*day:
		n, unit = int(d/day), "day"
	case d >= 2*time.Hour:
		n, unit = int(d/time.Hour), "hour"
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
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
