package manifests

import (
	"maps"
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// workload carries what a workload says beside its pods, then the pods.
func (c *conversion) workload(s *service) {
	o := s.workload
	if o.kind != "Deployment" {
		s.out.Keys.Set("kind", draft.Plain(o.kind), o.node.Get("kind"))
	}
	c.keys(s, o.node, take{
		"apiVersion": same, "kind": same, "status": same,
		"metadata": func(n *source.Node) { c.metadata(s, n) },
		"spec": func(n *source.Node) {
			map[string]func(*service, *source.Node){
				"Deployment": c.deployment, "StatefulSet": c.statefulSet, "DaemonSet": c.daemonSet, "CronJob": c.cronJob, "Job": c.job,
			}[o.kind](s, n)
		},
	})
	if s.pod != nil {
		c.pod(s)
	}
}

// metadata carries labels and annotations of an object; names belong to the chart, the rest was written by the cluster.
func (c *conversion) metadata(s *service, n *source.Node) {
	c.keys(s, n, take{
		"name": same, "namespace": same, "uid": same, "resourceVersion": same, "generation": same, "creationTimestamp": same, "managedFields": same,
		"selfLink": same, "ownerReferences": same,
		"generateName": c.not(s, "an object of a chart has one name"),
		"finalizers":   c.not(s, "a chart sets no finalizers; next: let the controller that wants them set them"),
		"labels":       func(n *source.Node) { c.labelsOf(s, n, "labels") },
		"annotations":  func(n *source.Node) { c.annotations(s, n, "annotations") },
	})
}

// chartLabels are those that every object of a chart has from factory.
var chartLabels = []string{"app", "k8s-app", "name", "app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/version",
	"app.kubernetes.io/managed-by", "app.kubernetes.io/part-of", "helm.sh/chart", "chart", "heritage", "release", "pod-template-hash",
	"controller-revision-hash", "statefulset.kubernetes.io/pod-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name", "controller-uid", "job-name"}

// labelsOf carries labels; those by which charts know their own are factory's.
func (c *conversion) labelsOf(s *service, n *source.Node, key string) {
	var own []string // by which others may select the pods
	carried := draft.NewMap()
	for _, pair := range n.Pairs {
		switch text, ok := c.text(s, pair.Value); {
		case !ok:
		case pair.Key.Text == "app.kubernetes.io/name" && text == s.name, pair.Key.Text == "app.kubernetes.io/instance", strings.HasSuffix(pair.Key.Text, "-hash"):
		case slices.Contains([]string{"app", "k8s-app", "name", "app.kubernetes.io/name", "release"}, pair.Key.Text):
			own = append(own, pair.Key.Text)
		case isChartLabel(pair.Key.Text):
		default:
			carried.Set(pair.Key.Text, draft.Text(text), pair.Value)
		}
	}
	if len(own) > 0 && key == "podLabels" {
		slices.Sort(own)
		c.changed(s, n, "pods are selected by the chart's own labels, not by %s; next: have what selects them by these look for app.kubernetes.io/name: %s", strings.Join(own, ", "), s.name)
	}
	if carried.Len() > 0 {
		s.out.Keys.Set(key, carried, n)
	}
}

// annotations carries annotations. What tools and the cluster write is left out; Helm's hooks and Prometheus' are keys of a spec.
func (c *conversion) annotations(s *service, n *source.Node, key string) {
	carried, hook, metrics := draft.NewMap(), map[string]*source.Node{}, map[string]*source.Node{}
	for _, pair := range n.Pairs {
		name := pair.Key.Text
		text, ok := c.text(s, pair.Value)
		switch {
		case !ok:
		case isToolAnnotation(name):
		case strings.HasPrefix(name, "helm.sh/hook"):
			hook[name] = pair.Value
		case strings.HasPrefix(name, "prometheus.io/"):
			metrics[name] = pair.Value
		default:
			carried.Set(name, draft.Text(text), pair.Value)
		}
	}
	if carried.Len() > 0 {
		s.out.Keys.Set(key, carried, n)
	}
	c.hook(s, hook)
	c.scrape(s, metrics)
}

// hook carries Helm's hook annotations of a Job.
func (c *conversion) hook(s *service, said map[string]*source.Node) {
	on := said["helm.sh/hook"]
	if on == nil {
		return
	}
	if s.workload.kind != "Job" {
		c.lost(s, on, "only a Job is a hook of the release; next: make it a Job, or leave the annotation out")
		return
	}
	hook := draft.NewMap().Set("on", draft.Texts(words(on.Text)...), on)
	if weight := said["helm.sh/hook-weight"]; weight != nil {
		c.setNumber(s, hook, "weight", 0)(weight)
	}
	if policy := said["helm.sh/hook-delete-policy"]; policy != nil {
		hook.Set("delete", draft.Texts(words(policy.Text)...), policy)
	}
	s.out.Keys.Set("hook", hook, on)
}

func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

// scrape carries the annotations by which Prometheus finds metrics.
func (c *conversion) scrape(s *service, said map[string]*source.Node) {
	for _, name := range slices.Sorted(maps.Keys(said)) {
		switch n := said[name]; name {
		case "prometheus.io/scrape":
			if n.Text == "true" {
				s.metrics().scrape = n
			}
		case "prometheus.io/path":
			s.metrics().path = n
		case "prometheus.io/port":
			s.metrics().port = n
		default:
			c.lost(s, n, "a spec says the path and the port of metrics, nothing else")
		}
	}
}

func (c *conversion) deployment(s *service, n *source.Node) {
	c.keys(s, n, take{
		"template": same, "selector": same,
		"replicas":                c.setNumber(s, s.out.Keys, "replicas", 1),
		"revisionHistoryLimit":    c.setNumber(s, s.out.Keys, "revisionHistory", 10),
		"strategy":                func(n *source.Node) { c.strategy(s, n) },
		"progressDeadlineSeconds": c.unless(s, "a release waits as long as factory deploy is told to; next: leave it out", "600"),
		"minReadySeconds":         c.unless(s, "a pod counts as soon as it is ready; next: say health.ready with a delay", "0"),
		"paused":                  c.unless(s, "a chart's Deployment is not paused; next: leave it out", "false"),
	})
}

// strategy carries how pods give way to newer ones. What says no more than Kubernetes' own way is left out.
func (c *conversion) strategy(s *service, n *source.Node) {
	strategy, unusual := draft.NewMap(), false
	usual := map[string][2]string{"Deployment": {"25%", "25%"}, "DaemonSet": {"0", "1"}}[s.workload.kind]
	amount := func(key, usual string) func(*source.Node) {
		return func(n *source.Node) {
			if text, ok := c.text(s, n); ok {
				strategy.Set(key, draft.Raw(n), n)
				unusual = unusual || text != usual
			}
		}
	}
	c.keys(s, n, take{
		"type": func(n *source.Node) {
			if text, ok := c.text(s, n); ok && text != "RollingUpdate" {
				strategy.Set("type", draft.Plain(text), n)
				unusual = true
			}
		},
		"rollingUpdate": func(n *source.Node) {
			c.keys(s, n, take{"maxSurge": amount("maxSurge", usual[0]), "maxUnavailable": amount("maxUnavailable", usual[1]), "partition": amount("partition", "0")})
		},
	})
	if unusual {
		s.out.Keys.Set("strategy", strategy, n)
	}
}

func (c *conversion) statefulSet(s *service, n *source.Node) {
	c.keys(s, n, take{
		"template": same, "selector": same, "serviceName": same, "volumeClaimTemplates": same,
		"replicas":             c.setNumber(s, s.out.Keys, "replicas", 1),
		"revisionHistoryLimit": c.setNumber(s, s.out.Keys, "revisionHistory", 10),
		"updateStrategy":       func(n *source.Node) { c.strategy(s, n) },
		"podManagementPolicy":  c.unless(s, "the pods of a chart's StatefulSet start all at once; next: let each wait for those that it needs", "Parallel"),
		"minReadySeconds":      c.unless(s, "a pod counts as soon as it is ready; next: say health.ready with a delay", "0"),
		"ordinals":             c.not(s, "pods are counted from 0; next: leave it out"),
		"persistentVolumeClaimRetentionPolicy": func(n *source.Node) {
			retention, deletes := draft.NewMap(), false
			keep := func(key string) func(*source.Node) {
				return func(n *source.Node) {
					if text, ok := c.text(s, n); ok {
						retention.Set(key, draft.Plain(text), n)
						deletes = deletes || text != "Retain"
					}
				}
			}
			c.keys(s, n, take{"whenDeleted": keep("whenDeleted"), "whenScaled": keep("whenScaled")})
			if deletes {
				s.out.Keys.Set("retention", retention, n)
			}
		},
	})
}

func (c *conversion) daemonSet(s *service, n *source.Node) {
	c.keys(s, n, take{
		"template": same, "selector": same,
		"revisionHistoryLimit": c.setNumber(s, s.out.Keys, "revisionHistory", 10),
		"updateStrategy":       func(n *source.Node) { c.strategy(s, n) },
		"minReadySeconds":      c.unless(s, "a pod counts as soon as it is ready; next: say health.ready with a delay", "0"),
	})
}

func (c *conversion) cronJob(s *service, n *source.Node) {
	cron := draft.NewMap().Set("concurrency", draft.Plain("Allow"), n) // what holds when nothing is said; a spec forbids it
	c.keys(s, n, take{
		"schedule": c.setText(s, s.out.Keys, "schedule"),
		"timeZone": c.setText(s, cron, "timeZone"),
		"concurrencyPolicy": func(n *source.Node) {
			if text, ok := c.text(s, n); ok {
				cron.Set("concurrency", draft.Plain(text), n)
			}
		},
		"suspend":                    c.setBool(s, cron, "suspend", false),
		"startingDeadlineSeconds":    c.setSeconds(s, cron, "startWithin", -1),
		"successfulJobsHistoryLimit": c.setNumber(s, cron, "keepSucceeded", 3),
		"failedJobsHistoryLimit":     c.setNumber(s, cron, "keepFailed", 1),
		"jobTemplate": func(n *source.Node) {
			c.keys(s, n, take{"metadata": func(n *source.Node) { c.plainMetadata(s, n) }, "spec": func(n *source.Node) { c.job(s, n) }})
		},
	})
	if concurrency := cron.Get("concurrency"); concurrency == draft.Plain("Forbid") {
		cron.Drop("concurrency")
	}
	if cron.Len() > 0 {
		s.out.Keys.Set("cron", cron, n)
	}
}

func (c *conversion) job(s *service, n *source.Node) {
	job := draft.NewMap()
	c.keys(s, n, take{
		"template": same, "selector": same,
		"parallelism":             c.setNumber(s, job, "parallelism", 1),
		"completions":             c.setNumber(s, job, "completions", 1),
		"backoffLimit":            c.setNumber(s, job, "retries", 6),
		"activeDeadlineSeconds":   c.setSeconds(s, job, "deadline", -1),
		"ttlSecondsAfterFinished": c.setSeconds(s, job, "keepFor", -1),
		"completionMode":          c.unless(s, "the pods of a Job have no number; next: leave it out", "NonIndexed"),
		"suspend":                 c.unless(s, "a Job of the release runs; next: leave it out", "false"),
		"manualSelector":          c.unless(s, "Kubernetes selects a Job's pods itself; next: leave it out", "false"),
		"podReplacementPolicy":    c.unless(s, "a failed pod is replaced at once; next: leave it out", "TerminatingOrFailed"),
		"podFailurePolicy":        c.not(s, "a spec says how often a Job is tried again; next: say job.retries"),
	})
	if job.Len() > 0 {
		s.out.Keys.Set("job", job, n)
	}
}

// plainMetadata reports the labels and annotations of a template in between, which a chart does not have.
func (c *conversion) plainMetadata(s *service, n *source.Node) {
	c.keys(s, n, take{"name": same, "namespace": same, "creationTimestamp": same,
		"labels": func(n *source.Node) {
			for _, pair := range n.Pairs {
				if !slices.Contains(chartLabels, pair.Key.Text) {
					c.lost(s, pair.Value, "a spec labels the object and the pods; next: say labels or podLabels")
				}
			}
		},
		"annotations": c.not(s, "a spec annotates the object and the pods; next: say annotations or podAnnotations"),
	})
}
