package cmd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/kube"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// clusterFlags say which cluster a command works on.
type clusterFlags struct {
	cluster    string
	kubeconfig string
	context    string
	yes        bool
}

func (f *clusterFlags) bind(command *cobra.Command) {
	flags := command.Flags()
	flags.StringVar(&f.cluster, "cluster", "auto", "work on `WHICH` cluster: embedded, k3s, current (your kubeconfig's; asks first), or auto: the first of this host's own")
	flags.StringVar(&f.kubeconfig, "kubeconfig", "", "work on the cluster of this kubeconfig `FILE`")
	flags.StringVar(&f.context, "context", "", "work on this `CONTEXT` of the kubeconfig")
}

// choose finds the cluster and says which it is, unless it is the one that everybody expects.
func (f *clusterFlags) choose(ctx context.Context, a *app) (*kube.Cluster, error) {
	cluster, err := kube.Choose(ctx, kube.Choice{
		Cluster: f.cluster, Kubeconfig: f.kubeconfig, Context: f.context, Confirm: a.confirmer(f.yes),
	})
	if err == nil && cluster.Kind != kube.Embedded {
		fmt.Fprintf(a.Err, "cluster: %s\n", cluster)
	}
	return cluster, err
}

// look reads the project as it is in an environment, and finds the cluster, for a command that changes nothing: there is nothing to
// ask then, even about a cluster that is not this host's.
func (f *clusterFlags) look(ctx context.Context, a *app, env *environmentFlag) (*spec.Project, *kube.Cluster, error) {
	project, err := env.load(a)
	if err != nil {
		return nil, nil, err
	}
	f.yes = true
	cluster, err := f.choose(ctx, a)
	return project, cluster, err
}

// confirmer asks a person, takes --yes for an answer, and is nil where nobody can be asked.
func (a *app) confirmer(yes bool) func(string) (bool, error) {
	switch {
	case yes:
		return func(string) (bool, error) { return true, nil }
	case a.Interactive:
		return a.ask
	default:
		return nil
	}
}

func (a *app) ask(question string) (bool, error) {
	fmt.Fprintf(a.Err, "%s [y/N] ", question)
	line, err := bufio.NewReader(a.In).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("reading the answer: %w", err)
	}
	answer := strings.ToLower(strings.TrimSpace(line))
	return answer == "y" || answer == "yes", nil
}
