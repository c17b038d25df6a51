package cmd

import (
	"testing"

	"github.com/helm-chart-factory/factory/factory/console"
)

// TestCommandsOnAReleaseTakeTheSameFlags holds what a person types after one command good for the next.
func TestCommandsOnAReleaseTakeTheSameFlags(t *testing.T) {
	root := newRoot(&app{Streams: &console.Streams{}})
	for _, flag := range []string{"env", "cluster", "kubeconfig", "context"} {
		usage := ""
		for _, name := range []string{"plan", "deploy", "dev", "status", "logs", "open", "history", "rollback", "destroy"} {
			command, _, err := root.Find([]string{name})
			if err != nil {
				t.Fatal(err)
			}
			found := command.Flags().Lookup(flag)
			switch {
			case found == nil:
				t.Errorf("%s does not take --%s", name, flag)
			case usage != "" && found.Usage != usage:
				t.Errorf("%s says of --%s %q, want %q", name, flag, found.Usage, usage)
			default:
				usage = found.Usage
			}
		}
	}
}
