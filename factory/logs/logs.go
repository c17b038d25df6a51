// Package logs reads what the containers of a release's services write: once, in the order of time, or as it comes, over
// new pods, restarts and lost connections.
package logs

import (
	"context"
	"io"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
)

// Options says whose logs are read, and how much of them.
type Options struct {
	Client    kubernetes.Interface
	Namespace string
	Services  []Service
	// Container is the only one to read; empty means all.
	Container string
	// Previous reads the run before the current one, of containers that were restarted.
	Previous bool
	// Since leaves out what is older; 0 leaves out nothing.
	Since time.Duration
	// Tail is how many of its last lines are read of each container that is there at the start; all if negative.
	Tail int64

	// Begin is told of the containers that are there, before their first line. It may be nil.
	Begin func([]Origin)
	// Show is given each line, Say what else is worth knowing, about a container, a pod or (an empty origin) the rest. They
	// are called one at a time.
	Show func(Line)
	Say  func(about Origin, format string, args ...any)

	// open opens a log; nil means at the API server. Tests have logs of their own.
	open func(ctx context.Context, pod string, options *corev1.PodLogOptions) (io.ReadCloser, error)
}

// Service is a service and the pods that are its own.
type Service struct {
	Name string
	// Pods are sets of labels: a pod that has all labels of one of them is the service's.
	Pods []map[string]string
}

func (s *Service) has(pod *corev1.Pod) bool {
	for _, set := range s.Pods {
		if hasAll(pod.Labels, set) {
			return true
		}
	}
	return false
}

func hasAll(labels, wanted map[string]string) bool {
	for key, value := range wanted {
		if got, there := labels[key]; !there || got != value {
			return false
		}
	}
	return len(wanted) > 0
}

// Origin is where a line comes from.
type Origin struct {
	Service string
	Pod     string
	// Container is empty where a pod as a whole is meant.
	Container string
	// Alone is true of the container of a pod that has no other, so that it need not be named.
	Alone bool
}

// String is as short as tells it apart: "web/x2x4b", "web/x2x4b proxy".
func (o Origin) String() string {
	text := o.Service
	if o.Pod != "" {
		text += "/" + o.Pod[strings.LastIndex(o.Pod, "-")+1:]
	}
	if o.Container != "" && !o.Alone {
		text += " " + o.Container
	}
	return text
}

// Line is one line of a log.
type Line struct {
	Origin
	// Time is when the node read it from the container.
	Time time.Time
	// Text has no newline.
	Text string
}

// reading is one call of Print or Follow.
type reading struct {
	Options
	mu sync.Mutex
	// follows tells that more is to come after what is there now.
	follows bool
	// positions say how far each container has been read.
	positions map[place]*position
}

// place is one container of one pod; a pod of the same name that comes later is another.
type place struct{ uid, container string }

func newReading(opts Options) *reading {
	r := &reading{Options: opts, positions: map[place]*position{}}
	if r.open == nil {
		r.open = func(ctx context.Context, pod string, options *corev1.PodLogOptions) (io.ReadCloser, error) {
			return r.Client.CoreV1().Pods(r.Namespace).GetLogs(pod, options).Stream(ctx)
		}
	}
	return r
}

func (r *reading) show(line Line) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Show(line)
}

func (r *reading) say(about Origin, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Say(about, format, args...)
}

// origins are the containers of a pod that are to be read, those that run first before the others; none when the pod is of
// none of the services.
func (r *reading) origins(pod *corev1.Pod) []Origin {
	for i := range r.Services {
		service := &r.Services[i]
		if !service.has(pod) {
			continue
		}
		names := containersOf(pod)
		var found []Origin
		for _, name := range names {
			if r.Container == "" || r.Container == name {
				found = append(found, Origin{Service: service.Name, Pod: pod.Name, Container: name, Alone: len(names) == 1})
			}
		}
		return found
	}
	return nil
}

func containersOf(pod *corev1.Pod) []string {
	var names []string
	for _, container := range pod.Spec.InitContainers {
		names = append(names, container.Name)
	}
	for _, container := range pod.Spec.Containers {
		names = append(names, container.Name)
	}
	for _, container := range pod.Spec.EphemeralContainers {
		names = append(names, container.Name)
	}
	return names
}
