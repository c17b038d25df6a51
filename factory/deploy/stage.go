package deploy

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"

	helmkube "helm.sh/helm/v3/pkg/kube"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/resource"
	"k8s.io/client-go/rest"

	"github.com/helm-chart-factory/factory/factory/kube"
)

// stage is where writes are tried out: Helm's own code sends them, to the real API server, each as a dry run.
type stage struct {
	release, namespace string
	mapper             meta.RESTMapper
	config             *rest.Config
	transport          http.RoundTripper
	helm               *helmkube.Client
	autoscalers        autoscalers
	adopt              bool // take over what exists and belongs to no release
	// failed is what revisions said of an object that failed after the last good one.
	failed map[objectKey][]*unstructured.Unstructured
	ctx    context.Context

	mu      sync.Mutex
	configs map[schema.GroupVersion]*rest.Config
	// broken is the first request that got no answer: then nothing is known, and no refusal was given.
	broken error
}

func newStage(ctx context.Context, cluster *kube.Cluster, release, namespace string) (*stage, error) {
	mapper, err := cluster.ToRESTMapper()
	if err != nil {
		return nil, err
	}
	config, err := cluster.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	transport, err := rest.TransportFor(config)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", cluster.Server, err)
	}
	client := helmkube.New(cluster)
	client.Namespace = namespace
	return &stage{release: release, namespace: namespace, mapper: mapper, config: config, transport: transport,
		helm: client, ctx: ctx, configs: map[schema.GroupVersion]*rest.Config{}}, nil
}

// rehearse returns a connection for trying out one thing.
func (s *stage) rehearse() *rehearsal {
	return &rehearsal{ctx: s.ctx, next: s.transport, broken: func(err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.broken == nil {
			s.broken = err
		}
	}}
}

// failure is why nothing can be said, if so.
func (s *stage) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return fmt.Errorf("trying the release out: %w", s.broken)
	}
	return nil
}

// attempt is what came of trying out one write.
type attempt struct {
	// live is the object as it is, nil when it is not there; after is what it would be.
	live, after *unstructured.Unstructured
	// unread is true when the live object could not be read.
	unread bool
	// err is the refusal.
	err      error
	warnings []string
}

// update tries out what Helm does to an object of the last release (nil when it had none) to make it that of the next.
// again also tries to bring it back to what the last release said, for what has drifted; it is nil without one.
func (s *stage) update(original, target *unstructured.Unstructured) (write attempt, again *attempt) {
	memory := s.rehearse()
	info, err := s.info(memory, s.owned(target))
	if err != nil {
		return attempt{unread: true, err: err}, nil
	}
	live, err := get(info)
	if err != nil {
		return attempt{unread: true, err: err}, nil
	}
	write.live = live
	var before helmkube.ResourceList
	switch {
	case original != nil:
		said, err := blend(original, s.failed[item{object: target}.key(s.namespace)]...)
		if err != nil {
			return attempt{live: live, err: err}, nil
		}
		old, err := s.info(memory, said)
		if err != nil {
			return attempt{live: live, err: err}, nil
		}
		before = helmkube.ResourceList{old}
	case live != nil:
		if err := s.ours(live); err != nil && (!s.adopt || live.GetAnnotations()[releaseNameNote] != "") {
			return attempt{live: live, err: err}, nil
		}
		// Helm takes an object of its own that the last release lacks for what it is to become.
		before = helmkube.ResourceList{copyInfo(info)}
	}
	s.keepReplicas(live, info, before)
	_, err = s.helm.Update(before, helmkube.ResourceList{info}, false)
	write.err, write.warnings = memory.explain(err), memory.warnings
	if write.err == nil {
		write.after, write.err = object(info)
	}
	if original != nil && live != nil {
		again = s.reapply(memory, live, original)
	}
	return write, again
}

func (s *stage) keepReplicas(live *unstructured.Unstructured, info *resource.Info, before helmkube.ResourceList) {
	objects, err := written(append(slices.Clip(before), info))
	if err == nil {
		s.autoscalers.keep(live, objects...)
	}
}

// reapply tries out the last release once more.
func (s *stage) reapply(memory *rehearsal, live, original *unstructured.Unstructured) *attempt {
	info, err := s.info(memory, s.owned(original))
	if err != nil {
		return nil
	}
	again := &attempt{live: live}
	same := helmkube.ResourceList{copyInfo(info)}
	s.keepReplicas(live, info, same)
	if _, again.err = s.helm.UpdateThreeWayMerge(same, helmkube.ResourceList{info}, false); again.err == nil {
		again.after, again.err = object(info)
	}
	return again
}

// create tries out a new object.
func (s *stage) create(target *unstructured.Unstructured) attempt {
	memory := s.rehearse()
	info, err := s.info(memory, target)
	if err == nil {
		_, err = s.helm.Create(helmkube.ResourceList{info})
	}
	return attempt{err: memory.explain(err), warnings: memory.warnings}
}

// remove tries out the deletion of an object of the last release that the next one lacks.
func (s *stage) remove(original *unstructured.Unstructured) attempt {
	info, err := s.info(s.rehearse(), original)
	if err != nil {
		return attempt{err: err}
	}
	live, err := get(info)
	if err != nil || live == nil || kept(live) {
		return attempt{live: live, err: err}
	}
	policy := metav1.DeletePropagationBackground
	_, err = resource.NewHelper(info.Client, info.Mapping).DryRun(true).
		DeleteWithOptions(info.Namespace, info.Name, &metav1.DeleteOptions{PropagationPolicy: &policy})
	return attempt{live: live, err: err}
}

func kept(u *unstructured.Unstructured) bool {
	return u.GetAnnotations()[helmkube.ResourcePolicyAnno] == helmkube.KeepPolicy
}

// info is an object the way Helm's client handles it, with a connection of its own.
func (s *stage) info(memory *rehearsal, u *unstructured.Unstructured) (*resource.Info, error) {
	mapping, err := s.mapping(u)
	if err != nil {
		return nil, err
	}
	client, err := rest.RESTClientForConfigAndClient(s.configFor(u.GroupVersionKind().GroupVersion()), &http.Client{Transport: memory})
	if err != nil {
		return nil, err
	}
	u = u.DeepCopy()
	info := &resource.Info{Client: client, Mapping: mapping, Name: u.GetName(), Object: u}
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		if u.GetNamespace() == "" {
			u.SetNamespace(s.namespace)
		}
		info.Namespace = u.GetNamespace()
	}
	return info, nil
}

func (s *stage) configFor(version schema.GroupVersion) *rest.Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	config, ok := s.configs[version]
	if !ok {
		config = rest.CopyConfig(s.config)
		config.ContentConfig = resource.UnstructuredPlusDefaultContentConfig()
		config.GroupVersion = &version
		config.APIPath = "/apis"
		if version.Group == "" {
			config.APIPath = "/api"
		}
		s.configs[version] = config
	}
	return config
}

const (
	managedByLabel      = "app.kubernetes.io/managed-by"
	releaseNameNote     = "meta.helm.sh/release-name"
	releaseNamespaceTag = "meta.helm.sh/release-namespace"
)

// owned is the object with the marks by which Helm knows what is its own.
func (s *stage) owned(u *unstructured.Unstructured) *unstructured.Unstructured {
	u = u.DeepCopy()
	labels, notes := maps.Clone(u.GetLabels()), maps.Clone(u.GetAnnotations())
	if labels == nil {
		labels = map[string]string{}
	}
	if notes == nil {
		notes = map[string]string{}
	}
	labels[managedByLabel] = "Helm"
	notes[releaseNameNote], notes[releaseNamespaceTag] = s.release, s.namespace
	u.SetLabels(labels)
	u.SetAnnotations(notes)
	return u
}

// ours returns an error when an object that exists is not this release's, as Helm sees it.
func (s *stage) ours(live *unstructured.Unstructured) error {
	notes := live.GetAnnotations()
	if live.GetLabels()[managedByLabel] == "Helm" && notes[releaseNameNote] == s.release && notes[releaseNamespaceTag] == s.namespace {
		return nil
	}
	owner := "made by hand"
	if name := notes[releaseNameNote]; name != "" {
		owner = fmt.Sprintf("of release %s in namespace %s", name, notes[releaseNamespaceTag])
	}
	return fmt.Errorf("%s exists and cannot be imported into the current release: it is %s", refOf(live), owner)
}

func get(info *resource.Info) (*unstructured.Unstructured, error) {
	found, err := resource.NewHelper(info.Client, info.Mapping).Get(info.Namespace, info.Name)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return asUnstructured(found)
}

func object(info *resource.Info) (*unstructured.Unstructured, error) {
	return asUnstructured(info.Object)
}

func asUnstructured(found runtime.Object) (*unstructured.Unstructured, error) {
	u, ok := found.(*unstructured.Unstructured)
	if !ok {
		return nil, fmt.Errorf("the API server's answer came back as a %T", found)
	}
	return u, nil
}

func copyInfo(info *resource.Info) *resource.Info {
	same := *info
	same.Object = info.Object.DeepCopyObject()
	return &same
}

// knows returns an error when the cluster has no such kind.
func (s *stage) knows(u *unstructured.Unstructured) error {
	_, err := s.mapping(u)
	return err
}

// namespaced tells whether objects of this kind are in a namespace; so are those of a kind that the cluster does not know.
func (s *stage) namespaced(u *unstructured.Unstructured) bool {
	mapping, err := s.mapping(u)
	return err != nil || mapping.Scope.Name() == meta.RESTScopeNameNamespace
}

func (s *stage) mapping(u *unstructured.Unstructured) (*meta.RESTMapping, error) {
	kind := u.GroupVersionKind()
	return s.mapper.RESTMapping(kind.GroupKind(), kind.Version)
}
