package checks

import (
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
	"github.com/helm-chart-factory/factory/factory/spec"
)

func jobChecks() []Check {
	return []Check{{
		Rule: rule.Rule{
			ID: "cronjob-deadline", Severity: rule.Warning,
			What:      "a CronJob that does not say how late a run may start",
			Reason:    "After 100 missed runs, in an outage or while suspended, it is never started again.",
			Fix:       "say cron: {startWithin: 5m}",
			Elsewhere: "kube-score cronjob-has-deadline",
		},
		Run: eachCronJob(func(o *rendered.Object, c *batchv1.CronJob, found rule.Found) {
			if c.Spec.StartingDeadlineSeconds == nil {
				found(o, rule.Key{"cron", "startWithin"}, "startingDeadlineSeconds is not set")
			}
		}),
	}, {
		Rule: rule.Rule{
			ID: "cronjob-concurrency", Severity: rule.Warning,
			What:   "a CronJob that does not say what happens when a run is not over by the next",
			Reason: "Unsaid, they run side by side: slow runs pile up, and two may work on the same data.",
			Fix:    "say cron: {concurrency: Forbid}, or Allow where that is meant",
		},
		Run: eachCronJob(func(o *rendered.Object, c *batchv1.CronJob, found rule.Found) {
			if c.Spec.ConcurrencyPolicy == "" {
				found(o, rule.Key{"cron", "concurrency"}, "concurrencyPolicy is not set")
			}
		}),
	}, {
		Rule: rule.Rule{
			ID: "job-backoff", Severity: rule.Warning,
			What:   "a job that does not say how often it is tried again",
			Reason: "Unsaid it is six times, which is seldom right for work that changes something.",
			Fix:    "say job: {retries: 2}",
		},
		Run: jobBackoff,
	}, {
		Rule: rule.Rule{
			ID: "job-ttl-seconds-after-finished", Severity: rule.Warning,
			What:      "a Job that stays for ever when it is over",
			Reason:    "It and its pods fill the API server, and a release cannot change the template of a Job that is still there.",
			Fix:       "say job: {keepFor: 1h}",
			Elsewhere: "kube-linter job-ttl-seconds-after-finished",
		},
		Run: jobTTL,
	}, {
		Rule: rule.Rule{
			ID: "job-restart-policy", Severity: rule.Error,
			What:      "a job whose containers are restarted always",
			Reason:    "The API server refuses it: a job has to end.",
			Fix:       "say restartPolicy: Never or OnFailure",
			Elsewhere: "kube-score cronjob-restartpolicy, kube-linter restart-policy",
		},
		Run: eachPod(jobRestarts),
	}}
}

func eachCronJob(look func(*rendered.Object, *batchv1.CronJob, rule.Found)) func(*Judged, rule.Found) {
	return func(j *Judged, found rule.Found) {
		for o, c := range rendered.All[*batchv1.CronJob](j.Release) {
			look(o, c, found)
		}
	}
}

func jobBackoff(j *Judged, found rule.Found) {
	judge := func(o *rendered.Object, s batchv1.JobSpec) {
		if s.BackoffLimit == nil && s.PodFailurePolicy == nil {
			found(o, rule.Key{"job", "retries"}, "backoffLimit is not set")
		}
	}
	for o, job := range rendered.All[*batchv1.Job](j.Release) {
		judge(o, job.Spec)
	}
	for o, c := range rendered.All[*batchv1.CronJob](j.Release) {
		judge(o, c.Spec.JobTemplate.Spec)
	}
}

func jobTTL(j *Judged, found rule.Found) {
	for o, job := range rendered.All[*batchv1.Job](j.Release) {
		removed := o.IsHook() && o.Annotations["helm.sh/hook-delete-policy"] != ""
		if job.Spec.TTLSecondsAfterFinished == nil && !removed && !j.replacesJob(o) {
			found(o, rule.Key{"job", "keepFor"}, "ttlSecondsAfterFinished is not set")
		}
	}
}

// replacesJob tells whether a Job is the service's own: its name changes with what it runs, and a release takes the last one away.
// One that removed itself would be made and run again.
func (j *Judged) replacesJob(o *rendered.Object) bool {
	s := j.service(o)
	return s != nil && s.Kind == spec.Job && s.Hook == nil && strings.HasPrefix(o.Name, s.Name+"-")
}

func jobRestarts(p *rendered.Pod, found rule.Found) {
	if p.Kind != "Job" && p.Kind != "CronJob" {
		return
	}
	if p.Spec.RestartPolicy == "" || p.Spec.RestartPolicy == corev1.RestartPolicyAlways {
		found(p.Object, rule.Key{"job"}, "restartPolicy is Always")
	}
}
