package draft

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// Kept is the one Secret that holds what was found in clear and is not written anywhere. Somebody creates it before the release.
type Kept struct {
	project *Project
	values  map[string]string
	from    *source.Node
}

// NewKept returns the Secret of a project, without keys.
func NewKept(p *Project) *Kept { return &Kept{project: p, values: map[string]string{}} }

// Name is the name of the Secret.
func (k *Kept) Name() string {
	if k.project.Name == "" {
		return "imported-env"
	}
	return Label(k.project.Name+"-env", 63)
}

// Key returns the key of a variable's value. A value that several services share under one name has one key.
func (k *Kept) Key(service, variable, value string, from *source.Node) string {
	key := FileName(variable)
	for i := 1; ; i++ {
		held, taken := k.values[key]
		if !taken || held == value {
			break
		}
		key = FileName(service + "." + variable)
		if i > 1 {
			key = fmt.Sprintf("%s.%d", key, i)
		}
	}
	if len(k.values) == 0 {
		k.from = from
	}
	k.values[key] = value
	k.project.Report.Add(Changed, service, from, "the value of %s is not written into a spec: it is read from the Secret %s, key %s", variable, k.Name(), key)
	return key
}

// Finish says once how the Secret is made.
func (k *Kept) Finish() {
	if len(k.values) == 0 {
		return
	}
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(k.values)) {
		fmt.Fprintf(&b, " --from-literal=%s=…", key)
	}
	k.project.Report.Add(Check, "", k.from, "the Secret %s has to be there before the release; next: kubectl create secret generic %s -n NAMESPACE%s", k.Name(), k.Name(), b.String())
}

// FileName turns a name into one of a file, which is a key of a ConfigMap or a Secret too.
func FileName(name string) string {
	made := strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_' || r == '.' {
			return r
		}
		return '-'
	}, name)
	if strings.Trim(made, ".") == "" {
		made = "file"
	}
	return made[:min(len(made), 250)]
}
