package subchart

import (
	"maps"
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/values"
)

// Values are what the chart of a service has in its values.yaml: what the spec says, as the templates read it. Only what the service
// uses is there.
func Values(p *spec.Project, s *spec.Service) values.Map {
	m := values.Map{{Key: "project", Value: p.Name, Comment: "What the service is part of."}}
	add := func(key string, value any, comment string) {
		e := values.Entry{Key: key, Value: value, Comment: comment}
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
		if values.Inline(value) == "" {
			e.Default = values.Keys(value)
		}
		m = append(m, e)
	}
	if s.Autoscale == nil && (s.Kind == spec.Deployment || s.Kind == spec.StatefulSet) {
		add("replicas", int64(s.Replicas), "How many pods run.")
	}
	add("autoscale", autoscaleValues(s), "How many pods run at least and at most, and the use of what they request that is aimed at, in percent.")
	add("budget", budgetValues(s), "How many pods may be missing while nodes are drained, in the words of a PodDisruptionBudget.")
	add("workload", workloadValues(s), "More of the "+s.Kind+" in Kubernetes' words.")
	add("job", cronJobValues(s), "Each of the CronJob's Jobs in Kubernetes' words.")
	add("hook", hookValues(s), "The moments of a release at which the Job runs, in Helm's words.")
	add("calls", callValues(p, s), "The services that a hook calls, whose network policies may be older than it.")
	add("image", imageValues(s), "A digest, if one is set, wins over the tag. Without pullPolicy it is Always for :latest, else IfNotPresent.")
	add("ports", portValues(s), "Ports by name: the number in the container, and that of the Service.")
	add("service", serviceValues(s), "The Service beyond its ports: annotations, labels, and fields in Kubernetes' words.")
	main, placed := s.Main(), placeFiles(s)
	plain, expanded := envValues(&main)
	add("env", plain, "Environment variables: a text, or a Kubernetes valueFrom.")
	add("envExpanded", expanded, "Variables that name others as $(NAME), which must stand before them.")
	add("container", containerValues(s, &main, placed), "The container in Kubernetes' words.")
	if seconds := drain(s); seconds > 0 && !moreThanDrains(s.Lifecycle) {
		add("drain", seconds, "For how many seconds the container answers on when its pod ends, until nobody calls it any more.")
	}
	add("pod", podValues(s, placed), "The pod in Kubernetes' words.")
	add("spread", spreadValues(s), "How the pods spread over the values of a label of the nodes, by that label: the rest of a topologySpreadConstraint.")
	add("user", int64(s.Security.RunAsUser), "The id of the user that the containers run as. Without group, their group has the same.")
	if s.Security.RunAsGroup != s.Security.RunAsUser {
		add("group", int64(s.Security.RunAsGroup), "The id of the containers' group.")
	}
	add("security", securityValues(s, placed), "More of the pod's securityContext, in Kubernetes' words.")
	add("containerSecurity", confinementValues(s, &main), "The container's securityContext, in Kubernetes' words.")
	add("initContainers", otherValues(s, placed, true), "What runs before the container, in Kubernetes' words. One without an image runs the service's own.")
	add("sidecars", otherValues(s, placed, false), "What runs beside the container, in Kubernetes' words. One without an image runs the service's own.")
	add("files", fileValues(placed), "Files that containers see, by the key under which their ConfigMap or Secret holds them. A change rolls the pods.")
	add("claims", claimValues(s), "Persistent volumes in Kubernetes' words. Most of it cannot change once they exist.")
	add("secrets", secretValues(s), "Texts made once in the cluster and kept there; generate is the number of letters and digits.")
	if s.Generates() {
		add("existingSecret", "", "Name a Secret that exists to have none made. Point the env of the services that read it there too.")
	}
	add("externalSecret", externalValues(s), "Values of the Secret that are fetched from outside, in the words of an ExternalSecret.")
	add("certificates", certificateValues(s), "Certificates in cert-manager's words.")
	add("account", accountValues(s), "The service account, where it is not one of the service's name that the release makes.")
	add("rules", ruleValues(s, spec.ScopeNamespace), "What the service may do in its namespace, in RBAC's words.")
	add("clusterRules", ruleValues(s, spec.ScopeCluster), "What the service may do in the whole cluster, in RBAC's words.")
	add("callers", callerValues(p, s), "The services that the network policy lets in.")
	add("ingress", ingressValues(s), "The address from outside. With an issuer or a secret, over TLS. Without class, by the cluster's default.")
	add("httpRoute", routeValues(s, spec.HTTPRoute), "The address from outside, by the Gateways that are its parents.")
	add("grpcRoute", routeValues(s, spec.GRPCRoute), "The address from outside, by the Gateways that are its parents.")
	add("network", networkValues(p, s), "More of the network policy, in its own words: whom it lets in, and to whom it lets out.")
	if s.Metrics != nil {
		port := int64(s.Ports[s.Metrics.Port].Container)
		add("metrics", values.Map{{Key: "port", Value: port}}, "The container's port that Prometheus may reach.")
	}
	add("monitor", monitorValues(s), "The endpoint of a ServiceMonitor in its own words, and the labels by which Prometheus selects it.")
	add("alerts", alertValues(s), "Rules of a PrometheusRule in its own words, by the name of the alert.")
	if s.MTLS != "" {
		add("mtls", s.MTLS, "Whether callers in the Istio mesh must speak mutual TLS: STRICT, PERMISSIVE or DISABLE.")
	}
	add("manifests", manifestValues(s), "Files of the chart with more objects, which arrive as they are.")
	add("labels", textMap(s.Labels), "More labels of every object.")
	add("annotations", annotationValues(s), "More annotations of every object.")
	add("podLabels", textMap(s.PodLabels), "More labels of the pods.")
	add("podAnnotations", podAnnotationValues(s), "Annotations of the pods.")
	if target := testTarget(s); target != nil {
		add("test", target, "What helm test asks for: the URL that it gets, or the port of the service that it connects to.")
		add("testImage", p.Test.Image, "The image of its pod, with wget and nc.")
	}
	add("tests", moreTestValues(s), "More pods of helm test: their container in Kubernetes' words. One without an image runs the service's own.")
	return m
}

func imageValues(s *spec.Service) values.Map {
	i := parseImage(s.Image)
	m := values.Map{{Key: "repository", Value: i.repository}, {Key: "tag", Value: i.tag}}
	if i.digest != "" {
		m = append(m, values.Entry{Key: "digest", Value: i.digest})
	}
	if s.PullPolicy != "" {
		m = append(m, values.Entry{Key: "pullPolicy", Value: s.PullPolicy})
	}
	return m
}

// podValues are fields of a Kubernetes pod.
func podValues(s *spec.Service, placed []placedFile) values.Map {
	var m values.Map
	if seconds := s.GracePeriod.Seconds(); seconds != 30 {
		m = append(m, values.Entry{Key: "terminationGracePeriodSeconds", Value: seconds})
	}
	if volumes := volumeValues(s, placed); volumes != nil {
		m = append(m, values.Entry{Key: "volumes", Value: volumes})
	}
	m = append(append(m, lifetimeValues(s)...), schedulingValues(s)...)
	return append(m, tokenValues(s)...)
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
		if port.NodePort != 0 {
			m = append(m, values.Entry{Key: "nodePort", Value: int64(port.NodePort)})
		}
		out = append(out, values.Entry{Key: name, Value: m})
	}
	return out
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
