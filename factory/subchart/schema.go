package subchart

import (
	"github.com/helm-chart-factory/factory/factory/values"
)

// valuesSchema is strict: the chart's own keys, what Helm and the umbrella add, and nothing else. Helm compiles the schema of
// every subchart at every run, so it says each rule once and in few words.
func valuesSchema(m values.Map) []byte {
	b := []byte("{\n" + `  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "enabled": {"type": "boolean"},
    "global": {"type": "object"}`)
	for _, e := range m {
		b = append(b, ",\n    "...)
		b = append(b, '"')
		b = append(append(b, e.Key...), `": `...)
		b = append(b, keySchema(e.Key)...)
	}
	return append(b, "\n  }\n}\n"...)
}

func keySchema(key string) string {
	const (
		texts = `{"type": "array", "items": {"type": "string"}}`
		count = `{"type": "integer", "minimum": 0}`
		rules = `{"type": "array", "items": {"type": "object", "required": ["verbs"]}}`
		sizes = `{"type": "object", "additionalProperties": {"type": ["string", "number"]}}`
		id    = `{"type": "integer", "minimum": 1}`
	)
	strict := func(properties string) string {
		return `{"type": "object", "additionalProperties": false, "properties": {` + properties + `}}`
	}
	each := func(schema string) string { return `{"type": "object", "additionalProperties": ` + schema + `}` }
	switch key {
	case "project", "existingSecret":
		return `{"type": "string"}`
	case "replicas", "gracePeriodSeconds":
		return count
	case "command", "args", "callers":
		return texts
	case "envExpanded":
		return `{"type": "array", "items": {"type": "object", "required": ["name"]}}`
	case "rules", "clusterRules":
		return rules
	case "image":
		return strict(`"repository": {"type": "string"}, "tag": {"type": "string"}, "digest": {"type": "string"}, "pullPolicy": {"enum": ["", "Always", "IfNotPresent", "Never"]}`)
	case "ports":
		return each(strict(`"container": ` + id + `, "service": ` + id + `, "protocol": {"type": "string"}, "appProtocol": {"type": "string"}`))
	case "probes":
		return strict(`"liveness": {"type": "object"}, "readiness": {"type": "object"}, "startup": {"type": "object"}`)
	case "env":
		return each(`{"type": ["string", "object"]}`)
	case "secrets":
		return each(strict(`"generate": ` + id))
	case "ingress":
		return strict(`"hosts": ` + texts + `, "path": {"type": "string"}, "class": {"type": "string"}, "tls": {"type": "boolean"}, "annotations": ` + each(`{"type": "string"}`))
	case "volumes":
		return each(strict(`"path": {"type": "string"}, "source": {"type": "object"}`))
	case "claims":
		return each(strict(`"path": {"type": "string"}, "size": {"type": "string"}, "class": {"type": "string"}, "access": {"type": "string"}`))
	case "strategy":
		return `{"type": "object"}`
	case "metrics":
		return strict(`"port": {"type": "string"}, "path": {"type": "string"}`)
	case "resources":
		return strict(`"requests": ` + sizes + `, "limits": ` + sizes)
	case "security":
		return strict(`"runAsUser": ` + id + `, "runAsGroup": ` + id + `, "fsGroup": ` + id + `, "readOnlyRootFilesystem": {"type": "boolean"}, "sysctls": {"type": "array"}`)
	case "test":
		return strict(`"image": {"type": "string"}, "command": ` + texts)
	default:
		panic("subchart: no schema for the value " + key)
	}
}
