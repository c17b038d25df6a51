package manifests

import (
	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// affinity carries which nodes and pods the pods are drawn to. What selects pods of a service by labels that they will not have selects
// them by the chart's own.
func (c *conversion) affinity(s *service) {
	n := s.pod.Get("spec", "affinity")
	if n == nil || empty(n) {
		return
	}
	made, ok := draft.Raw(n).(*draft.Map)
	if !ok {
		c.lost(s, n, "keys with values are wanted here, not %s", n.Kind)
		return
	}
	for _, kind := range []string{"podAffinity", "podAntiAffinity"} {
		rules, _ := made.Get(kind).(*draft.Map)
		if rules == nil {
			continue
		}
		for _, strength := range rules.Keys() {
			terms, _ := rules.Get(strength).(draft.List)
			for i, term := range terms {
				term, _ := term.(*draft.Map)
				from := n.Get(kind, strength).Item(i)
				if inner, weighted := mapAt(term, "podAffinityTerm"); weighted {
					term, from = inner, from.Get("podAffinityTerm")
				}
				if term != nil {
					c.reselect(s, term, from.Get("labelSelector"))
				}
			}
		}
	}
	if made.Len() > 0 {
		s.out.Keys.Set("affinity", made, n)
	}
}

func mapAt(m *draft.Map, key string) (*draft.Map, bool) {
	if m == nil {
		return nil, false
	}
	inner, ok := m.Get(key).(*draft.Map)
	return inner, ok
}

// reselect puts the chart's own label in the place of those that are gone.
func (c *conversion) reselect(s *service, term *draft.Map, selector *source.Node) {
	if selector == nil || empty(selector) {
		return
	}
	selected := c.selected(selector)
	stays := len(selected) > 0
	names := make([]string, len(selected))
	for i, other := range selected {
		names[i] = other.name
		stays = stays && selectsBy(selector, other.laterLabels())
	}
	switch {
	case stays:
	case len(selected) == 0:
		c.check(s, selector, "no pod here has these labels; next: see that those which are meant have them, or leave the rule out")
	case len(selected) == 1:
		term.Set("labelSelector", draft.NewMap().Set("matchLabels", draft.NewMap().Set("app.kubernetes.io/name", draft.Text(names[0]), selector), selector), selector)
	default:
		among := draft.NewMap().Set("key", draft.Text("app.kubernetes.io/name"), selector).Set("operator", draft.Plain("In"), selector).Set("values", draft.Texts(names...), selector)
		term.Set("labelSelector", draft.NewMap().Set("matchExpressions", draft.List{among}, selector), selector)
	}
}

// laterLabels are labels that the pods have in the chart.
func (s *service) laterLabels() map[string]string {
	later := map[string]string{"app.kubernetes.io/name": s.name}
	if carried, ok := s.out.Keys.Get("podLabels").(*draft.Map); ok {
		for _, key := range carried.Keys() {
			if text, ok := carried.Get(key).(draft.Text); ok {
				later[key] = string(text)
			}
		}
	}
	return later
}
