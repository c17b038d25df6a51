package subchart

import (
	"regexp"
	"slices"

	"github.com/helm-chart-factory/factory/factory/spec"
)

// manifestValues are the paths in the chart of the raw manifests that a release renders. Those that define kinds are in crds/,
// which is Helm's own place for them.
func manifestValues(s *spec.Service) []any {
	var paths []any
	for _, m := range s.Manifests {
		if !m.CRDs {
			paths = append(paths, manifestPath(m))
		}
	}
	return paths
}

func manifestPath(m spec.Manifest) string {
	if m.CRDs {
		return "crds/" + m.File
	}
	return "manifests/" + m.File
}

// manifests are the raw manifests of a service, in any environment.
func manifests(s *spec.Service, elsewhere []variant) []spec.Manifest {
	all := slices.Clone(s.Manifests)
	for _, v := range elsewhere {
		for _, m := range v.service.Manifests {
			if !slices.ContainsFunc(all, func(known spec.Manifest) bool { return known.File == m.File }) {
				all = append(all, m)
			}
		}
	}
	return all
}

var separator = regexp.MustCompile(`(?m)^---(\s|$)`)

// manifestText writes a raw manifest to the end of b. Helm takes the line ends off the end of every document, and with them that
// of a text in the last line: a comment keeps it.
func manifestText(b, data []byte) []byte {
	start := 0
	for _, at := range separator.FindAllIndex(data, -1) {
		b = append(append(b, data[start:at[0]]...), "#\n"...)
		start = at[0]
	}
	b = append(b, data[start:]...)
	if b[len(b)-1] != '\n' {
		b = append(b, '\n')
	}
	return append(b, "#\n"...)
}
