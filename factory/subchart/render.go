// Package subchart turns one service into one plain Helm chart. It is a pure function: the same spec and templates give the
// same bytes.
package subchart

import (
	"fmt"
	"slices"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/values"
)

// Version is the version of every generated chart: what changes between releases is their content, which Helm compares.
const Version = "0.1.0"

// object is a template file and the condition under which a service's chart has it.
type object struct {
	file string
	used func(*spec.Service) bool
}

// objects are all files that a chart can have, in the order of their names.
func objects() []object {
	always := func(*spec.Service) bool { return true }
	kind := func(kind string) func(*spec.Service) bool {
		return func(s *spec.Service) bool { return s.Kind == kind }
	}
	return []object{
		{"NOTES.txt", always},
		{"_containers.tpl", func(s *spec.Service) bool { return len(s.Init)+len(s.Sidecars)+len(s.Tests) > 0 }},
		{"_helpers.tpl", always},
		{"_notes.tpl", func(s *spec.Service) bool {
			return s.Gateway != nil || serviceValues(s) != nil || s.Kind == spec.CronJob
		}},
		{"certificate.yaml", func(s *spec.Service) bool { return len(s.Certificates) > 0 }},
		{"clusterrole.yaml", func(s *spec.Service) bool { return hasScope(s, spec.ScopeCluster) }},
		{"clusterrolebinding.yaml", func(s *spec.Service) bool { return hasScope(s, spec.ScopeCluster) }},
		{"configmap.yaml", func(s *spec.Service) bool { return hasFiles(s, false) }},
		{"cronjob.yaml", kind(spec.CronJob)},
		{"daemonset.yaml", kind(spec.DaemonSet)},
		{"deployment.yaml", kind(spec.Deployment)},
		{"externalsecret.yaml", func(s *spec.Service) bool { return s.Fetches() }},
		{"grpcroute.yaml", func(s *spec.Service) bool { return s.Gateway != nil && s.Gateway.Kind == spec.GRPCRoute }},
		{"hpa.yaml", func(s *spec.Service) bool { return s.Autoscale != nil }},
		{"httproute.yaml", func(s *spec.Service) bool { return s.Gateway != nil && s.Gateway.Kind == spec.HTTPRoute }},
		{"ingress.yaml", func(s *spec.Service) bool { return s.Ingress != nil }},
		{"job.yaml", kind(spec.Job)},
		{"manifests.yaml", func(s *spec.Service) bool { return len(manifestValues(s)) > 0 }},
		{"networkpolicy-hook.yaml", func(s *spec.Service) bool { return s.Hook != nil && len(s.Needs) > 0 }},
		{"networkpolicy-peers.yaml", func(s *spec.Service) bool { return s.HasPeers() }},
		{"networkpolicy.yaml", always},
		{"pdb.yaml", func(s *spec.Service) bool { return s.Budget != nil }},
		{"peerauthentication.yaml", func(s *spec.Service) bool { return s.MTLS != "" }},
		{"prometheusrule.yaml", func(s *spec.Service) bool { return len(s.Alerts) > 0 }},
		{"pvc.yaml", func(s *spec.Service) bool { return s.Kind != spec.StatefulSet && hasClaims(s) }},
		{"role.yaml", func(s *spec.Service) bool { return hasScope(s, spec.ScopeNamespace) }},
		{"rolebinding.yaml", func(s *spec.Service) bool { return hasScope(s, spec.ScopeNamespace) }},
		{"secret-files.yaml", func(s *spec.Service) bool { return hasFiles(s, true) }},
		{"secret.yaml", func(s *spec.Service) bool { return s.Generates() }},
		{"service.yaml", func(s *spec.Service) bool { return len(s.Ports) > 0 }},
		{"serviceaccount.yaml", always},
		{"servicemonitor.yaml", func(s *spec.Service) bool { return s.Metrics != nil && s.Metrics.Monitor.On }},
		{"statefulset.yaml", kind(spec.StatefulSet)},
		{"tests/test-connection.yaml", func(s *spec.Service) bool { return testable(s) }},
		{"tests/tests.yaml", func(s *spec.Service) bool { return len(s.Tests) > 0 }},
	}
}

func hasScope(s *spec.Service, scope string) bool {
	for _, rule := range s.Access {
		if rule.Scope == scope {
			return true
		}
	}
	return false
}

func hasClaims(s *spec.Service) bool {
	for _, v := range s.Volumes {
		if v.Persistent() {
			return true
		}
	}
	return false
}

// testable tells whether helm test can reach the service: pods that end are mostly gone when it asks.
func testable(s *spec.Service) bool { return !s.Ends() && s.Ports[s.MainPort()].Protocol == "TCP" }

// Render returns the chart of a service, in its files: Raw holds every one of them. Helm's loader makes a chart with values
// of it. The chart serves every environment: it has the files that any of them needs, and its schema knows all of their values.
func (r *Renderer) Render(p *spec.Project, s *spec.Service) (*chart.Chart, error) {
	from := s.Dir + "/" + spec.ServiceFile
	tree := Values(p, s)
	elsewhere := inEnvironments(p, s)
	all := union(tree, elsewhere)
	c := &chart.Chart{Metadata: metadata(p, s), Raw: make([]*chart.File, 0, 20)}
	raw := func(f *chart.File) *chart.File {
		c.Raw = append(c.Raw, f)
		return f
	}
	raw(r.File("Chart.yaml", from, chartYAML(c.Metadata).Append))
	c.Files = []*chart.File{raw(r.File("README.md", from, func(b []byte) []byte { return readme(b, s, tree, all[len(tree):]) }))}
	has := func(key string) bool {
		return key == "enabled" || key == "global" || slices.ContainsFunc(all, func(e values.Entry) bool { return e.Key == key })
	}
	for _, o := range r.objects {
		if !o.used(s) && !slices.ContainsFunc(elsewhere, func(v variant) bool { return o.used(v.service) }) {
			continue
		}
		f, err := r.Template(o.file, "templates/"+o.file, s.Name, has)
		if err != nil {
			return nil, fmt.Errorf("rendering the chart of %s: %w", s.Name, err)
		}
		c.Templates = append(c.Templates, raw(f))
	}
	for _, m := range manifests(s, elsewhere) {
		c.Files = append(c.Files, raw(r.File(manifestPath(m), s.Dir+"/"+m.File, func(b []byte) []byte { return manifestText(b, m.Data) })))
	}
	c.Schema = raw(r.File("values.schema.json", from, func(b []byte) []byte { return valuesSchema(b, all) })).Data
	raw(r.File("values.yaml", from, tree.Append))
	return c, nil
}

func metadata(p *spec.Project, s *spec.Service) *chart.Metadata {
	return &chart.Metadata{
		APIVersion:  chart.APIVersionV2,
		Name:        s.Name,
		Description: "The service " + s.Name + " of " + p.Name,
		Version:     Version,
		AppVersion:  parseImage(s.Image).tag,
	}
}
