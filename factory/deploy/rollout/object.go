// Package rollout watches objects until every one of them is ready, and says why when one does not get there.
package rollout

import (
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// Object is one thing in the cluster that has to become ready.
type Object struct {
	Kind      schema.GroupVersionKind
	Namespace string
	Name      string
	// UID and Generation are those that the write returned: an older view of the object says nothing about its
	// readiness. Both may be unset for an object that somebody else makes, such as an Ingress' Certificate.
	UID        types.UID
	Generation int64
	// Hook says of a hook when it runs, such as "pre-upgrade"; it is empty for all others. A hook's pod must end well rather
	// than run.
	Hook string
}

// Ref is kind/name in lower case, as a person writes it to kubectl.
func (o Object) Ref() string {
	return strings.ToLower(o.Kind.Kind) + "/" + o.Name
}

// Waits tells whether objects of a kind get ready at some time after they are stored. The others, such as ConfigMaps,
// Services and RBAC, are what they are once the API server has them.
func Waits(kind schema.GroupVersionKind) bool {
	switch kind.GroupKind().String() {
	case "Deployment.apps", "StatefulSet.apps", "DaemonSet.apps", "ReplicaSet.apps", "Job.batch", "Pod",
		"PersistentVolumeClaim", "CustomResourceDefinition.apiextensions.k8s.io", "APIService.apiregistration.k8s.io":
		return true
	}
	return !builtIn(kind.Group)
}

// builtIn tells Kubernetes' own API groups from those of custom resources.
func builtIn(group string) bool {
	return !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io")
}
