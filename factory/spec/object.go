package spec

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// identity is what tells an object of Kubernetes from all others.
type identity struct{ group, kind, namespace, name string }

// object is one that a release makes, and where it is said: at the path in its service's spec, or in a raw manifest.
type object struct {
	identity
	path     []string
	manifest Position
	// content is what a ConfigMap or a Secret of a raw manifest holds.
	content *yaml.Node
}

func (o *object) at(s *Service) Position {
	if o.manifest.File != "" {
		return o.manifest
	}
	return s.At(o.path...)
}

// objects are those that the chart of a service makes, and those that operators make of them, as far as names can clash.
func (s *Service) objects(p *Project) []object {
	all := make([]object, 0, 12)
	add := func(group, kind, name string, path ...string) {
		all = append(all, object{identity: identity{group: group, kind: kind, name: name}, path: path})
	}
	group := "apps"
	if s.Ends() {
		group = "batch"
	}
	add(group, s.Kind, s.Name, "kind")
	if s.OwnsAccount() {
		add("", "ServiceAccount", s.AccountName(), "account")
	}
	add("networking.k8s.io", "NetworkPolicy", s.Name)
	if s.HasPeers() {
		add("networking.k8s.io", "NetworkPolicy", s.Name+"-peers", "network")
	}
	if len(s.Ports) > 0 {
		add("", "Service", s.Name)
	}
	if len(s.Secrets) > 0 {
		add("", "Secret", s.Name, "secrets")
	}
	for i := range s.Tests {
		add("", "Pod", s.Name+"-test-"+s.Tests[i].Name, s.Tests[i].path...)
	}
	for _, rule := range s.Access {
		if rule.Scope == ScopeCluster {
			add("rbac.authorization.k8s.io", "ClusterRole", p.Namespace+":"+s.Name, "access")
			add("rbac.authorization.k8s.io", "ClusterRoleBinding", p.Namespace+":"+s.Name, "access")
		} else {
			add("rbac.authorization.k8s.io", "Role", s.Name, "access")
			add("rbac.authorization.k8s.io", "RoleBinding", s.Name, "access")
		}
	}
	for _, name := range sortedKeys(s.Volumes) {
		if s.Volumes[name].Persistent() && s.Kind != StatefulSet {
			add("", "PersistentVolumeClaim", s.Name+"-"+name, "volumes", name)
		}
	}
	if s.HasFiles() {
		add("", "ConfigMap", s.FilesName(), "files")
		add("", "Secret", s.FilesName(), "files")
	}
	if s.Ingress != nil {
		add("networking.k8s.io", "Ingress", s.Name, "ingress")
		if s.Ingress.TLS.Issued() {
			secret := s.Ingress.TLS.Secret
			if secret == "" {
				secret = s.Name + "-tls"
			}
			// cert-manager names the Certificate that it makes of an Ingress like its Secret.
			add("cert-manager.io", "Certificate", secret, "ingress", "tls")
			add("", "Secret", secret, "ingress", "tls")
		}
	}
	for _, name := range sortedKeys(s.Certificates) {
		add("cert-manager.io", "Certificate", s.Name+"-"+name, "certificates", name)
		add("", "Secret", s.Certificates[name].Secret, "certificates", name)
	}
	for _, o := range []struct {
		used             bool
		group, kind, key string
	}{
		{s.Gateway != nil && s.Gateway.Kind == HTTPRoute, "gateway.networking.k8s.io", "HTTPRoute", "gateway"},
		{s.Gateway != nil && s.Gateway.Kind == GRPCRoute, "gateway.networking.k8s.io", "GRPCRoute", "gateway"},
		{s.Autoscale != nil, "autoscaling", "HorizontalPodAutoscaler", "autoscale"},
		{s.Budget != nil, "policy", "PodDisruptionBudget", "budget"},
		{s.Metrics != nil && s.Metrics.Monitor.On, "monitoring.coreos.com", "ServiceMonitor", "metrics"},
		{len(s.Alerts) > 0, "monitoring.coreos.com", "PrometheusRule", "alerts"},
		{s.MTLS != "", "security.istio.io", "PeerAuthentication", "mtls"},
		{s.Fetches(), "external-secrets.io", "ExternalSecret", "secrets"},
	} {
		if o.used {
			add(o.group, o.kind, s.Name, o.key)
		}
	}
	return all
}

// rawObjects are those that the service brings along as they are.
func (s *Service) rawObjects() []object {
	var all []object
	for _, m := range s.Manifests {
		all = append(all, m.objects...)
	}
	return all
}

// linkObjects complains about two objects that cannot be told from one another: of two in a release, one would win.
func (l *loader) linkObjects(p *Project) {
	type owner struct {
		service *Service
		object  object
	}
	owners := make(map[identity]owner, 8*len(p.Services))
	claim := func(s *Service, objects []object) {
		before := len(l.problems)
		for _, o := range objects {
			if o.namespace == p.Namespace {
				o.namespace = ""
			}
			first, taken := owners[o.identity]
			switch {
			case !taken:
				owners[o.identity] = owner{s, o}
			case first.service == s && o.manifest.File == "" && slices.Equal(first.object.path, o.path):
				// Two rules of one kind make one role.
			default:
				l.problems.add(o.at(s), "the release has a %s %s already, by %s: use another name", o.kind, o.name, first.object.at(first.service))
			}
		}
		l.blame(s, before)
	}
	for _, s := range p.Released() {
		claim(s, s.objects(p))
	}
	for _, s := range p.Released() {
		claim(s, s.rawObjects())
	}
}
