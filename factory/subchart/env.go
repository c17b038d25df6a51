package subchart

import (
	"strings"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/values"
)

// envValues parts the variables in two: Helm keeps a mapping sorted by name, so those that refer to others go to a list.
func envValues(c *spec.Container) (plain values.Map, expanded []any) {
	own := map[string]bool{}
	for _, v := range c.Env {
		own[v.Name] = true
	}
	for i := range c.Env {
		v := &c.Env[i]
		switch from := envSource(v); {
		case from != nil:
			plain = append(plain, values.Entry{Key: v.Name, Value: from})
		case refersToAnother(v.Value, own):
			expanded = append(expanded, values.Map{{Key: "name", Value: v.Name}, {Key: "value", Value: v.Value}})
		default:
			plain = append(plain, values.Entry{Key: v.Name, Value: v.Value})
		}
	}
	return plain, expanded
}

// envSource is where Kubernetes finds the value of a variable; nil for a text.
func envSource(v *spec.EnvVar) values.Map {
	key := func(kind, name, key string, optional bool) values.Map {
		m := values.Map{{Key: "name", Value: name}, {Key: "key", Value: key}}
		if optional {
			m = append(m, values.Entry{Key: "optional", Value: true})
		}
		return values.Map{{Key: kind, Value: m}}
	}
	switch {
	case v.Secret != nil:
		return key("secretKeyRef", v.Secret.Name, v.Secret.Key, v.Secret.Optional)
	case v.ConfigMap != nil:
		return key("configMapKeyRef", v.ConfigMap.Name, v.ConfigMap.Key, v.ConfigMap.Optional)
	case v.Field != "":
		return values.Map{{Key: "fieldRef", Value: values.Map{{Key: "fieldPath", Value: v.Field}}}}
	case v.Resource != "":
		m := values.Map{{Key: "resource", Value: v.Resource}}
		if v.Divisor != "" && v.Divisor != "1" {
			m = append(m, values.Entry{Key: "divisor", Value: string(v.Divisor)})
		}
		return values.Map{{Key: "resourceFieldRef", Value: m}}
	}
	return nil
}

// envFromValues are the objects each of whose keys becomes a variable.
func envFromValues(c *spec.Container) []any {
	var list []any
	for _, from := range c.EnvFrom {
		var m values.Map
		if from.Prefix != "" {
			m = values.Map{{Key: "prefix", Value: from.Prefix}}
		}
		kind, name := "configMapRef", from.ConfigMap
		if from.Secret != "" {
			kind, name = "secretRef", from.Secret
		}
		ref := values.Map{{Key: "name", Value: name}}
		if from.Optional {
			ref = append(ref, values.Entry{Key: "optional", Value: true})
		}
		list = append(list, append(m, values.Entry{Key: kind, Value: ref}))
	}
	return list
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
