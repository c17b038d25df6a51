package upgrade

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/json"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
)

func workloadChecks() []Check {
	return []Check{{
		Rule: rule.Rule{
			ID: "upgrade-selector", Severity: rule.Error,
			What:   "a workload whose selector changes",
			Reason: "The API server refuses it, and the release fails half done.",
			Fix:    "keep the selector; or delete the workload first and keep its pods: kubectl delete KIND NAME --cascade=orphan",
		},
		Run: eachPair(func(was, is *rendered.Object, found rule.Found) {
			if workload(was.Kind) && differs(was, is, "spec", "selector") {
				found(is, rule.Key{"podLabels"}, "its selector %s", change(written(was, "spec", "selector", "matchLabels"), written(is, "spec", "selector", "matchLabels")))
			}
		}),
	}, {
		Rule: rule.Rule{
			ID: "upgrade-kind", Severity: rule.Error,
			What:   "a service that becomes another kind of workload",
			Reason: "Helm deletes the old one and makes the new one: nobody answers in between, and volumes are not carried over.",
			Fix:    "keep the kind; or move the data and the traffic to a new service first, and remove the old one then",
		},
		Run: changedKind,
	}, {
		Rule: rule.Rule{
			ID: "upgrade-immutable", Severity: rule.Error,
			What:   "a change of a field that cannot change",
			Reason: "The API server refuses it, and the release fails half done.",
			Fix:    "keep the field, give the object a new name, or delete the object before the release",
		},
		Run: eachPair(immutable),
	}}
}

func workload(kind string) bool {
	return slices.Contains([]string{"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"}, kind)
}

func changedKind(c *Change, found rule.Found) {
	for _, was := range c.Was.Objects {
		if !workload(was.Kind) || was.IsHook() || c.Is.Find(was.Kind, was.Namespace, was.Name) != nil {
			continue
		}
		for _, is := range c.Is.Objects {
			if workload(is.Kind) && is.Namespace == was.Namespace && is.Name == was.Name && is.Service == was.Service {
				found(is, rule.Key{"kind"}, "it was a %s and becomes a %s", was.Kind, is.Kind)
			}
		}
	}
}

// fixed are the fields of a kind that cannot change, from the top. What other rules speak of in their own words is left out.
func fixed(kind string) [][]string {
	fields := func(paths ...string) [][]string {
		var out [][]string
		for _, path := range paths {
			out = append(out, strings.Split(path, "."))
		}
		return out
	}
	switch kind {
	case "StatefulSet":
		return fields("spec.serviceName", "spec.podManagementPolicy")
	case "Job":
		return fields("spec.template", "spec.completions", "spec.completionMode", "spec.podFailurePolicy", "spec.successPolicy")
	case "PersistentVolumeClaim":
		return fields("spec.accessModes", "spec.volumeMode", "spec.volumeName", "spec.selector", "spec.dataSource", "spec.dataSourceRef")
	case "RoleBinding", "ClusterRoleBinding":
		return fields("roleRef")
	case "Secret":
		return fields("type")
	case "StorageClass":
		return fields("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode")
	case "PriorityClass":
		return fields("value", "preemptionPolicy")
	case "IngressClass":
		return fields("spec.controller")
	}
	return nil
}

func immutable(was, is *rendered.Object, found rule.Found) {
	for _, path := range fixed(is.Kind) {
		if differs(was, is, path...) {
			found(is, keyOf(is, path), "%s %s", strings.Join(path, "."), change(written(was, path...), written(is, path...)))
		}
	}
	switch is.Kind {
	case "Service":
		if headless(was) != headless(is) && is.Text("spec", "type") != "ExternalName" {
			found(is, rule.Key{"service", "headless"}, "spec.clusterIP was %s and becomes %s", written(was, "spec", "clusterIP"), written(is, "spec", "clusterIP"))
		}
	case "ConfigMap", "Secret":
		if was.At("immutable") == true && (differs(was, is, "data") || differs(was, is, "binaryData") || is.At("immutable") != true) {
			found(is, keyOf(is, nil), "it is immutable, and its content changes")
		}
	}
}

func headless(service *rendered.Object) bool { return service.Text("spec", "clusterIP") == "None" }

// keyOf returns the key of the spec that decides over a field that cannot change.
func keyOf(o *rendered.Object, path []string) rule.Key {
	switch o.Kind {
	case "StatefulSet":
		return rule.Key{"kind"}
	case "PersistentVolumeClaim":
		key := rule.Key{"volumes", strings.TrimPrefix(o.Name, o.Service+"-")}
		if len(path) > 1 && path[1] == "accessModes" {
			key = append(key, "access")
		}
		return key
	case "RoleBinding", "ClusterRoleBinding":
		return rule.Key{"access"}
	case "Secret":
		return rule.Key{"secrets"}
	}
	return nil
}

// differs compares a field. What is not said and what is said to be empty are the same.
func differs(was, is *rendered.Object, path ...string) bool {
	a, b := was.At(path...), is.At(path...)
	return !reflect.DeepEqual(a, b) && (!empty(a) || !empty(b))
}

func empty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// change tells what a value was and what it becomes, where both are short.
func change(was, is string) string {
	const longest = 80
	if len(was) > longest || len(is) > longest {
		return "changes"
	}
	return "was " + was + " and becomes " + is
}

// written writes the value of a field, one of texts and numbers alone as name=value.
func written(o *rendered.Object, path ...string) string {
	value := o.At(path...)
	switch v := value.(type) {
	case nil:
		return "unsaid"
	case map[string]any:
		if flat(v) {
			var words []string
			for _, name := range slices.Sorted(maps.Keys(v)) {
				words = append(words, fmt.Sprintf("%s=%v", name, v[name]))
			}
			value = strings.Join(words, ",")
		}
	}
	if text, ok := value.(string); ok {
		return text
	}
	data, err := json.Marshal(value)
	if err != nil {
		return "something else"
	}
	return string(data)
}

func flat(fields map[string]any) bool {
	for _, value := range fields {
		switch value.(type) {
		case map[string]any, []any:
			return false
		}
	}
	return true
}
