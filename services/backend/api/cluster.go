// Package api is the HTTP side of the backend. It declares what it needs of Kubernetes and of the database; packages
// named after those technologies implement it.
package api

import (
	"context"
	"time"
)

// Cluster tells what runs now. Its answers come from memory, so they take no context. An error is an *Error with code
// KubernetesUnavailable.
type Cluster interface {
	// Pods returns every pod of the namespace, sorted by name.
	Pods() ([]Pod, error)
	// Deployments returns every deployment of the namespace, sorted by name.
	Deployments() ([]Deployment, error)
	// Ready returns why Pods and Deployments cannot be answered, or nil.
	Ready() error
}

// History tells what was seen. An error is an *Error with code DatabaseUnavailable.
type History interface {
	// Recent returns at most limit observations, newest first.
	Recent(ctx context.Context, limit int) ([]Observation, error)
	// Ready returns why Recent cannot be answered, or nil.
	Ready(ctx context.Context) error
}

// Pod is a pod as it is now.
type Pod struct {
	Name string
	ID   string
	// Status is what `kubectl get pods` shows: Running, CrashLoopBackOff, Terminating, Completed and so on.
	Status string
	// Phase is Kubernetes' own, coarser word: Pending, Running, Succeeded, Failed or Unknown.
	Phase string
	// Node is empty until the pod is scheduled.
	Node    string
	Created time.Time
}

// Deployment is a deployment as it is now. Replicas is the number wanted.
type Deployment struct {
	Name      string
	Replicas  int32
	Ready     int32
	Available int32
	Created   time.Time
}

// Observation is the last state in which a pod was seen. Timestamp is when the pod entered it.
type Observation struct {
	PodName   string
	PodID     string
	Status    string
	Node      string
	Timestamp time.Time
}
