package schemas

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:generate go run ./make schemas.json

//go:embed schemas.json
var embedded []byte

// Catalog is all that is known.
type Catalog struct {
	// Sources are the modules that the schemas were made from, by the version of Kubernetes or the name of the project.
	Sources map[string]string         `json:"sources"`
	Kinds   map[string]map[string]int `json:"kinds"`
	Schemas []Schema                  `json:"schemas"`

	patterns map[string]*regexp.Regexp
}

// Load reads the embedded schemas.
func Load() (*Catalog, error) {
	c := &Catalog{patterns: map[string]*regexp.Regexp{}}
	if err := json.Unmarshal(embedded, c); err != nil {
		return nil, fmt.Errorf("reading the embedded schemas: %w", err)
	}
	return c, nil
}

// Versions are the minor versions of Kubernetes that are known, as 1.34, the oldest first.
func (c *Catalog) Versions() []string {
	var out []string
	for source := range c.Kinds {
		if minor(source) >= 0 {
			out = append(out, source)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return minor(a) - minor(b) })
	return out
}

// minor returns the second number of a version of Kubernetes, or -1 for what is none.
func minor(version string) int {
	rest, ok := strings.CutPrefix(version, "1.")
	if !ok {
		return -1
	}
	n, err := strconv.Atoi(rest)
	if err != nil {
		return -1
	}
	return n
}

// custom returns the schema of a custom resource.
func (c *Catalog) custom(apiVersion, kind string) (number int, known bool) {
	for _, source := range slices.Sorted(maps.Keys(c.Kinds)) {
		if minor(source) >= 0 {
			continue
		}
		if number, known = c.Kinds[source][apiVersion+" "+kind]; known {
			return number, true
		}
	}
	return 0, false
}

// Elsewhere returns the versions of the API, as apps/v1, in which one of the given versions of Kubernetes, or a custom resource,
// serves a kind, sorted.
func (c *Catalog) Elsewhere(kind string, versions []string) []string {
	var out []string
	for source, kinds := range c.Kinds {
		if minor(source) >= 0 && !slices.Contains(versions, source) {
			continue
		}
		for name := range kinds {
			if apiVersion, k, _ := strings.Cut(name, " "); k == kind && !slices.Contains(out, apiVersion) {
				out = append(out, apiVersion)
			}
		}
	}
	slices.Sort(out)
	return out
}

// Verdict is what the schemas say of an object.
type Verdict struct {
	// Known tells whether any schema is for the kind, under this version of the API.
	Known bool
	// Missing are the versions of Kubernetes, of those that were asked for, which do not serve it. Empty for custom resources.
	Missing []string
	// Violations are what does not fit.
	Violations []Violation
}

// Violation is a field that does not fit.
type Violation struct {
	// Path of the field, as spec.containers[0].image.
	Path string
	Text string
	// Versions are those of Kubernetes by whose schemas it does not fit. Empty for custom resources.
	Versions []string
}

// Judge holds an object against the schemas of the given versions of Kubernetes, or of the custom resource that it is.
func (c *Catalog) Judge(apiVersion, kind string, fields map[string]any, versions []string) Verdict {
	if number, known := c.custom(apiVersion, kind); known {
		return Verdict{Known: true, Violations: c.validate(number, fields)}
	}
	var v Verdict
	byNumber := map[int][]string{} // several versions mostly share a schema
	var order []int
	for _, version := range versions {
		number, served := c.Kinds[version][apiVersion+" "+kind]
		if !served {
			v.Missing = append(v.Missing, version)
			continue
		}
		v.Known = true
		if byNumber[number] == nil {
			order = append(order, number)
		}
		byNumber[number] = append(byNumber[number], version)
	}
	for _, number := range order {
		for _, found := range c.validate(number, fields) {
			v.add(found, byNumber[number])
		}
	}
	if !v.Known {
		v.Missing = nil
	}
	return v
}

// add joins what several versions say alike.
func (v *Verdict) add(found Violation, versions []string) {
	for i := range v.Violations {
		if known := &v.Violations[i]; known.Path == found.Path && known.Text == found.Text {
			known.Versions = append(known.Versions, versions...)
			return
		}
	}
	found.Versions = slices.Clone(versions)
	v.Violations = append(v.Violations, found)
}
