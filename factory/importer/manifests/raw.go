package manifests

import (
	"fmt"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// mention notes that a service reads a Secret or a ConfigMap of the cluster by its name.
func (c *conversion) mention(kind, name string) {
	if o := c.find(kind, name); o != nil {
		o.mentioned = true
	}
}

// used notes that a key of a ConfigMap went into a spec.
func (o *object) used(key string) {
	if o.keys == nil {
		o.keys = map[string]bool{}
	}
	o.keys[key] = true
}

// raw carries an object that no key of a spec stands for: as a manifest of the service that it belongs to, as it is. Secrets and
// objects of the whole cluster are only reported.
func (c *conversion) raw(o *object) {
	switch {
	case o.is("Secret"):
		c.secret(o)
		return
	case o.is("ConfigMap") && c.leftOver(o):
		return
	case o.is("CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding", "PersistentVolume", "StorageClass", "PriorityClass", "IngressClass",
		"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "APIService", "GatewayClass.gateway.networking.k8s.io", "ClusterIssuer.cert-manager.io"):
		c.lost(nil, o.node, "the %s belongs to the whole cluster, not to a release; next: apply it by itself, with kubectl apply", o)
		return
	case o.is("Pod", "ReplicaSet", "ReplicationController"):
		c.lost(nil, o.node, "a %s is made by a Deployment, a StatefulSet, a DaemonSet or a Job; next: import that", o.kind)
		return
	case o.kind == "Kustomization" || o.kind == "HelmRelease":
		c.lost(nil, o.node, "the %s describes how manifests are made; next: import what it makes", o)
		return
	}
	if len(c.services) == 0 {
		c.lost(nil, o.node, "there is no service that the %s could belong to", o)
		return
	}
	s := c.owner(o)
	name := s.out.AddFile("manifests/"+strings.ToLower(o.kind)+"-"+draft.FileName(o.name)+".yaml", draft.Document(c.portable(s, o)))
	list, _ := s.out.Keys.Get("manifests").(draft.List)
	s.out.Keys.Set("manifests", append(list, draft.Text(name)), o.node)
	c.changed(s, o.node, "no key of a spec stands for the %s: it is carried as it is, in %s", o, s.out.Dir()+"/"+name)
}

// portable returns an object without what the cluster wrote and without its namespace, which is the release's.
func (c *conversion) portable(s *service, o *object) *source.Node {
	n := o.node.Copy()
	n.Remove("status")
	if metadata := n.Get("metadata"); metadata.Is(source.Mapping) {
		for _, key := range []string{"namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink", "ownerReferences"} {
			metadata.Remove(key)
		}
		if annotations := metadata.Get("annotations"); annotations.Is(source.Mapping) {
			annotations.Remove("kubectl.kubernetes.io/last-applied-configuration")
		}
	}
	return n
}

// owner is the service that an object belongs to most: by a label, by the beginning of its name, or else the first one.
func (c *conversion) owner(o *object) *service {
	own := labels(o.meta("labels"))
	best, length := c.services[0], 0
	for _, s := range c.services {
		for _, key := range []string{"app.kubernetes.io/name", "app.kubernetes.io/component", "app", "k8s-app"} {
			if value := own[key]; value != "" && (value == s.labels[key] || value == s.name) {
				return s
			}
		}
		if strings.HasPrefix(o.name, s.name) && len(s.name) > length {
			best, length = s, len(s.name)
		}
	}
	return best
}

// secret reports a Secret. Its data is written nowhere.
func (c *conversion) secret(o *object) {
	var keys []string
	for _, section := range []string{"data", "stringData"} {
		if n := o.node.Get(section); n.Is(source.Mapping) {
			for _, pair := range n.Pairs {
				keys = append(keys, fmt.Sprintf("--from-literal=%s=…", draft.FileName(pair.Key.Text)))
			}
		}
	}
	reason := "no service reads it by name"
	if o.mentioned {
		reason = "specs refer to it by name"
	}
	c.lost(nil, o.node, "the Secret %s is not carried over, so that its data is written nowhere; %s; next: have it in the namespace before the release: kubectl create secret generic %s -n NAMESPACE %s",
		o.name, reason, o.name, strings.Join(keys, " "))
}

// leftOver reports what of a ConfigMap went into no spec. It is false when the object itself is to be carried.
func (c *conversion) leftOver(o *object) bool {
	hidden := false
	for _, section := range []string{"data", "binaryData"} {
		n := o.node.Get(section)
		if n == nil {
			continue
		}
		for _, pair := range n.Pairs {
			switch {
			case draft.HoldsSecret(pair.Key.Text, pair.Value.Text) && (o.mentioned || !o.keys[pair.Key.Text]):
				hidden = true
				c.lost(nil, pair.Value, "it looks like a secret, which is not written into a file; next: keep it in a Secret, and have the ConfigMap %s in the namespace before the release if it is read by name", o.name)
			case !o.mentioned && len(o.keys) > 0 && !o.keys[pair.Key.Text]:
				c.lost(nil, pair.Value, "no container reads this key; next: mount it with files")
			}
		}
	}
	return hidden || !o.mentioned && len(o.keys) > 0
}
