package subchart

import (
	"strings"

	"github.com/helm-chart-factory/factory/factory/values"
)

// valuesSchema is strict: the chart's own keys, what Helm and the umbrella add, and nothing else. Helm compiles the schema of
// every subchart at every run, so it says each rule once and in few words, and lists those keys by name alone that take anything.
func valuesSchema(b []byte, m values.Map) []byte {
	b = append(b, `  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object",
  "propertyNames": {"enum": ["enabled", "global"`...)
	for _, e := range m {
		b = append(append(append(b, `, "`...), e.Key...), '"')
	}
	b = append(b, `]},
  "properties": {
    "enabled": {"type": "boolean"}`...)
	for _, e := range m {
		if schema := keySchema(e); schema != anything {
			b = append(append(append(b, ",\n    \""...), e.Key...), `": `...)
			b = append(b, schema...)
		}
	}
	return append(b, "\n  }\n}\n"...)
}

// anything is the schema of what is judged elsewhere.
const anything = "true"

// fields returns the schema of a mapping that has no other keys than these. Each value has the given schema. Of propertyNames, which
// is shorter, Helm 3.22 tells below the root another place than the one where the wrong name stands.
func fields(schema string, keys ...string) string {
	return `{"type": "object", "properties": {"` + strings.Join(keys, `": `+schema+`, "`) + `": ` + schema + `}, "additionalProperties": false}`
}

func keySchema(e values.Entry) string {
	const (
		text  = `{"type": "string"}`
		count = `{"type": "integer", "minimum": 0}`
	)
	each := func(schema string) string { return `{"type": "object", "additionalProperties": ` + schema + `}` }
	switch e.Key {
	case "existingSecret":
		return text
	case "replicas", "drain":
		return count
	case "rules", "clusterRules", "envExpanded", "manifests", "calls", "initContainers", "sidecars":
		return `{"type": "array"}`
	case "image":
		// A tag like 1.10 is a number to YAML, and another one.
		return `{"type": "object", "properties": {"tag": ` + text + `, "repository": true, "digest": true, "pullPolicy": true}, "additionalProperties": false}`
	case "ports":
		return each(fields(anything, "container", "service", "protocol", "appProtocol", "nodePort"))
	case "service":
		return fields(anything, "type", "clusterIP", "sessionAffinity", "sessionAffinityConfig", "externalTrafficPolicy", "loadBalancerClass",
			"publishNotReadyAddresses", "annotations", "labels")
	case "autoscale":
		return fields(anything, "min", "max", "kind", "cpu", "memory", "metrics", "behavior")
	case "spread":
		return `{"type": "object"}`
	case "budget":
		return fields(anything, "minAvailable", "maxUnavailable")
	case "labels", "annotations", "podLabels", "podAnnotations", "hook":
		return each(text)
	case "account":
		return fields(anything, "name", "exists", "annotations")
	case "files":
		return fields(each(text), "text", "binary", "secret")
	case "secrets":
		return each(fields(count, "generate"))
	case "ingress":
		return fields(anything, "hosts", "issuer", "secret", "paths", "class", "annotations")
	case "monitor":
		return fields(anything, "port", "path", "interval", "scrapeTimeout", "labels")
	case "alerts":
		return each(fields(anything, "expr", "for", "labels", "annotations"))
	case "mtls":
		return `{"enum": ["STRICT", "PERMISSIVE", "DISABLE"]}`
	case "certificates":
		return each(fields(anything, "secretName", "commonName", "dnsNames", "ipAddresses", "issuerRef", "duration", "renewBefore", "usages"))
	case "externalSecret":
		return fields(anything, "refreshInterval", "secretStoreRef", "data")
	case "httpRoute", "grpcRoute":
		return fields(anything, "parents", "hosts", "paths")
	case "network":
		return fields(`{"type": "array"}`, "ingress", "egress")
	case "metrics":
		return fields(count, "port")
	case "tests", "container", "containerSecurity", "pod", "security", "workload", "job", "test", "testImage", "project", "user", "group", "callers", "env":
		// What these hold goes into the manifest as it is, and Kubernetes' own schema judges it there.
		return anything
	case "claims":
		return each(fields(anything, "accessModes", "storageClassName", "resources"))
	default:
		panic("subchart: no schema for the value " + e.Key)
	}
}
