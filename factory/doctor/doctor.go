package doctor

import (
	"context"
	"slices"
	"time"

	"github.com/helm-chart-factory/factory/factory/certs"
	"github.com/helm-chart-factory/factory/factory/kube"
	"github.com/helm-chart-factory/factory/factory/registry"
	"github.com/helm-chart-factory/factory/factory/registry/k3s"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// Options say what to look at.
type Options struct {
	Project *spec.Project
	// Dir is the project's folder as the person named it, ClusterFlags are the flags by which they named the cluster, each
	// with a space before it: the commands that are printed repeat both.
	Dir, ClusterFlags string
	// Connect returns the cluster that the project is released on, one that answers.
	Connect func(context.Context) (*kube.Cluster, error)
	// Registry describes the project's registry where that is on this machine.
	Registry registry.Options
	// K3s is what the k3s of this machine has to know about registries.
	K3s k3s.Options
	// Hosts is the file with this machine's own names, IngressAddress where the cluster's ingress answers.
	Hosts          string
	IngressAddress func(context.Context, *kube.Cluster) (string, error)
	// InstallCertManager puts cert-manager and the issuer onto a cluster of this machine.
	InstallCertManager func(context.Context, *kube.Cluster) (*certs.Result, error)
	// Patience is how long a node may take to pull the probe image; zero means fifteen seconds.
	Patience time.Duration
	// Folders are those that factory writes to.
	Folders []string
	// Say is told what --fix is at.
	Say func(format string, args ...any)
}

// Report is everything that was found.
type Report struct {
	Project     string `json:"project"`
	Environment string `json:"environment,omitempty"`
	Namespace   string `json:"namespace"`
	// Cluster is the cluster as a person knows it; empty where none answers.
	Cluster string `json:"cluster,omitempty"`
	// Healthy is true when no check failed.
	Healthy bool     `json:"healthy"`
	Checks  []Result `json:"checks"`
	// Fixes are what was done, in order. The checks are those after the last of them.
	Fixes []Fix `json:"fixes,omitempty"`
}

// Fix is one thing that was put right, or was not.
type Fix struct {
	Check string `json:"check"`
	Fix   string `json:"fix"`
	Did   string `json:"did,omitempty"`
	Error string `json:"error,omitempty"`
}

// Examine runs every check.
func Examine(ctx context.Context, o Options) *Report {
	e := &examination{Options: o}
	report := &Report{Project: o.Project.Name, Environment: o.Project.Environment, Namespace: o.Project.Namespace}
	report.Checks = e.run(ctx, e.checks())
	if e.cluster != nil {
		report.Cluster = e.cluster.String()
	}
	report.Healthy = report.Failed() == 0
	return report
}

// run runs checks and makes their fixes ready to be copied.
func (e *examination) run(ctx context.Context, checks []Check) []Result {
	results := Run(ctx, checks)
	for _, result := range results {
		for i := range result.Problems {
			result.Problems[i].Fix = e.copyable(result.Problems[i].Fix)
		}
	}
	return results
}

// Cure examines, does what is safe of what is wrong, and examines again, until nothing is left that it has not tried.
func Cure(ctx context.Context, o Options) *Report {
	var fixes []Fix
	for {
		report := Examine(ctx, o)
		report.Fixes = fixes
		tried := len(fixes)
		for _, result := range report.Checks {
			for _, problem := range result.Problems {
				same := func(f Fix) bool { return f.Check == result.ID && f.Fix == problem.Fix }
				if problem.remedy == nil || slices.ContainsFunc(fixes, same) || ctx.Err() != nil {
					continue
				}
				o.Say("%s: %s", result.ID, problem.Fix)
				fix := Fix{Check: result.ID, Fix: problem.Fix}
				did, err := problem.remedy(ctx)
				if fix.Did = did; err != nil {
					fix.Error = err.Error()
				}
				fixes = append(fixes, fix)
			}
		}
		if len(fixes) == tried {
			return report
		}
	}
}

// Failed counts the checks that failed.
func (r *Report) Failed() int { return r.count(Failed) }

// Curable tells whether something is wrong that --fix has not tried and would put right.
func (r *Report) Curable() bool {
	return slices.ContainsFunc(r.Checks, func(c Result) bool {
		return slices.ContainsFunc(c.Problems, func(p Problem) bool {
			return p.Safe && !slices.ContainsFunc(r.Fixes, func(f Fix) bool { return f.Check == c.ID && f.Fix == p.Fix })
		})
	})
}

func (r *Report) count(outcome Outcome) int {
	found := 0
	for _, result := range r.Checks {
		if result.Outcome == outcome {
			found++
		}
	}
	return found
}
