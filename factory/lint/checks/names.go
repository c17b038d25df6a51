package checks

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
)

func nameChecks() []Check {
	return []Check{{
		Rule: rule.Rule{
			ID: "duplicate-object", Severity: rule.Error,
			What:   "two objects of the same kind and name",
			Reason: "Helm refuses to install the release, or the last one wins.",
			Fix:    "rename one of them",
		},
		Run: duplicateObject,
	}, {
		Rule: rule.Rule{
			ID: "invalid-name", Severity: rule.Error,
			What:   "an object without a name, or with one that Kubernetes does not take",
			Reason: "The API server refuses it.",
			Fix:    "use small letters, digits and dashes",
		},
		Run: invalidName,
	}, {
		Rule: rule.Rule{
			ID: "invalid-labels", Severity: rule.Error,
			What:      "a label or an annotation that Kubernetes does not take",
			Reason:    "The API server refuses the object.",
			Fix:       "write the key as example.com/name, and a label's value with at most 63 letters, digits, -, _ and .",
			Elsewhere: "kube-score label-values",
		},
		Run: invalidLabels,
	}, {
		Rule: rule.Rule{
			ID: "use-namespace", Severity: rule.Warning,
			What:      "an object in the namespace default",
			Reason:    "Whatever has no other place ends up there; rights and policies for it are everybody's.",
			Fix:       "say namespace: NAME in factory.yaml",
			Elsewhere: "kube-linter use-namespace",
		},
		Run: defaultNamespace,
	}}
}

func duplicateObject(j *Judged, found rule.Found) {
	type id struct{ group, kind, namespace, name string }
	first := map[id]*rendered.Object{}
	for _, o := range j.Objects {
		if o.Kind == "" || o.Name == "" {
			continue
		}
		group, _, ok := strings.Cut(o.APIVersion, "/")
		if !ok {
			group = ""
		}
		at := id{group, o.Kind, o.Namespace, o.Name}
		if other := first[at]; other != nil {
			found(o, nil, "there is one already, made by %s", cmp.Or(other.Template, "the same file"))
			continue
		}
		first[at] = o
	}
}

func invalidName(j *Judged, found rule.Found) {
	for _, o := range j.Objects {
		if o.Fields == nil || o.Kind == "List" {
			continue
		}
		problems := validation.IsDNS1123Subdomain(o.Name)
		switch {
		case o.Name == "" && o.Text("metadata", "generateName") == "":
			found(o, nil, "%s has no name", o.Kind)
		case strings.HasPrefix(o.APIVersion, "rbac.authorization.k8s.io/"): // any text that fits into a path
		case o.Is("", "Service"):
			problems = validation.IsDNS1035Label(o.Name)
			fallthrough
		default:
			if o.Name != "" && len(problems) > 0 {
				found(o, nil, "the name %q: %s", o.Name, problems[0])
			}
		}
	}
}

func invalidLabels(j *Judged, found rule.Found) {
	judge := func(o *rendered.Object, labelsKey, annotationsKey string, labels, annotations map[string]string) {
		for _, name := range slices.Sorted(maps.Keys(labels)) {
			problems := append(validation.IsQualifiedName(name), validation.IsValidLabelValue(labels[name])...)
			if len(problems) > 0 {
				found(o, rule.Key{labelsKey, name}, "the label %s: %q: %s", name, labels[name], problems[0])
			}
		}
		for _, name := range slices.Sorted(maps.Keys(annotations)) {
			if problems := validation.IsQualifiedName(strings.ToLower(name)); len(problems) > 0 {
				found(o, rule.Key{annotationsKey, name}, "the annotation %s: %s", name, problems[0])
			}
		}
	}
	for _, o := range j.Objects {
		judge(o, "labels", "annotations", o.Labels, o.Annotations)
	}
	for _, p := range j.Pods() {
		if p.Kind != "Pod" {
			judge(p.Object, "podLabels", "podAnnotations", p.Meta.Labels, p.Meta.Annotations)
		}
	}
}

func defaultNamespace(j *Judged, found rule.Found) {
	for _, o := range j.Objects {
		if o.Text("metadata", "namespace") == "default" {
			found(o, nil, "it says namespace: default")
		}
	}
	if j.Namespace == "default" && len(j.Objects) > 0 {
		found(&rendered.Object{}, rule.Key{"namespace"}, "the project's namespace is default")
	}
}

// fromFields fills one of the API's types from fields.
func fromFields(fields map[string]any, target any) error {
	data, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, target)
}
