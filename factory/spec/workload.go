package spec

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The kinds of workload.
const (
	Deployment  = "Deployment"
	StatefulSet = "StatefulSet"
	DaemonSet   = "DaemonSet"
	CronJob     = "CronJob"
	Job         = "Job"
)

// The types of a strategy.
const (
	RollingUpdate = "RollingUpdate"
	Recreate      = "Recreate"
	OnDelete      = "OnDelete"
)

// Ends tells whether the pods of the service end by themselves, as those of a Job and a CronJob do.
func (s *Service) Ends() bool { return s.Kind == Job || s.Kind == CronJob }

// Strategy is how pods give way to newer ones. Short form: the type.
//
//spec:schema {anyOf: [{enum: [RollingUpdate, Recreate, OnDelete]}, {$ref: long}]}
type Strategy struct {
	// Type is RollingUpdate, some at a time; Recreate, all old ones end first (Deployment); or OnDelete, whenever somebody
	// deletes one (StatefulSet, DaemonSet). Default: RollingUpdate, but Recreate for a Deployment with a volume of one node.
	Type string `spec:"type,enum=RollingUpdate|Recreate|OnDelete"`
	// MaxSurge is how many pods there may be beyond the wanted number. Default: 25%, but 0 of a DaemonSet. Example: 1.
	MaxSurge Share `spec:"maxSurge"`
	// MaxUnavailable is how many pods may be missing. Default: 25%, but 1 of a DaemonSet, or 0 with maxSurge. Example: 0.
	MaxUnavailable Share `spec:"maxUnavailable"`
	// Partition is the ordinal from which a StatefulSet's pods are replaced; those below stay as they are. Default: 0.
	Partition int `spec:"partition"`
}

func (s *Strategy) decodeNode(d *decoder, n *yaml.Node) {
	s.Type = RollingUpdate
	if n.Kind == yaml.ScalarNode {
		s.Type, _ = d.text(n)
		return
	}
	type long Strategy
	d.decode(n, (*long)(s))
}

// Retention is what becomes of a StatefulSet's claims.
type Retention struct {
	// WhenDeleted is Retain or Delete, for when the StatefulSet goes. Default: Retain.
	WhenDeleted string `spec:"whenDeleted,enum=Retain|Delete"`
	// WhenScaled is Retain or Delete, for when there are fewer replicas. Default: Retain.
	WhenScaled string `spec:"whenScaled,enum=Retain|Delete"`
}

// belongs says which kinds a key is for. Instead tells what to do for some of the others. Drop takes the key away from a
// service that has it from the project's defaults.
type belongs struct {
	key     string
	kinds   []string
	instead map[string]string
	drop    func(*Service)
}

// lasting are the kinds whose pods run until somebody ends them.
var lasting = []string{Deployment, StatefulSet, DaemonSet}

const sayParallelism = `how many pods run at once is "job.parallelism"`

var keysOfKinds = []belongs{
	{key: "replicas", kinds: []string{Deployment, StatefulSet}, drop: func(*Service) {},
		instead: map[string]string{DaemonSet: "it has one pod on each node", CronJob: sayParallelism, Job: sayParallelism}},
	{key: "strategy", kinds: lasting, drop: func(s *Service) { s.Strategy = nil }},
	{key: "revisionHistory", kinds: lasting, drop: func(s *Service) { s.RevisionHistory = nil },
		instead: map[string]string{CronJob: `what is kept is "cron.keepSucceeded" and "cron.keepFailed"`}},
	{key: "schedule", kinds: []string{CronJob}, drop: func(s *Service) { s.Schedule = "" }},
	{key: "cron", kinds: []string{CronJob}, drop: func(s *Service) { s.Cron = nil }},
	{key: "job", kinds: []string{Job, CronJob}, drop: func(s *Service) { s.Job = nil }},
	{key: "hook", kinds: []string{Job}, drop: func(s *Service) { s.Hook = nil }},
	{key: "retention", kinds: []string{StatefulSet}, drop: func(s *Service) { s.Retention = nil }},
}

// foreign returns the keys that are said and are not for the kind of the service.
func (s *Service) foreign() []belongs {
	var found []belongs
	for _, b := range keysOfKinds {
		if !slices.Contains(b.kinds, s.Kind) && s.source.has(b.key) {
			found = append(found, b)
		}
	}
	return found
}

// dropForeign lets defaults of the project count only where they have a meaning.
func (s *Service) dropForeign() {
	for _, b := range s.foreign() {
		if s.At(b.key).File == ProjectFile {
			b.drop(s)
		}
	}
}

// checkKind judges the keys that are not for every kind of workload.
func (l *loader) checkKind(s *Service) {
	known := []string{Deployment, StatefulSet, DaemonSet, CronJob, Job}
	if !slices.Contains(known, s.Kind) {
		return // which the decoder said
	}
	for _, b := range s.foreign() {
		if s.At(b.key).File == ProjectFile {
			continue
		}
		reason := "leave it out, or change the kind"
		if said, ok := b.instead[s.Kind]; ok {
			reason = said + ", so leave this out"
		}
		l.problems.add(s.At(b.key), "%q is for a %s, and this is a %s: %s", b.key, strings.Join(b.kinds, " or a "), s.Kind, reason)
	}
	l.checkStrategy(s)
	l.checkJob(s)
	if s.Retention != nil {
		if !slices.ContainsFunc(sortedKeys(s.Volumes), func(name string) bool { return s.Volumes[name].Persistent() }) {
			l.problems.add(s.At("retention"), "there is no volume with a size that could be retained: leave this out")
		}
	}
	if s.RevisionHistory != nil && (*s.RevisionHistory < 0 || *s.RevisionHistory > 1000) {
		l.problems.add(s.At("revisionHistory"), "revisionHistory %d is out of range: use 0 to 1000", *s.RevisionHistory)
	}
	if s.Priority != "" && !isSubdomain(s.Priority) {
		l.problems.add(s.At("priority"), "%q is not a priority class: use the name of a PriorityClass", short(s.Priority))
	}
}

func (l *loader) checkStrategy(s *Service) {
	st := s.Strategy
	if st == nil {
		return
	}
	at := func(key string) Position { return s.At("strategy", key) }
	var types, keys []string
	switch s.Kind {
	case Deployment:
		types, keys = []string{RollingUpdate, Recreate}, []string{"maxSurge", "maxUnavailable"}
	case StatefulSet:
		types, keys = []string{RollingUpdate, OnDelete}, []string{"partition"}
	case DaemonSet:
		types, keys = []string{RollingUpdate, OnDelete}, []string{"maxSurge", "maxUnavailable"}
	default:
		return
	}
	if s.source.has("strategy", "type") && !slices.Contains([]string{RollingUpdate, Recreate, OnDelete}, st.Type) {
		return // which the decoder said
	}
	if !slices.Contains(types, st.Type) {
		l.problems.add(at("type"), "unknown strategy of a %s %q: %s", s.Kind, short(st.Type), didYouMean(st.Type, types))
	}
	for _, key := range []string{"maxSurge", "maxUnavailable", "partition"} {
		switch said := s.source.has("strategy", key); {
		case said && st.Type != RollingUpdate:
			l.problems.add(at(key), "%q is for the type RollingUpdate: leave it out, or change the type", key)
		case said && !slices.Contains(keys, key):
			l.problems.add(at(key), "a %s has no %q: it knows %s", s.Kind, key, strings.Join(keys, " and "))
		}
	}
	if st.Partition < 0 {
		l.problems.add(at("partition"), "partition %d is out of range: an ordinal begins at 0", st.Partition)
	}
	switch surges := st.MaxSurge != "" && !isNone(st.MaxSurge); {
	case isNone(st.MaxUnavailable) && (isNone(st.MaxSurge) || s.Kind == DaemonSet && !surges):
		l.problems.add(at("maxUnavailable"), "with neither a pod more nor a pod less nothing could be replaced: raise maxSurge or maxUnavailable")
	case s.Kind == DaemonSet && surges && st.MaxUnavailable != "" && !isNone(st.MaxUnavailable):
		l.problems.add(at("maxUnavailable"), "a DaemonSet has either a pod more or a pod less on a node: leave maxSurge or maxUnavailable out")
	}
}

// isNone tells whether a share is said to be no pod at all.
func isNone(s Share) bool { return s == "0" || s == "0%" }
