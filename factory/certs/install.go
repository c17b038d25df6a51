// Package certs brings cert-manager and the factory's issuer onto a cluster, says what a person has to trust, and takes
// away what it brought.
package certs

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	data "github.com/helm-chart-factory/factory/certs"
	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/deploy/rollout"
	"github.com/helm-chart-factory/factory/factory/kube"
)

const (
	releaseName   = "cert-manager"
	namespace     = "cert-manager"
	issuerRelease = "factory-issuer"
)

// Issuer is the ClusterIssuer that signs the factory's certificates.
type Issuer struct {
	Name string
	// Type is selfSigned (every certificate is its own root) or ca (one private root signs all).
	Type string
}

// Options says what to install where.
type Options struct {
	Cluster *kube.Cluster
	Issuer  Issuer
	// Timeout is how long everything together may take.
	Timeout time.Duration
	// MadeBy marks what is installed (deploy.MadeByLabel).
	MadeBy string
	// Images is the folder with image archives for a k3s that cannot pull, cert-manager*.tar.
	Images string
	Show   func([]rollout.State)
	// Failed is given what was found when a release fails; it may be nil.
	Failed func(*deploy.Evidence)
	Say    func(format string, args ...any)
}

// Result is a cert-manager that answers and an issuer that is ready.
type Result struct {
	Version   string `json:"version"`
	Namespace string `json:"namespace"`
	// Found is true when cert-manager was there, brought by somebody else, and was not touched.
	Found   bool   `json:"found"`
	Changed bool   `json:"changed"`
	Issuer  string `json:"issuer"`
}

// Version is the pinned version of cert-manager, such as v1.21.2.
func Version() (string, error) {
	text, err := data.Files.ReadFile("version")
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(text)), nil
}

// Install makes sure that cert-manager answers and that the issuer is Ready. A cert-manager that somebody else brought
// is used as it is. What is there already is not written again.
func Install(ctx context.Context, opts Options) (*Result, error) {
	if opts.Say == nil {
		opts.Say = func(string, ...any) {}
	}
	deadline := time.Now().Add(opts.Timeout)
	found, err := findController(ctx, opts.Cluster)
	if err != nil {
		return nil, err
	}
	stored, err := deploy.Find(ctx, opts.Cluster, releaseName, namespace)
	if err != nil {
		return nil, err
	}
	result := &Result{Issuer: opts.Issuer.Name, Namespace: namespace}
	if found != nil && (stored == nil || stored.MadeBy == "") {
		result.Version, result.Namespace, result.Found = found.version, found.namespace, true
		opts.Say("cert-manager %s is there already (namespace %s): using it as it is", found.version, found.namespace)
	} else if err := installManager(ctx, opts, stored, result); err != nil {
		return nil, err
	}
	opts.Cluster.Forget()
	opts.Say("waiting for cert-manager to answer")
	limited, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	if err := answering(limited, opts.Cluster, result.Namespace); err != nil {
		return nil, err
	}
	opts.Timeout = time.Until(deadline)
	changed, err := ensureIssuer(ctx, opts, result.Namespace)
	if err != nil {
		return nil, fmt.Errorf("making issuer %q: %w", opts.Issuer.Name, err)
	}
	result.Changed = result.Changed || changed
	return result, nil
}

// installManager installs or upgrades cert-manager's own release. The pinned version with the pinned values is not
// fetched again, from whichever source it came.
func installManager(ctx context.Context, opts Options, stored *deploy.Release, result *Result) error {
	version, err := Version()
	if err != nil {
		return err
	}
	result.Version = version
	values, err := values()
	if err != nil {
		return err
	}
	if stored != nil && stored.Deployed() && stored.AppVersion == version && stored.SameValues(values) {
		states, missing, err := stored.States(ctx, opts.Cluster)
		if err != nil {
			return err
		}
		if len(missing) == 0 && rollout.AllReady(states) {
			return nil
		}
	}
	if foreign, err := foreignCRDs(ctx, opts.Cluster); err != nil {
		return err
	} else if foreign {
		opts.Say("the CRDs of cert-manager are there and not ours: leaving them as they are")
		values["crds"] = map[string]any{"enabled": false}
	}
	chart, err := fetchChart(ctx, version, opts.Say)
	if err != nil {
		return err
	}
	if opts.Cluster.Kind == kube.K3s && !chart.online {
		if err := importImages(ctx, opts.Images, opts.Say); err != nil {
			return err
		}
	}
	applied, err := deploy.Apply(ctx, deploy.Options{
		Cluster: opts.Cluster, Name: releaseName, Namespace: namespace, Chart: chart.load,
		Values: values, Timeout: opts.Timeout, MadeBy: opts.MadeBy, Show: opts.Show, Failed: opts.Failed, Say: opts.Say,
	})
	if err != nil {
		return fmt.Errorf("installing cert-manager %s: %w", version, err)
	}
	result.Changed = applied.Changed
	return nil
}

func values() (map[string]any, error) {
	text, err := data.Files.ReadFile("values.yaml")
	if err != nil {
		return nil, err
	}
	values := map[string]any{}
	if err := yaml.Unmarshal(text, &values); err != nil {
		return nil, fmt.Errorf("reading the values of cert-manager: %w", err)
	}
	return values, nil
}
