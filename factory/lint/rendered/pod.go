package rendered

import (
	"iter"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

type labelSet = labels.Set

// Pod is the pod that an object is or makes.
type Pod struct {
	*Object
	// Meta holds the pod's labels and annotations.
	Meta metav1.ObjectMeta
	Spec *corev1.PodSpec
	// Selector is the workload's. It is nil for a bare pod and for jobs, which choose by a label of their own.
	Selector *metav1.LabelSelector
	// Replicas is how many run at the least, an autoscaler's minimum counted: 1 for what cannot have several.
	Replicas int
}

// Container is one container of a pod.
type Container struct {
	*corev1.Container
	Pod *Pod
	// Init says that it ends before the others start. A sidecar that starts first is none of these.
	Init bool
}

// Ends tells whether the pod is meant to end by itself.
func (p *Pod) Ends() bool {
	switch p.Kind {
	case "Job", "CronJob":
		return true
	case "Pod":
		return p.IsHook() || p.Spec.RestartPolicy == corev1.RestartPolicyNever || p.Spec.RestartPolicy == corev1.RestartPolicyOnFailure
	}
	return false
}

// Containers are all that run in the pod, in their order: first those that start first.
func (p *Pod) Containers() iter.Seq[Container] {
	return func(yield func(Container) bool) {
		for i := range p.Spec.InitContainers {
			c := &p.Spec.InitContainers[i]
			sidecar := c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
			if !yield(Container{Container: c, Pod: p, Init: !sidecar}) {
				return
			}
		}
		for i := range p.Spec.Containers {
			if !yield(Container{Container: &p.Spec.Containers[i], Pod: p}) {
				return
			}
		}
	}
}

// Main tells whether the container is the one that the service is about.
func (c Container) Main() bool {
	if c.Init {
		return false
	}
	for _, other := range c.Pod.Spec.Containers {
		if other.Name == c.Pod.Service {
			return c.Name == c.Pod.Service
		}
	}
	return len(c.Pod.Spec.Containers) > 0 && c.Container == &c.Pod.Spec.Containers[0]
}

// Key returns the path of a key of this container in its service's spec.
func (c Container) Key(path ...string) []string {
	if c.Main() && !c.Pod.Hook("test") {
		return path
	}
	if len(path) > 0 && path[0] == "volumes" {
		path = append([]string{"mounts"}, path[1:]...)
	}
	switch {
	case c.Pod.Hook("test"):
		return append([]string{"tests", c.Name}, path...)
	case c.Init:
		return append([]string{"init", c.Name}, path...)
	default:
		return append([]string{"sidecars", c.Name}, path...)
	}
}

// Selected gives the pods of the release in a namespace that a selector chooses, those of Helm's hooks left out.
func (r *Release) Selected(namespace string, s labels.Selector) []*Pod {
	var out []*Pod
	for _, p := range r.pods {
		if p.Namespace == namespace && !p.IsHook() && s.Matches(labelSet(p.Meta.Labels)) {
			out = append(out, p)
		}
	}
	return out
}

// pods returns the pod of each object that has one.
func pods(r *Release) []*Pod {
	least := leastReplicas(r)
	var out []*Pod
	for _, o := range r.Objects {
		p := podOf(o)
		if p == nil {
			continue
		}
		if n, scaled := least[key{o.Kind, o.Namespace, o.Name}]; scaled {
			p.Replicas = n
		}
		out = append(out, p)
	}
	return out
}

// leastReplicas tells, for each workload that an autoscaler is set on, how few pods it leaves.
func leastReplicas(r *Release) map[key]int {
	out := map[key]int{}
	for _, s := range r.Scalers() {
		out[key{s.Kind, s.Namespace, s.Name}] = s.Min
	}
	return out
}

// Scaler is an autoscaler, of whichever version of the API.
type Scaler struct {
	Object *Object
	// Kind, Namespace and Name are those of the workload that it is set on.
	Kind, Namespace, Name string
	Min, Max              int
}

// Scalers are the autoscalers of the release.
func (r *Release) Scalers() []Scaler {
	var out []Scaler
	for _, o := range r.Objects {
		if !o.Is("autoscaling", "HorizontalPodAutoscaler") {
			continue
		}
		s := Scaler{Object: o, Kind: o.Text("spec", "scaleTargetRef", "kind"), Namespace: o.Namespace, Name: o.Text("spec", "scaleTargetRef", "name"), Min: 1}
		if least, ok := o.At("spec", "minReplicas").(int64); ok {
			s.Min = int(least)
		}
		if most, ok := o.At("spec", "maxReplicas").(int64); ok {
			s.Max = int(most)
		}
		out = append(out, s)
	}
	return out
}

func podOf(o *Object) *Pod {
	of := func(template *corev1.PodTemplateSpec, selector *metav1.LabelSelector, replicas int) *Pod {
		return &Pod{Object: o, Meta: template.ObjectMeta, Spec: &template.Spec, Selector: selector, Replicas: replicas}
	}
	switch w := o.Typed.(type) {
	case *corev1.Pod:
		return &Pod{Object: o, Meta: w.ObjectMeta, Spec: &w.Spec, Replicas: 1}
	case *appsv1.Deployment:
		return of(&w.Spec.Template, w.Spec.Selector, count(w.Spec.Replicas))
	case *appsv1.StatefulSet:
		return of(&w.Spec.Template, w.Spec.Selector, count(w.Spec.Replicas))
	case *appsv1.ReplicaSet:
		return of(&w.Spec.Template, w.Spec.Selector, count(w.Spec.Replicas))
	case *appsv1.DaemonSet:
		return of(&w.Spec.Template, w.Spec.Selector, 1)
	case *batchv1.Job:
		return of(&w.Spec.Template, nil, 1)
	case *batchv1.CronJob:
		return of(&w.Spec.JobTemplate.Spec.Template, nil, 1)
	}
	return nil
}

func count(n *int32) int {
	if n == nil {
		return 1
	}
	return int(*n)
}
