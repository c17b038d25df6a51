package lint

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
	"github.com/helm-chart-factory/factory/factory/lint/schemas"
	"github.com/helm-chart-factory/factory/factory/spec"
)

func schemaRule() rule.Rule {
	return rule.Rule{
		ID: "schema", Severity: rule.Error,
		What:      "a field that the object's kind does not have, a value of another type, or a field that is missing",
		Reason:    "The API server refuses the object, or drops the field without a word.",
		Fix:       "correct the spec, the manifest or the template that it comes from",
		Elsewhere: "kubeconform -strict, kube-linter schema-validation",
	}
}

func unknownKind() rule.Rule {
	return rule.Rule{
		ID: "unknown-kind", Severity: rule.Note,
		What:   "an object whose schema is not known here",
		Reason: "Nobody has looked at its fields.",
		Fix:    "check it against its CustomResourceDefinition: kubectl apply --dry-run=server",
	}
}

func removedAPI() rule.Rule {
	return rule.Rule{
		ID: "removed-api", Severity: rule.Error,
		What:      "a version of the API that Kubernetes does not serve, or not in all of the versions judged by",
		Reason:    "The release fails there, and after an upgrade of the cluster it cannot even be upgraded or rolled back.",
		Fix:       "write the object in the version that is served; narrow the versions: lint: {kubernetes: [\"1.34\"]} in factory.yaml, or --kube-version",
		Elsewhere: "kube-linter no-extensions-v1beta, kube-score stable-version",
	}
}

func deprecatedAPI() rule.Rule {
	return rule.Rule{
		ID: "deprecated-api", Severity: rule.Warning,
		What:      "a version of the API that Kubernetes will stop to serve",
		Reason:    "An upgrade of the cluster ends it.",
		Fix:       "write the object in the version that replaces it",
		Elsewhere: "kube-score stable-version",
	}
}

// schemas holds every object against the schemas of its kind, and against the types of the API that are linked in.
func (f *findings) schemas(c *schemas.Catalog, r *rendered.Release, versions []string) {
	wrong, unknown := f.by(schemaRule()), f.by(unknownKind())
	removed, deprecated := f.by(removedAPI()), f.by(deprecatedAPI())
	for _, o := range r.Objects {
		if o.APIVersion == "" || o.Kind == "" {
			wrong(o, nil, "%v", o.Wrong)
			continue
		}
		verdict := c.Judge(o.APIVersion, o.Kind, o.Fields, versions)
		switch {
		case verdict.Known:
		case len(c.Elsewhere(o.Kind, versions)) > 0:
			removed(o, nil, "%s is not served by Kubernetes %s; this kind is there as %s", o.APIVersion, span(versions), strings.Join(c.Elsewhere(o.Kind, versions), ", "))
			continue
		default:
			unknown(o, nil, "the schema of %s %s is not known", o.APIVersion, o.Kind)
			continue
		}
		if len(verdict.Missing) > 0 {
			removed(o, nil, "%s is not served by Kubernetes %s", o.APIVersion, span(verdict.Missing))
		}
		for _, v := range verdict.Violations {
			where := ""
			if len(v.Versions) > 0 && len(v.Versions)+len(verdict.Missing) < len(versions) {
				where = " (Kubernetes " + span(v.Versions) + ")"
			}
			f.add(schemaRule(), o, keyOf(o, v.Path), v.Path, v.Path+": "+v.Text+where)
		}
		if o.Wrong != nil && len(verdict.Violations) == 0 {
			wrong(o, nil, "%v", o.Wrong)
		}
		if text := deprecation(o, versions); text != "" {
			deprecated(o, nil, "%s", text)
		}
	}
}

// deprecation says since when an object's version of the API is deprecated, if that is so in a version that is judged by.
func deprecation(o *rendered.Object, versions []string) string {
	ends, ok := o.Typed.(interface {
		APILifecycleDeprecated() (major, minor int)
	})
	if !ok {
		return ""
	}
	major, minor := ends.APILifecycleDeprecated()
	since := fmt.Sprintf("%d.%d", major, minor)
	if major == 0 || compareVersions(since, versions[len(versions)-1]) > 0 {
		return ""
	}
	text := fmt.Sprintf("%s %s is deprecated since Kubernetes %s", o.APIVersion, o.Kind, since)
	if removed, ok := o.Typed.(interface {
		APILifecycleRemoved() (major, minor int)
	}); ok {
		if major, minor := removed.APILifecycleRemoved(); major > 0 {
			text += fmt.Sprintf(" and gone from %d.%d on", major, minor)
		}
	}
	return text
}

// span writes versions that follow each other as 1.32 to 1.34.
func span(versions []string) string {
	if len(versions) > 2 && compareVersions(versions[len(versions)-1], versions[0]) == len(versions)-1 {
		return versions[0] + " to " + versions[len(versions)-1]
	}
	return strings.Join(versions, ", ")
}

// compareVersions compares two minor versions of Kubernetes by their distance.
func compareVersions(a, b string) int {
	var majors, minors [2]int
	for i, version := range []string{a, b} {
		fmt.Sscanf(version, "%d.%d", &majors[i], &minors[i])
	}
	if majors[0] != majors[1] {
		return 1000 * (majors[0] - majors[1])
	}
	return minors[0] - minors[1]
}

// unknownVersion is a version of Kubernetes that no schemas are there for.
type unknownVersion struct {
	at      spec.Position // in factory.yaml; the zero position for one of the command line
	version string
	known   []string
}

func (e unknownVersion) Error() string {
	text := fmt.Sprintf("there are no schemas of Kubernetes %q; known are %s", e.version, strings.Join(e.known, ", "))
	if e.at.File != "" {
		text = e.at.String() + ": " + text
	}
	return text
}

// Usage says that the command or factory.yaml is wrong.
func (e unknownVersion) Usage() bool { return true }

// kubeVersions returns the minor versions to judge by, the oldest first: those that are wanted, else those that the project says,
// else all. 1.34, v1.34 and v1.34.2 are the same.
func kubeVersions(c *schemas.Catalog, p *spec.Project, wanted []string) ([]string, error) {
	known := c.Versions()
	at := func(int) spec.Position { return spec.Position{} }
	if len(wanted) == 0 {
		wanted = p.Lint.Kubernetes
		at = func(i int) spec.Position { return p.At("lint", "kubernetes", strconv.Itoa(i)) }
	}
	if len(wanted) == 0 {
		return known, nil
	}
	var out []string
	for i, version := range wanted {
		parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
		short := strings.Join(parts[:min(len(parts), 2)], ".")
		if !slices.Contains(known, short) {
			return nil, unknownVersion{at(i), version, known}
		}
		if !slices.Contains(out, short) {
			out = append(out, short)
		}
	}
	slices.SortFunc(out, compareVersions)
	return out, nil
}
