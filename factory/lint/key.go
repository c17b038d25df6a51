package lint

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
)

// keyOf returns the key of a service's spec that decides over a field of an object, as near as kinds and names tell.
func keyOf(o *rendered.Object, path string) rule.Key {
	if key := containerKey(o, path); key != nil {
		return key
	}
	switch o.Kind {
	case "Ingress":
		return rule.Key{"ingress"}
	case "HTTPRoute", "GRPCRoute":
		return rule.Key{"gateway"}
	case "HorizontalPodAutoscaler":
		return rule.Key{"autoscale"}
	case "PodDisruptionBudget":
		return rule.Key{"budget"}
	case "NetworkPolicy":
		return rule.Key{"network"}
	case "Service":
		return rule.Key{"service"}
	case "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding":
		return rule.Key{"access"}
	case "ServiceAccount":
		return rule.Key{"account"}
	case "PersistentVolumeClaim":
		return rule.Key{"volumes", strings.TrimPrefix(o.Name, o.Service+"-")}
	case "ServiceMonitor", "PodMonitor":
		return rule.Key{"metrics"}
	case "PrometheusRule":
		return rule.Key{"alerts"}
	case "PeerAuthentication":
		return rule.Key{"mtls"}
	case "Certificate":
		return rule.Key{"certificates"}
	case "Secret", "ExternalSecret":
		return rule.Key{"secrets"}
	case "ConfigMap":
		return rule.Key{"files"}
	}
	field := path[strings.LastIndexByte(path, '.')+1:]
	if i := strings.IndexByte(field, '['); i >= 0 {
		field = field[:i]
	}
	return rule.Key{field} // most keys of a pod have Kubernetes' own name
}

// containerKey returns the key of a field of a container, or nil for other fields.
func containerKey(o *rendered.Object, path string) rule.Key {
	match := regexp.MustCompile(`^(.*)\b(containers|initContainers)\[(\d+)\]\.?(\w*)`).FindStringSubmatch(path)
	if match == nil {
		return nil
	}
	containers := o.Maps(strings.Split(strings.TrimSuffix(match[1], ".")+"."+match[2], ".")...)
	i, err := strconv.Atoi(match[3])
	if err != nil || i >= len(containers) {
		return nil
	}
	key := rule.Key{}
	switch name, _ := containers[i]["name"].(string); {
	case match[2] == "initContainers" && containers[i]["restartPolicy"] != "Always":
		key = rule.Key{"init", name}
	case name != o.Service:
		key = rule.Key{"sidecars", name}
	}
	switch field := match[4]; field {
	case "livenessProbe":
		return append(key, "health", "live")
	case "readinessProbe":
		return append(key, "health", "ready")
	case "startupProbe":
		return append(key, "health", "startup")
	case "securityContext":
		return append(key, "security")
	case "volumeMounts":
		if len(key) > 0 {
			return append(key, "mounts")
		}
		return rule.Key{"volumes"}
	case "imagePullPolicy":
		return append(key, "pullPolicy")
	default:
		return append(key, field)
	}
}
