package subchart

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/values"
)

// workloadValues are fields of the workload's spec beyond what every one has.
func workloadValues(s *spec.Service) values.Map {
	switch s.Kind {
	case spec.Job:
		return jobValues(s.Job)
	case spec.CronJob:
		return scheduleValues(s)
	}
	var m values.Map
	if strategy := strategyValues(s); strategy != nil {
		key := "updateStrategy"
		if s.Kind == spec.Deployment {
			key = "strategy"
		}
		m = append(m, values.Entry{Key: key, Value: strategy})
	}
	if s.RevisionHistory != nil {
		m = append(m, values.Entry{Key: "revisionHistoryLimit", Value: int64(*s.RevisionHistory)})
	}
	if r := s.Retention; r != nil {
		var retention values.Map
		add := func(key, value string) {
			if value != "" {
				retention = append(retention, values.Entry{Key: key, Value: value})
			}
		}
		add("whenDeleted", r.WhenDeleted)
		add("whenScaled", r.WhenScaled)
		m = append(m, values.Entry{Key: "persistentVolumeClaimRetentionPolicy", Value: retention})
	}
	return m
}

// strategyValues are how pods give way to newer ones. A Deployment's old pod lets go of a volume that only one node can have
// before the new one starts.
func strategyValues(s *spec.Service) values.Map {
	st := s.Strategy
	if st == nil {
		if s.Kind == spec.Deployment && isTiedToANode(s) {
			return values.Map{{Key: "type", Value: spec.Recreate}}
		}
		return nil
	}
	m := values.Map{{Key: "type", Value: st.Type}}
	var rolling values.Map
	unavailable := st.MaxUnavailable
	if st.MaxSurge != "" {
		rolling = append(rolling, values.Entry{Key: "maxSurge", Value: share(st.MaxSurge)})
		if s.Kind == spec.DaemonSet && st.MaxSurge != "0" && st.MaxSurge != "0%" && unavailable == "" {
			unavailable = "0"
		}
	}
	if unavailable != "" {
		rolling = append(rolling, values.Entry{Key: "maxUnavailable", Value: share(unavailable)})
	}
	if st.Partition > 0 {
		rolling = append(rolling, values.Entry{Key: "partition", Value: int64(st.Partition)})
	}
	if rolling != nil {
		m = append(m, values.Entry{Key: "rollingUpdate", Value: rolling})
	}
	return m
}

// isTiedToANode tells whether the service has a volume that only the pods of one node can use.
func isTiedToANode(s *spec.Service) bool {
	for _, v := range s.Volumes {
		if v.Persistent() && strings.HasPrefix(v.Access, "ReadWriteOnce") {
			return true
		}
	}
	return false
}

// scheduleValues are fields of a CronJob.
func scheduleValues(s *spec.Service) values.Map {
	c := s.Cron
	if c == nil {
		c = &spec.CronOptions{}
	}
	m := values.Map{{Key: "schedule", Value: string(s.Schedule)}}
	if c.TimeZone != "" {
		m = append(m, values.Entry{Key: "timeZone", Value: c.TimeZone})
	}
	concurrency := c.Concurrency
	if concurrency == "" {
		concurrency = "Forbid"
	}
	m = append(m, values.Entry{Key: "concurrencyPolicy", Value: concurrency})
	if c.Suspend {
		m = append(m, values.Entry{Key: "suspend", Value: true})
	}
	if c.StartWithin != 0 {
		m = append(m, values.Entry{Key: "startingDeadlineSeconds", Value: c.StartWithin.Seconds()})
	}
	m = number(m, "successfulJobsHistoryLimit", c.KeepSucceeded)
	return number(m, "failedJobsHistoryLimit", c.KeepFailed)
}

// cronJobValues are fields of each Job that a CronJob makes.
func cronJobValues(s *spec.Service) values.Map {
	if s.Kind != spec.CronJob {
		return nil
	}
	return jobValues(s.Job)
}

// jobValues are fields of a Job.
func jobValues(j *spec.JobOptions) values.Map {
	if j == nil {
		return nil
	}
	completions := j.Completions
	if completions == nil {
		completions = j.Parallelism
	}
	m := number(nil, "parallelism", j.Parallelism)
	m = number(m, "completions", completions)
	m = number(m, "backoffLimit", j.Retries)
	if j.Deadline != nil {
		m = append(m, values.Entry{Key: "activeDeadlineSeconds", Value: j.Deadline.Seconds()})
	}
	if j.KeepFor != nil {
		m = append(m, values.Entry{Key: "ttlSecondsAfterFinished", Value: j.KeepFor.Seconds()})
	}
	return m
}

func number(m values.Map, key string, value *int) values.Map {
	if value == nil {
		return m
	}
	return append(m, values.Entry{Key: key, Value: int64(*value)})
}

// lifetimeValues are fields of a pod that say when it runs and when it ends.
func lifetimeValues(s *spec.Service) values.Map {
	var m values.Map
	if s.Ends() {
		// Each try is a pod of its own, so that its logs stay.
		m = append(m, values.Entry{Key: "restartPolicy", Value: "Never"})
	}
	if s.Priority != "" {
		m = append(m, values.Entry{Key: "priorityClassName", Value: s.Priority})
	}
	if len(s.PullSecrets) > 0 {
		secrets := make([]any, len(s.PullSecrets))
		for i, name := range s.PullSecrets {
			secrets[i] = values.Map{{Key: "name", Value: name}}
		}
		m = append(m, values.Entry{Key: "imagePullSecrets", Value: secrets})
	}
	return append(m, hostValues(s)...)
}

// hookValues are the annotations that make a Job a hook.
func hookValues(s *spec.Service) values.Map {
	if s.Hook == nil {
		return nil
	}
	return hook(s.Hook, s.Hook.Weight, s.Hook.Delete)
}

func hook(h *spec.Hook, weight int, deletion []spec.DeletePolicy) values.Map {
	m := values.Map{{Key: "helm.sh/hook", Value: joined(h.On)}}
	// Said even where it is Helm's own 0: the Job's annotations lie over those of all objects, which have a lower one.
	m = append(m, values.Entry{Key: "helm.sh/hook-weight", Value: strconv.Itoa(weight)})
	return append(m, values.Entry{Key: "helm.sh/hook-delete-policy", Value: joined(deletion)})
}

func joined[T ~string](words []T) string {
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = string(word)
	}
	return strings.Join(texts, ",")
}

// callValues are the ports of the services that a hook needs, as a network policy says them.
func callValues(p *spec.Project, s *spec.Service) []any {
	if s.Hook == nil {
		return nil
	}
	var calls []any
	for _, name := range s.Needs {
		var ports []any
		needed := p.Service(name)
		for _, port := range slices.Sorted(maps.Keys(needed.Ports)) {
			ports = append(ports, values.Map{
				{Key: "port", Value: int64(needed.Ports[port].Container)}, {Key: "protocol", Value: needed.Ports[port].Protocol}})
		}
		calls = append(calls, values.Map{{Key: "service", Value: name}, {Key: "ports", Value: ports}})
	}
	return calls
}
