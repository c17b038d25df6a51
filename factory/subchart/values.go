package subchart

import (
	"maps"
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/values"
)

// chartValues is what the spec says, as the templates read it. Only what the service uses is there.
func chartValues(p *spec.Project, s *spec.Service) values.Map {
	m := values.Map{
		{Key: "project", Value: p.Name, Comment: "What the service is part of."},
		{Key: "replicas", Value: int64(s.Replicas), Comment: "How many pods run."},
		{Key: "image", Value: imageValues(s), Comment: "The digest, when there is one, wins over the tag. An empty pullPolicy is Always for :latest, IfNotPresent else."},
	}
	add := func(key string, value any, comment string) {
		switch v := value.(type) {
		case values.Map:
			if len(v) == 0 {
				return
			}
		case []any:
			if len(v) == 0 {
				return
			}
		}
		m = append(m, values.Entry{Key: key, Value: value, Comment: comment})
	}
	add("command", list(s.Command), "Instead of the image's entrypoint.")
	add("args", list(s.Args), "Instead of the image's arguments.")
	add("ports", portValues(s), "By name: the container's number and the Service's.")
	add("probes", probeValues(s), "Kubernetes probes: liveness, readiness, startup.")
	plain, expanded := envValues(s)
	add("env", plain, "Environment variables: a text, or a Kubernetes valueFrom.")
	add("envExpanded", expanded, "Variables that name others as $(NAME), which must stand before them.")
	add("secrets", secretValues(s), "Made once in the cluster and kept there: the number of letters and digits.")
	if len(s.Secrets) > 0 {
		add("existingSecret", "", "Name a Secret that exists to have none made. Point the env of the services that read it there too.")
	}
	add("rules", ruleValues(s, spec.ScopeNamespace), "What the service may do in its namespace, in RBAC's words.")
	add("clusterRules", ruleValues(s, spec.ScopeCluster), "What the service may do in the whole cluster, in RBAC's words.")
	add("callers", list(s.NeededBy), "The services that the network policy lets in.")
	if s.Ingress != nil {
		add("ingress", ingressValues(p, s), "The address from outside. An empty class is the cluster's default.")
	}
	volumes, claims := volumeValues(s)
	add("volumes", volumes, "Where the container sees a volume, and the Kubernetes source of it.")
	add("claims", claims, "Persistent volumes. Their size and class cannot change once they exist.")
	if s.Kind == spec.Deployment && hasClaims(s) {
		add("strategy", values.Map{{Key: "type", Value: "Recreate"}}, "The old pod lets go of its volume before the new one starts.")
	}
	if s.Metrics != nil {
		add("metrics", values.Map{{Key: "port", Value: s.Metrics.Port}, {Key: "path", Value: s.Metrics.Path}}, "Where Prometheus scrapes the pods.")
	}
	add("resources", resourceValues(s), "What is reserved, and what cannot be passed.")
	add("security", securityValues(s), "Who the containers run as.")
	add("gracePeriodSeconds", s.GracePeriod.Seconds(), "Between asking a pod to stop and killing it.")
	if command := testCommand(s); command != nil {
		add("test", values.Map{{Key: "image", Value: p.Test.Image}, {Key: "command", Value: list(command)}}, "The pod of helm test.")
	}
	return m
}

func imageValues(s *spec.Service) values.Map {
	i := parseImage(s.Image)
	return values.Map{
		{Key: "repository", Value: i.repository},
		{Key: "tag", Value: i.tag},
		{Key: "digest", Value: i.digest},
		{Key: "pullPolicy", Value: ""},
	}
}

func list(texts []string) []any {
	out := make([]any, len(texts))
	for i, text := range texts {
		out[i] = text
	}
	return out
}

func textMap(m map[string]string) values.Map {
	out := make(values.Map, 0, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		out = append(out, values.Entry{Key: key, Value: m[key]})
	}
	return out
}

func portValues(s *spec.Service) values.Map {
	var out values.Map
	for _, name := range slices.Sorted(maps.Keys(s.Ports)) {
		port := s.Ports[name]
		m := values.Map{{Key: "container", Value: int64(port.Container)}, {Key: "service", Value: int64(port.Service)}}
		if port.Protocol != "TCP" {
			m = append(m, values.Entry{Key: "protocol", Value: port.Protocol})
		}
		if port.AppProtocol != "" {
			m = append(m, values.Entry{Key: "appProtocol", Value: port.AppProtocol})
		}
		out = append(out, values.Entry{Key: name, Value: m})
	}
	return out
}

// envValues parts the variables in two: Helm keeps a mapping sorted by name, so those that refer to others go to a list.
func envValues(s *spec.Service) (plain values.Map, expanded []any) {
	own := map[string]bool{}
	for _, v := range s.Env {
		own[v.Name] = true
	}
	for _, v := range s.Env {
		switch {
		case refersToAnother(v.Value, own):
			expanded = append(expanded, values.Map{{Key: "name", Value: v.Name}, {Key: "value", Value: v.Value}})
		case v.Secret != nil:
			plain = append(plain, values.Entry{Key: v.Name, Value: values.Map{{Key: "secretKeyRef", Value: values.Map{
				{Key: "name", Value: v.Secret.Name}, {Key: "key", Value: v.Secret.Key}}}}})
		case v.Field != "":
			plain = append(plain, values.Entry{Key: v.Name, Value: values.Map{{Key: "fieldRef", Value: values.Map{
				{Key: "fieldPath", Value: v.Field}}}}})
		default:
			plain = append(plain, values.Entry{Key: v.Name, Value: v.Value})
		}
	}
	return plain, expanded
}

func refersToAnother(text string, own map[string]bool) bool {
	for {
		start := strings.Index(text, "$(")
		if start < 0 {
			return false
		}
		text = text[start+2:]
		if end := strings.IndexByte(text, ')'); end >= 0 && own[text[:end]] {
			return true
		}
	}
}

func secretValues(s *spec.Service) values.Map {
	var out values.Map
	for _, key := range slices.Sorted(maps.Keys(s.Secrets)) {
		out = append(out, values.Entry{Key: key, Value: values.Map{{Key: "generate", Value: int64(s.Secrets[key].Generate)}}})
	}
	return out
}

func ingressValues(p *spec.Project, s *spec.Service) values.Map {
	annotations := map[string]string{}
	if s.Ingress.TLS {
		// A self-signed certificate without a common name has an empty issuer, which clients refuse.
		annotations["cert-manager.io/cluster-issuer"] = p.Issuer.Name
		annotations["cert-manager.io/common-name"] = s.Ingress.Hosts[0]
	}
	maps.Copy(annotations, s.Ingress.Annotations)
	return values.Map{
		{Key: "hosts", Value: list(s.Ingress.Hosts)},
		{Key: "path", Value: s.Ingress.Path},
		{Key: "class", Value: s.Ingress.Class},
		{Key: "tls", Value: s.Ingress.TLS},
		{Key: "annotations", Value: textMap(annotations)},
	}
}

func volumeValues(s *spec.Service) (volumes, claims values.Map) {
	for _, name := range slices.Sorted(maps.Keys(s.Volumes)) {
		v := s.Volumes[name]
		mount := values.Map{{Key: "path", Value: v.Path}}
		if v.Temporary {
			limit := values.Map{}
			if v.Size != "" {
				limit = values.Map{{Key: "sizeLimit", Value: string(v.Size)}}
			}
			source := values.Map{{Key: "emptyDir", Value: limit}}
			volumes = append(volumes, values.Entry{Key: name, Value: append(mount, values.Entry{Key: "source", Value: source})})
			continue
		}
		claim := values.Map{
			{Key: "size", Value: string(v.Size)},
			{Key: "class", Value: v.Class},
			{Key: "access", Value: v.Access},
		}
		if s.Kind == spec.StatefulSet {
			claim = append(mount, claim...)
		} else {
			source := values.Map{{Key: "persistentVolumeClaim", Value: values.Map{{Key: "claimName", Value: s.Name + "-" + name}}}}
			volumes = append(volumes, values.Entry{Key: name, Value: append(mount, values.Entry{Key: "source", Value: source})})
		}
		claims = append(claims, values.Entry{Key: name, Value: claim})
	}
	return volumes, claims
}

func ruleValues(s *spec.Service, scope string) []any {
	var out []any
	for _, access := range s.Access {
		if access.Scope == scope {
			out = append(out, rules(access)...)
		}
	}
	return out
}

// rules gives one RBAC rule for each API group that the resources are in.
func rules(access spec.Access) []any {
	groups := map[string][]string{}
	for _, id := range access.Resources {
		resource, sub, _ := strings.Cut(id, "/")
		resource, group, _ := strings.Cut(resource, ".")
		if resource == "*" {
			group = "*"
		}
		if sub != "" {
			resource += "/" + sub
		}
		groups[group] = append(groups[group], resource)
	}
	var out []any
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		out = append(out, values.Map{
			{Key: "apiGroups", Value: []any{group}},
			{Key: "resources", Value: list(groups[group])},
			{Key: "verbs", Value: list(access.Verbs)},
		})
	}
	return out
}

func resourceValues(s *spec.Service) values.Map {
	side := func(quantities map[string]spec.Quantity) values.Map {
		out := values.Map{}
		for _, name := range slices.Sorted(maps.Keys(quantities)) {
			out = append(out, values.Entry{Key: name, Value: string(quantities[name])})
		}
		return out
	}
	return values.Map{{Key: "requests", Value: side(s.Resources.Requests)}, {Key: "limits", Value: side(s.Resources.Limits)}}
}

func securityValues(s *spec.Service) values.Map {
	m := values.Map{
		{Key: "runAsUser", Value: int64(s.Security.RunAsUser)},
		{Key: "runAsGroup", Value: int64(s.Security.RunAsGroup)},
		{Key: "fsGroup", Value: int64(s.Security.FSGroup)},
		{Key: "readOnlyRootFilesystem", Value: s.Security.ReadOnlyRootFilesystem},
	}
	for _, port := range s.Ports {
		if port.Container < 1024 {
			// Below 1024 a port is root's, unless this sysctl, which Pod Security counts as safe, says otherwise.
			return append(m, values.Entry{Key: "sysctls", Value: []any{values.Map{
				{Key: "name", Value: "net.ipv4.ip_unprivileged_port_start"}, {Key: "value", Value: "0"}}}})
		}
	}
	return m
}
