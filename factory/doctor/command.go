package doctor

import (
	"regexp"
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/kube"
)

var factoryCommand = regexp.MustCompile(`\bfactory (setup-registry|configure-k3s-registry|build|install-cert-manager|deploy|rollback|logs)\b`)

// copyable is a fix as a person can copy it: its commands work on the project, the environment and the cluster that were
// examined.
func (e *examination) copyable(fix string) string {
	fix = factoryCommand.ReplaceAllStringFunc(fix, func(command string) string {
		return command + e.flags(strings.TrimPrefix(command, "factory "))
	})
	if e.cluster == nil {
		return fix
	}
	return strings.ReplaceAll(fix, "kubectl ", kubectl(e.cluster)+" ")
}

func (e *examination) flags(verb string) string {
	flags := ""
	if e.Dir != "" && e.Dir != "." {
		flags += " -C " + e.Dir
	}
	if e.Project.Environment != "" && !slices.Contains([]string{"setup-registry", "configure-k3s-registry"}, verb) {
		flags += " --env " + e.Project.Environment
	}
	if slices.Contains([]string{"install-cert-manager", "deploy", "rollback", "logs"}, verb) {
		flags += e.ClusterFlags
	}
	return flags
}

// kubectl is how kubectl reaches a cluster; a machine with the embedded one may have no other than its own.
func kubectl(cluster *kube.Cluster) string {
	switch {
	case cluster.Kind == kube.Embedded:
		return "factory cluster kubectl --"
	case cluster.Kind == kube.Current:
		return "kubectl"
	case cluster.Kubeconfig != "":
		return "kubectl --kubeconfig " + cluster.Kubeconfig
	}
	return "kubectl --context " + cluster.Context
}
