package spec

import (
	"slices"
	"strings"
	"time"
	// A machine may have no time zones of its own.
	_ "time/tzdata"

	"go.yaml.in/yaml/v3"
)

// CronOptions is how a CronJob starts its Jobs.
type CronOptions struct {
	// TimeZone is the zone that the schedule is meant in. Default: that of the control plane, mostly UTC. Example: Europe/Berlin.
	TimeZone string `spec:"timeZone"`
	// Concurrency is what happens when a run is due and the last one still runs: Forbid leaves it out, Replace ends the last
	// one, Allow has both. Default: Forbid.
	Concurrency string `spec:"concurrency,enum=Allow|Forbid|Replace"`
	// Suspend starts no more Jobs. Default: false.
	Suspend bool `spec:"suspend"`
	// StartWithin is how late a run may start before it is left out, from 10s. Default: any time. Example: 5m.
	StartWithin Duration `spec:"startWithin"`
	// KeepSucceeded is how many Jobs that went well are kept, with their logs. Default: 3.
	KeepSucceeded *int `spec:"keepSucceeded"`
	// KeepFailed is how many Jobs that failed are kept, with their logs. Default: 1.
	KeepFailed *int `spec:"keepFailed"`
}

// JobOptions is how the pods of a Job run, for a CronJob each of its Jobs.
type JobOptions struct {
	// Parallelism is how many pods run at once. Default: 1. Example: 4.
	Parallelism *int `spec:"parallelism"`
	// Completions is how many pods have to succeed. Default: as many as run at once.
	Completions *int `spec:"completions"`
	// Retries is how many pods may fail before the Job has failed. Default: 6.
	Retries *int `spec:"retries"`
	// Deadline is how long the Job may take with all its retries. Default: any time. Example: 10m.
	Deadline *Duration `spec:"deadline"`
	// KeepFor is how long a Job that has ended is kept, with its logs; for a CronJob or a hook. Default: until the next one
	// takes its place. Example: 24h.
	KeepFor *Duration `spec:"keepFor"`
}

// Event is a moment of a release.
//
//spec:schema {enum: [pre-install, post-install, pre-upgrade, post-upgrade, pre-rollback, post-rollback, pre-delete, post-delete]}
type Event string

func (e *Event) decodeNode(d *decoder, n *yaml.Node) {
	*e = Event(d.word(n, "moment", "pre-install", "post-install", "pre-upgrade", "post-upgrade", "pre-rollback", "post-rollback", "pre-delete", "post-delete"))
}

// DeletePolicy is a moment at which a hook is deleted.
//
//spec:schema {enum: [before-hook-creation, hook-succeeded, hook-failed]}
type DeletePolicy string

func (p *DeletePolicy) decodeNode(d *decoder, n *yaml.Node) {
	*p = DeletePolicy(d.word(n, "delete policy", "before-hook-creation", "hook-succeeded", "hook-failed"))
}

// word reads one of the possible words.
func (d *decoder) word(n *yaml.Node, what string, possible ...string) string {
	word, ok := d.text(n)
	if ok && !slices.Contains(possible, word) {
		d.problem(n, "unknown %s %q: %s", what, short(word), didYouMean(word, possible))
	}
	return word
}

// Hook makes a Job a Helm hook: a step of the release that everything else waits for. Short form: the moments.
//
//spec:schema {anyOf: [{$ref: Event}, {type: array, items: {$ref: Event}}, {$ref: long}]}
type Hook struct {
	// On are the moments at which it runs. Default: post-install and pre-upgrade. Example: [pre-upgrade].
	On []Event `spec:"on"`
	// Weight orders the hooks of one moment, the lowest first. Default: 0.
	Weight int `spec:"weight"`
	// Delete says when the Job is deleted, before-hook-creation being when the next one is due. Default: before-hook-creation
	// and hook-succeeded, so that one that failed stays to be looked at. Example: [before-hook-creation].
	Delete []DeletePolicy `spec:"delete"`
}

func (h *Hook) decodeNode(d *decoder, n *yaml.Node) {
	switch n.Kind {
	case yaml.ScalarNode:
		h.On = make([]Event, 1)
		d.decode(n, &h.On[0])
	case yaml.SequenceNode:
		d.decode(n, &h.On)
	default:
		type long Hook
		d.decode(n, (*long)(h))
	}
	if h.On == nil {
		h.On = []Event{"post-install", "pre-upgrade"}
	}
	if h.Delete == nil {
		h.Delete = []DeletePolicy{"before-hook-creation", "hook-succeeded"}
	}
}

func (l *loader) checkJob(s *Service) {
	if s.Kind == CronJob && s.Schedule == "" && !s.source.has("schedule") {
		l.problems.add(s.At("kind"), `a CronJob needs "schedule", such as "*/5 * * * *" for every five minutes`)
	}
	if c := s.Cron; c != nil {
		l.checkCron(s, c)
	}
	if j := s.Job; j != nil {
		l.counts(s, "job", []count{
			{"parallelism", j.Parallelism, 1}, {"completions", j.Completions, 1}, {"retries", j.Retries, 0}})
		if j.Deadline != nil && *j.Deadline == 0 {
			l.problems.add(s.At("job", "deadline"), "a Job that may take no time fails at once: say at least 1s, or leave it out")
		}
		if j.KeepFor != nil && s.Kind == Job && s.Hook == nil {
			l.problems.add(s.At("job", "keepFor"), "a Job that is gone would be made and run again by the next release: leave it out, or make the Job a hook")
		}
	}
	if s.Hook != nil && s.Kind == Job {
		l.checkHook(s)
	}
}

// count is a number with its smallest value.
type count struct {
	key   string
	value *int
	least int
}

func (l *loader) counts(s *Service, around string, counts []count) {
	for _, c := range counts {
		if c.value != nil && (*c.value < c.least || *c.value > 100000) {
			l.problems.add(s.At(around, c.key), "%s %d is out of range: use %d to 100000", c.key, *c.value, c.least)
		}
	}
}

func (l *loader) checkCron(s *Service, c *CronOptions) {
	at := func(key string) Position { return s.At("cron", key) }
	if c.StartWithin != 0 && c.StartWithin < Duration(10*time.Second) {
		l.problems.add(at("startWithin"), "schedules are looked at every 10s, so a shorter time would leave runs out: say at least 10s")
	}
	if c.TimeZone != "" {
		_, err := time.LoadLocation(c.TimeZone)
		if err != nil || c.TimeZone == "Local" {
			l.problems.add(at("timeZone"), "unknown time zone %q: write it as Europe/Berlin or Etc/UTC", short(c.TimeZone))
		}
	}
	l.counts(s, "cron", []count{{"keepSucceeded", c.KeepSucceeded, 0}, {"keepFailed", c.KeepFailed, 0}})
}

// checkHook refuses what a hook would wait for in vain: before an install nothing of the release is there, and after a delete
// nothing is left.
func (l *loader) checkHook(s *Service) {
	if len(s.Hook.On) == 0 {
		l.problems.add(s.At("hook", "on"), "a hook runs at some moment: say one, such as post-install, or leave the key out")
	}
	if s.Hook.Weight < -1000 || s.Hook.Weight > 1000 {
		l.problems.add(s.At("hook", "weight"), "weight %d is out of range: use -1000 to 1000", s.Hook.Weight)
	}
	alone := func(event Event, reason string) {
		if others := s.dependsOn(); slices.Contains(s.Hook.On, event) && len(others) > 0 {
			l.problems.add(s.At("hook", "on"), "%s %s", strings.Join(others, " and "), reason)
		}
	}
	alone("pre-install", "is not there yet when a pre-install hook runs: use post-install, or a Job without a hook, whose retries wait for it")
	alone("post-delete", "is gone when a post-delete hook runs: use pre-delete")
	if len(s.Secrets) > 0 {
		l.problems.add(s.At("secrets"), "what a hook needs is made anew for each run, and a secret is to stay: declare it in another service and read it as {service: NAME, key: KEY}")
	}
	for _, name := range sortedKeys(s.Volumes) {
		if v := s.Volumes[name]; v.Persistent() {
			l.problems.add(s.At("volumes", name), "what a hook needs is made anew for each run, and a volume with a size is to stay: name a claim that exists, or make it temporary")
		}
	}
}

// dependsOn names the other services of the release without which the pods cannot start or have nobody to call.
func (s *Service) dependsOn() []string {
	names := slices.Clone(s.Needs)
	for _, c := range s.Containers() {
		for _, v := range c.Env {
			if v.Secret != nil && v.Secret.Service != "" {
				names = append(names, v.Secret.Service)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
