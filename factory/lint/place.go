package lint

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// place returns where people decide over what was found: the raw manifest that holds the object, at the field of that path; else
// the key of the spec, if the spec says it, or the key that makes the missing one necessary; else the project's own template
// that the object comes from; else the nearest key of the spec.
func (f *findings) place(o *rendered.Object, key rule.Key, path string) spec.Position {
	s := f.project.Service(o.Service)
	if s != nil {
		if at, ok := inManifests(s, o, path); ok {
			return at
		}
		if len(key) > 0 && s.Says(key...) {
			return s.At(key...)
		}
		for _, reason := range reasons(key) {
			if s.Says(reason) {
				return s.At(reason)
			}
		}
	}
	if own := f.ownTemplate(o); own != "" {
		return spec.Position{File: own}
	}
	if s == nil {
		return f.project.At(key...)
	}
	return s.At(key...)
}

// reasons are the keys that make a key necessary that is not said.
func reasons(key rule.Key) []string {
	if len(key) == 0 {
		return nil
	}
	switch key[0] {
	case "budget", "spread", "strategy":
		return []string{"replicas", "autoscale", "kind"}
	case "health", "service":
		return []string{"ports", "port", "kind"}
	case "cron", "job":
		return []string{"kind"}
	}
	return nil
}

// ownTemplate returns the file of the project that an object was made from, or "" when only built-in ones were: its template,
// or, where there is a pod in it, the partials that all kinds of workload share.
func (f *findings) ownTemplate(o *rendered.Object) string {
	file, ok := strings.CutPrefix(o.Template, "templates/")
	if ok {
		file = "umbrella/" + file
	} else if _, file, ok = strings.Cut(o.Template, "/templates/"); !ok {
		return ""
	}
	if f.changed(file) {
		return "templates/" + file
	}
	if o.At("spec", "template") == nil && o.At("spec", "jobTemplate") == nil {
		return ""
	}
	if partial := f.ownPartial(); partial != "" {
		return "templates/" + partial
	}
	return ""
}

// ownPartial returns the first partial that the project holds in place of a built-in one, or "".
func (f *findings) ownPartial() string {
	partials, _ := fs.Glob(f.builtin, "_*.tpl")
	for _, partial := range partials {
		if f.changed(partial) {
			return partial
		}
	}
	return ""
}

// changed tells whether the project holds a template of its own in place of a built-in one. One that says the same is no
// decision of its own.
func (f *findings) changed(template string) bool {
	changed, known := f.templates[template]
	if !known {
		data, err := os.ReadFile(filepath.Join(f.project.Dir, "templates", filepath.FromSlash(template)))
		builtin, _ := fs.ReadFile(f.builtin, template)
		changed = err == nil && !bytes.Equal(data, builtin)
		f.templates[template] = changed
	}
	return changed
}
