package cmd

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/kube"
	"github.com/helm-chart-factory/factory/factory/logs"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// logsFlags say which lines are wanted, and in which form.
type logsFlags struct {
	follow     bool
	previous   bool
	timestamps bool
	container  string
	since      time.Duration
	tail       int64
}

func (f *logsFlags) bind(command *cobra.Command) {
	flags := command.Flags()
	flags.BoolVarP(&f.follow, "follow", "f", false, "go on with new lines as they come, also of new pods, until Ctrl-C")
	flags.BoolVarP(&f.previous, "previous", "p", false, "the run before the current one, of containers that were restarted")
	flags.DurationVar(&f.since, "since", 0, "only lines of the last `DURATION`, such as 10m or 2h")
	flags.Int64Var(&f.tail, "tail", -1, "only the last `N` lines of each container")
	flags.Lookup("tail").DefValue = "all"
	flags.StringVar(&f.container, "container", "", "only containers of this `NAME`")
	flags.BoolVar(&f.timestamps, "timestamps", false, "begin each line with the time at which it was written")
}

func (f *logsFlags) check(command *cobra.Command) error {
	switch {
	case f.follow && f.previous:
		return usageError("--follow and --previous exclude each other: a run that is over has nothing new to say")
	case f.since < 0 || command.Flags().Changed("since") && f.since == 0:
		return usageError("--since %s: want how long ago, such as 10m", f.since)
	case f.tail < 0 && command.Flags().Changed("tail"):
		return usageError("--tail %d: want a number of lines", f.tail)
	}
	return nil
}

func newLogs(a *app) *cobra.Command {
	var on clusterFlags
	var env environmentFlag
	var want logsFlags
	command := &cobra.Command{
		Use:   "logs [NAME...]",
		Short: "What the pods of services write: all containers, one stream; -f follows",
		Long: `Prints what all containers of the named services wrote, of all services of the release without a name, in the order of
time. Each line begins with service/pod, by the last part of the pod's name, and the container where the pod has more
than one. Lines go to standard output, all else to standard error.

-f goes on with new lines as they come. It picks up new pods, says when a container ends (with its exit code) and goes
on with its next run, and outlasts a lost connection: no line is lost or printed twice. Ctrl-C ends it, with exit code 130.

Of a container in CrashLoopBackOff the log of its last run is shown. --previous shows the run before of any that was restarted.`,
		Example: `  factory logs                              # everything, merged by time
  factory logs backend -f --since 10m
  factory logs backend frontend --tail 50 --env prod --cluster current
  factory logs backend --previous           # why did it restart?
  factory logs -o json | jq -r 'select(.service == "backend") | .text'`,
		ValidArgsFunction: a.completeServices,
		RunE: func(c *cobra.Command, names []string) error {
			if err := want.check(c); err != nil {
				return err
			}
			project, cluster, err := on.look(c.Context(), a, &env)
			if err != nil {
				return err
			}
			return a.logs(c.Context(), project, cluster, names, want)
		},
	}
	on.bind(command)
	env.bind(a, command)
	want.bind(command)
	return command
}

func (a *app) logs(ctx context.Context, project *spec.Project, cluster *kube.Cluster, names []string, want logsFlags) error {
	services, err := released(ctx, project, cluster, names)
	if err != nil {
		return err
	}
	client, err := cluster.Client()
	if err != nil {
		return err
	}
	printer := logs.NewPrinter(a.Streams, logs.Form{JSON: a.output == "json", Timestamps: want.timestamps, Live: want.follow})
	defer printer.Flush()
	opts := logs.Options{
		Client: client, Namespace: project.Namespace, Services: withPods(services),
		Container: want.container, Previous: want.previous, Since: want.since, Tail: want.tail,
		Begin: printer.Begin, Show: printer.Line, Say: printer.Say,
	}
	if want.follow {
		return ended(ctx, logs.Follow(ctx, opts))
	}
	return logs.Print(ctx, opts)
}

func withPods(services []deploy.Service) []logs.Service {
	var found []logs.Service
	for _, service := range services {
		of := logs.Service{Name: service.Name}
		for _, pods := range service.Pods {
			of.Pods = append(of.Pods, pods.Labels)
		}
		found = append(found, of)
	}
	return found
}
