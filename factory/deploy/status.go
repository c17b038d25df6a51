package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/helm-chart-factory/factory/factory/deploy/rollout"
	"github.com/helm-chart-factory/factory/factory/kube"
)

// Status is what runs of a release.
type Status struct {
	Release   string    `json:"release"`
	Namespace string    `json:"namespace"`
	Revision  int       `json:"revision"`
	Status    string    `json:"status"`
	Updated   time.Time `json:"updated"`
	// Description says how the last revision went.
	Description string `json:"description,omitempty"`
	// Ready is true when the revision is deployed and everything in it is there and ready.
	Ready        bool                `json:"ready"`
	Workloads    []Workload          `json:"workloads"`
	URLs         []string            `json:"urls"`
	Certificates []CertificateStatus `json:"certificates"`
	// Missing are objects of the release that are not in the cluster, as kind/name.
	Missing []string `json:"missing"`
	// Waiting are other objects that are not ready, with what they wait for.
	Waiting []string `json:"waiting"`
	// Drift are the objects that are not as the revision left them.
	Drift []Drifted `json:"drift"`
}

// Workload is one Deployment, StatefulSet, DaemonSet or Job.
type Workload struct {
	Name    string `json:"name"`
	Ready   int64  `json:"ready"`
	Wanted  int64  `json:"wanted"`
	Phase   string `json:"phase"`
	Message string `json:"message,omitempty"`
	// Images are those that its pods run, with their digests where the node told them.
	Images   []string `json:"images"`
	Restarts int32    `json:"restarts"`
}

// CertificateStatus is one certificate of cert-manager's.
type CertificateStatus struct {
	Name  string `json:"name"`
	Ready bool   `json:"ready"`
	// NotAfter is when it expires; zero when there is none yet.
	NotAfter time.Time `json:"notAfter,omitzero"`
	Renewal  time.Time `json:"renewal,omitzero"`
}

// Look returns what runs of a release; nil when there is no such release.
func Look(ctx context.Context, cluster *kube.Cluster, name, namespace string) (*Status, error) {
	stored, err := Find(ctx, cluster, name, namespace)
	if stored == nil || err != nil {
		return nil, err
	}
	items, err := parseItems(stored.manifest)
	if err != nil {
		return nil, err
	}
	found, missing, err := live(ctx, cluster, namespace, objectsOf(items))
	if err != nil {
		return nil, err
	}
	status := &Status{
		Release: name, Namespace: namespace, Revision: stored.Revision, Status: stored.Status, Updated: stored.Updated,
		Workloads: []Workload{}, URLs: []string{}, Certificates: []CertificateStatus{}, Missing: []string{}, Waiting: []string{},
	}
	for _, u := range missing {
		status.Missing = append(status.Missing, refOf(u))
	}
	slices.Sort(status.Missing)
	if !stored.Deployed() {
		status.Description = stored.Description
	}
	var states []rollout.State
	group, looking := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		states, err = rollout.Look(looking, cluster, toWaitFor(found, false))
		return err
	})
	group.Go(func() (err error) {
		status.Drift, err = drifted(looking, cluster, stored, items, found)
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	status.Ready = stored.Deployed() && len(missing) == 0 && rollout.AllReady(states)
	return status, status.fill(ctx, cluster, found, states)
}

func (s *Status) fill(ctx context.Context, cluster *kube.Cluster, found []*unstructured.Unstructured, states []rollout.State) error {
	pods := podLists{cluster: cluster, of: map[string][]corev1.Pod{}}
	for _, state := range states {
		switch {
		case state.Wanted >= 0:
			workload, err := pods.workload(ctx, state, find(found, state.Object))
			if err != nil {
				return err
			}
			s.Workloads = append(s.Workloads, *workload)
		case state.Object.Kind.GroupKind() == certificate.GroupKind():
			s.Certificates = append(s.Certificates, certificateOf(ctx, cluster, state))
		case state.Phase != rollout.Ready:
			s.Waiting = append(s.Waiting, state.Object.Ref()+": "+state.Message)
		}
	}
	for _, u := range found {
		s.URLs = append(s.URLs, urls(u)...)
	}
	return nil
}

func find(objects []*unstructured.Unstructured, wanted rollout.Object) *unstructured.Unstructured {
	for _, u := range objects {
		if u.GroupVersionKind() == wanted.Kind && u.GetName() == wanted.Name && u.GetNamespace() == wanted.Namespace {
			return u
		}
	}
	return nil
}

// podLists are the pods of each namespace, read once.
type podLists struct {
	cluster *kube.Cluster
	of      map[string][]corev1.Pod
}

func (p *podLists) in(ctx context.Context, namespace string) ([]corev1.Pod, error) {
	if pods, there := p.of[namespace]; there {
		return pods, nil
	}
	client, err := p.cluster.Client()
	if err != nil {
		return nil, err
	}
	list, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("listing the pods of namespace %q: %w", namespace, err)
	}
	p.of[namespace] = list.Items
	return list.Items, nil
}

func (p *podLists) workload(ctx context.Context, state rollout.State, u *unstructured.Unstructured) (*Workload, error) {
	workload := &Workload{Name: state.Object.Ref(), Ready: state.Have, Wanted: state.Wanted, Phase: string(state.Phase), Images: []string{}}
	if state.Phase != rollout.Ready {
		workload.Message = state.Message
	}
	if u == nil {
		return workload, nil
	}
	selector, _, _ := unstructured.NestedStringMap(u.Object, "spec", "selector", "matchLabels")
	if len(selector) == 0 {
		return workload, nil
	}
	pods, err := p.in(ctx, state.Object.Namespace)
	if err != nil {
		return nil, err
	}
	for i := range pods {
		if labels.SelectorFromSet(selector).Matches(labels.Set(pods[i].Labels)) {
			workload.add(&pods[i])
		}
	}
	slices.Sort(workload.Images)
	workload.Images = slices.Compact(workload.Images)
	return workload, nil
}

func (w *Workload) add(pod *corev1.Pod) {
	for _, container := range pod.Spec.Containers {
		image := container.Image
		for _, status := range pod.Status.ContainerStatuses {
			if status.Name == container.Name {
				w.Restarts += status.RestartCount
				image = withDigest(container.Image, status.ImageID)
			}
		}
		w.Images = append(w.Images, image)
	}
}

// withDigest is the image as the spec names it, with the digest that the node runs where the name has none.
func withDigest(image, id string) string {
	_, digest, found := strings.Cut(id, "@")
	if strings.Contains(image, "@") || !found {
		return image
	}
	return image + "@" + digest
}

func certificateOf(ctx context.Context, cluster *kube.Cluster, state rollout.State) CertificateStatus {
	status := CertificateStatus{Name: state.Object.Name, Ready: state.Phase == rollout.Ready}
	u := &unstructured.Unstructured{}
	u.SetGroupVersionKind(state.Object.Kind)
	u.SetName(state.Object.Name)
	found, _, err := live(ctx, cluster, state.Object.Namespace, []*unstructured.Unstructured{u})
	if err != nil || len(found) == 0 {
		return status
	}
	status.NotAfter = timeAt(found[0], "notAfter")
	status.Renewal = timeAt(found[0], "renewalTime")
	return status
}

func timeAt(u *unstructured.Unstructured, field string) time.Time {
	text, _, _ := unstructured.NestedString(u.Object, "status", field)
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return at
}

// urls are the addresses that an Ingress answers on.
func urls(u *unstructured.Unstructured) []string {
	if u.GetKind() != "Ingress" {
		return nil
	}
	var spec struct {
		TLS   []struct{ Hosts []string }
		Rules []struct{ Host string }
	}
	content, err := json.Marshal(u.Object["spec"])
	if err == nil {
		err = json.Unmarshal(content, &spec)
	}
	if err != nil {
		return nil
	}
	var found []string
	for _, rule := range spec.Rules {
		scheme := "http"
		for _, tls := range spec.TLS {
			if slices.Contains(tls.Hosts, rule.Host) {
				scheme = "https"
			}
		}
		if rule.Host != "" {
			found = append(found, scheme+"://"+rule.Host+"/")
		}
	}
	return found
}
