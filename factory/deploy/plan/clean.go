package plan

import (
	"encoding/base64"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// bookkeeping are annotations that clients and controllers keep their own state in.
var bookkeeping = []string{
	"kubectl.kubernetes.io/last-applied-configuration",
	"deployment.kubernetes.io/revision",
	"deprecated.daemonset.template.generation",
}

// Clean returns the part of an object that somebody decides on: no status, and nothing that the API server keeps about
// it. A Secret's stringData is in data, as the server stores it.
func Clean(object map[string]any) map[string]any {
	clean := runtime.DeepCopyJSON(object)
	delete(clean, "status")
	for _, name := range []string{"managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "selfLink", "namespace"} {
		unstructured.RemoveNestedField(clean, "metadata", name)
	}
	unstructured.RemoveNestedField(clean, "spec", "template", "metadata", "creationTimestamp")
	for _, name := range bookkeeping {
		unstructured.RemoveNestedField(clean, "metadata", "annotations", name)
	}
	if isSecret(clean) {
		storeStrings(clean)
	}
	return clean
}

func isSecret(object map[string]any) bool {
	return object["kind"] == "Secret" && object["apiVersion"] == "v1"
}

func storeStrings(secret map[string]any) {
	texts, _, _ := unstructured.NestedStringMap(secret, "stringData")
	delete(secret, "stringData")
	if len(texts) == 0 {
		return
	}
	data, _ := secret["data"].(map[string]any)
	if data == nil {
		data = map[string]any{}
	}
	for key, text := range texts {
		data[key] = base64.StdEncoding.EncodeToString([]byte(text))
	}
	secret["data"] = data
}

// Compare lists what differs between two states of an object, cleaned. rendered is what the chart says: of what is
// added, only the fields that it has are told, since the rest are the server's defaults. A nil rendered tells all.
// A Secret's values are hidden.
func Compare(before, after, rendered map[string]any) []Field {
	secret := isSecret(before) || isSecret(after)
	all := Diff(Clean(before), Clean(after))
	if rendered != nil {
		all = withoutDefaults(all, Clean(rendered))
	}
	if secret {
		all = hide(all)
	}
	return all
}

func withoutDefaults(fields []Field, rendered map[string]any) []Field {
	var kept []Field
	for _, f := range fields {
		said, ok := f.Path.in(rendered)
		if f.Change == Added && !ok {
			continue
		}
		if ok {
			f.After = prune(f.After, said)
		}
		kept = append(kept, f)
	}
	return kept
}

// prune leaves out of a value what the chart does not say.
func prune(value, said any) any {
	switch v := value.(type) {
	case map[string]any:
		s, ok := said.(map[string]any)
		if !ok {
			return value
		}
		pruned := map[string]any{}
		for key, inner := range v {
			if text, ok := s[key]; ok {
				pruned[key] = prune(inner, text)
			}
		}
		return pruned
	case []any:
		s, ok := said.([]any)
		if !ok || len(s) != len(v) {
			return value
		}
		pruned := make([]any, len(v))
		for i := range v {
			pruned[i] = prune(v[i], s[i])
		}
		return pruned
	}
	return value
}

// hide takes a Secret's values out of the fields and names each key by itself.
func hide(fields []Field) []Field {
	var hidden []Field
	for _, f := range fields {
		if !f.Path.under("data") {
			hidden = append(hidden, f)
			continue
		}
		if len(f.Path) > 1 {
			hidden = append(hidden, Field{Path: f.Path, Change: f.Change, Hidden: true})
			continue
		}
		// The whole map came or went.
		before, _ := f.Before.(map[string]any)
		after, _ := f.After.(map[string]any)
		for _, inner := range Diff(map[string]any{"data": or(before)}, map[string]any{"data": or(after)}) {
			hidden = append(hidden, Field{Path: inner.Path, Change: inner.Change, Hidden: true})
		}
	}
	return hidden
}

func or(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

// Overlay lists where an object is not as the chart says, looking only at what the chart says. Unlike Compare it needs no
// answer of the API server, and takes another spelling of the same quantity for a difference.
func Overlay(live, rendered map[string]any) []Field {
	var fields []Field
	for _, f := range Compare(live, rendered, nil) {
		if f.Change != Removed {
			fields = append(fields, f)
		}
	}
	return fields
}
