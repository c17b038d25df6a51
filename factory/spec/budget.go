package spec

// Budget is a PodDisruptionBudget: what a drain of nodes has to leave running. Exactly one of the two is said.
type Budget struct {
	// MinAvailable is how many pods stay ready: a number, or a percentage of all such as 50%. Example: 1.
	MinAvailable Share `spec:"minAvailable,or"`
	// MaxUnavailable is how many pods may be missing: a number, or a percentage of all such as 25%. Example: 1.
	MaxUnavailable Share `spec:"maxUnavailable,or"`
}

func (l *loader) checkBudget(s *Service) {
	b := s.Budget
	if b == nil {
		return
	}
	if s.Kind != Deployment && s.Kind != StatefulSet {
		l.problems.add(s.At("budget"), "a %s has no budget: use kind: Deployment or StatefulSet, or leave budget out", s.Kind)
		return
	}
	fewest := s.fewestPods()
	switch {
	case b.MinAvailable != "" && b.MaxUnavailable != "":
		l.problems.add(s.At("budget"), "minAvailable and maxUnavailable are both said: keep one of them")
	case !s.source.has("budget", "minAvailable") && !s.source.has("budget", "maxUnavailable"):
		l.problems.add(s.At("budget"), "a budget says minAvailable or maxUnavailable, as in {maxUnavailable: 1}")
	case b.MaxUnavailable != "" && b.MaxUnavailable.Of(max(fewest, 1)) == 0:
		l.problems.add(s.At("budget", "maxUnavailable"), "with %s missing no node can ever be drained: say at least 1", b.MaxUnavailable)
	case b.MinAvailable != "" && fewest > 0 && b.MinAvailable.Of(fewest) >= fewest:
		l.problems.add(s.At("budget", "minAvailable"), "%s of %d pods have to stay, so no node can ever be drained: lower it, run more pods, or say maxUnavailable: 1", b.MinAvailable, fewest)
	}
}
