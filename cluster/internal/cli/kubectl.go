package cli

import (
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/cluster/internal/instance"
)

func newKubectl(streams Streams, component Component) *cobra.Command {
	return &cobra.Command{
		Use:   "kubectl [--name NAME] [--state DIR] ARGS…",
		Short: "kubectl, against this cluster unless KUBECONFIG or --kubeconfig says otherwise",
		Example: `  factory-cluster kubectl get pods -A
  factory-cluster kubectl --name test create namespace demo`,
		DisableFlagParsing: true,
		RunE: func(_ *cobra.Command, args []string) error {
			code, err := Kubectl(args, component)
			if err == nil && code != 0 {
				// kubectl has said why.
				os.Exit(code)
			}
			return err
		},
	}
}

// Kubectl runs kubectl. Leading --name and --state choose the cluster, all other arguments are kubectl's.
func Kubectl(args []string, component Component) (int, error) {
	t := &target{}
	t.register(&cobra.Command{})
	for len(args) > 0 {
		flag, value, joined := strings.Cut(args[0], "=")
		field := map[string]*string{"--name": &t.name, "--state": &t.dir}[flag]
		if field == nil {
			break
		}
		if args = args[1:]; !joined && len(args) > 0 {
			value, args = args[0], args[1:]
		}
		*field = value
	}
	if os.Getenv("KUBECONFIG") == "" {
		inst, err := instance.New(t.name, t.dir)
		if err != nil {
			return 2, usageError{err}
		}
		// Read by kubectl's own loading rules, so that --kubeconfig still wins.
		os.Setenv("KUBECONFIG", inst.Kubeconfig())
	}
	code, _ := component("kubectl", args)
	return code, nil
}
