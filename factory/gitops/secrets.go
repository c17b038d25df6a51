package gitops

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/spec"
)

// wrongUse is an error that the caller cures by changing the command or the project.
type wrongUse struct{ error }

// Usage marks the error as one that the caller cures.
func (wrongUse) Usage() bool { return true }

// secrets holds the services that generate secrets against those whose Secret is made elsewhere.
func (r Request) secrets() error {
	var names []string
	for _, s := range r.Project.Services {
		names = append(names, s.Name)
	}
	for _, name := range r.Existing {
		switch s := r.Project.Service(name); {
		case s == nil:
			return wrongUse{fmt.Errorf("there is no service %q: %s", name, spec.DidYouMean(name, names))}
		case !s.Generates():
			return wrongUse{fmt.Errorf("service %s generates no secret: leave it out of --existing-secret", name)}
		}
	}
	var making []string
	for _, s := range r.Project.Released() {
		if s.Generates() && !slices.Contains(r.Existing, s.Name) {
			making = append(making, s.Name)
		}
	}
	if len(making) == 0 {
		return nil
	}
	listed := strings.Join(making, ",")
	return wrongUse{fmt.Errorf("%s: a secret that is generated would be another one in every rendering, and would be in git\n"+
		"next: have %s made in the cluster, by a sealed or an external secret or by kubectl create secret, and say --existing-secret %s",
		strings.Join(r.places(making), "\n"), secretsOf(r.Project, making), listed)}
}

// places are the lines of the specs that have secrets generated.
func (r Request) places(services []string) []string {
	var at []string
	for _, name := range services {
		at = append(at, fmt.Sprintf("%s: service %s generates %s", r.Project.Service(name).At("secrets"), name, strings.Join(generated(r.Project.Service(name)), ", ")))
	}
	return at
}

// secretsOf names the Secrets with their keys.
func secretsOf(p *spec.Project, services []string) string {
	var named []string
	for _, name := range services {
		named = append(named, fmt.Sprintf("Secret %s/%s (%s)", p.Namespace, name, strings.Join(generated(p.Service(name)), ", ")))
	}
	return strings.Join(named, ", ")
}

func generated(s *spec.Service) []string {
	var keys []string
	for key, secret := range s.Secrets {
		if secret.External == nil {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}
