package draft

import (
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/source"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// Demand notes what only a level of Pod Security above restricted lets in.
func (s *Service) Demand(level, what string) {
	switch {
	case level == spec.Restricted || slices.Contains(s.demands, what):
		return
	case s.level != spec.Privileged:
		s.level = level
	}
	s.demands = append(s.demands, what)
}

// ClaimLevel writes the level of Pod Security that the service needs, if it is a higher one than restricted, and reports what for.
func (s *Service) ClaimLevel(report *Report, from *source.Node) {
	if s.level == "" {
		return
	}
	said := s.Keys.At("security", from)
	security := NewMap().Set("level", Plain(s.level), from)
	for _, key := range said.Keys() {
		security.Set(key, said.Get(key), said.From(key))
	}
	s.Keys.Set("security", security, s.Keys.From("security"))
	report.Add(Check, s.Name, from, "the service claims the level %s of Pod Security, which it needs for %s; next: leave out what it can do without", s.level, strings.Join(s.demands, ", "))
}
