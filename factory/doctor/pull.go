package doctor

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/utils/ptr"

	"github.com/helm-chart-factory/factory/factory/deploy/diagnose"
	"github.com/helm-chart-factory/factory/factory/image"
	"github.com/helm-chart-factory/factory/factory/registry"
)

const (
	// mostProbes bounds on how many nodes a pull is tried: what holds for three holds for the rest, or shows in its pods.
	mostProbes = 3
	// pullLimit is how long a node may take for an image of some hundred bytes.
	pullLimit = 15 * time.Second
	// probeImage is what the image is called in the registry. It stays there: its bytes are the same each time.
	probeImage = "factory-probe"
)

// pull has nodes pull an image from the registry, in the way that they pull every image: by a pod. The pod is removed again.
func (e *examination) pull(ctx context.Context) Verdict {
	list, err := e.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return notAllowed(err)
	}
	nodes := slices.DeleteFunc(list.Items, func(node corev1.Node) bool { return !isReady(&node) })
	nodes = nodes[:min(len(nodes), mostProbes)]
	namespace, err := e.probeNamespace(ctx)
	if err != nil {
		return notAllowed(err)
	}
	problems := make([]*Problem, len(nodes))
	took := make([]time.Duration, len(nodes))
	group, ctx := errgroup.WithContext(ctx)
	for i := range nodes {
		group.Go(func() error {
			ref, err := e.toPull(ctx, &nodes[i])
			if err != nil || ref == "" {
				return err
			}
			start := time.Now()
			problems[i], err = e.pullOn(ctx, namespace, nodes[i].Name, ref)
			took[i] = time.Since(start)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return notAllowed(err)
	}
	var found []Problem
	for _, problem := range problems {
		if problem != nil {
			found = append(found, *problem)
		}
	}
	switch longest := slices.Max(took); {
	case len(found) > 0:
		return failed("a node cannot pull from "+e.Project.Registry, found...)
	case longest == 0:
		return notHere("%s has no image of the project that a node could try: factory build", e.Project.Registry)
	default:
		return passed("%s pulled in %.1f s", count(len(nodes), "node"), longest.Seconds())
	}
}

// probeNamespace is the project's namespace, whose rules its pods meet too, or default where it does not exist yet.
func (e *examination) probeNamespace(ctx context.Context) (string, error) {
	_, err := e.client.CoreV1().Namespaces().Get(ctx, e.Project.Namespace, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return metav1.NamespaceDefault, nil
	}
	return e.Project.Namespace, err
}

// toPull is the image that a node tries: one made for it in a registry of this machine. Elsewhere nothing is pushed, and it
// is the first of the project's own images that the registry has; empty where it has none.
func (e *examination) toPull(ctx context.Context, node *corev1.Node) (string, error) {
	if registry.IsLocal(e.Project.Registry) {
		architecture := orElse(node.Status.NodeInfo.Architecture, "amd64")
		ref := e.Project.Registry + "/" + probeImage + ":" + architecture
		return ref, image.PushProbe(ctx, ref, architecture)
	}
	for _, service := range e.Project.Released() {
		if ref := e.Project.BuiltImage(service); ref != "" {
			if _, err := image.Digest(ctx, ref); err == nil {
				return ref, nil
			}
		}
	}
	return "", nil
}

// pullOn runs a pod on a node until its image is pulled or is not. A problem is what kept the node from pulling it.
func (e *examination) pullOn(ctx context.Context, namespace, node, ref string) (*Problem, error) {
	pods := e.client.CoreV1().Pods(namespace)
	pod, err := pods.Create(ctx, e.probePod(node, ref), metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("making a pod that pulls %s: %w", ref, err)
	}
	defer func() {
		after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		// Who may make pods and not delete them keeps one that has ended.
		_ = pods.Delete(after, pod.Name, metav1.DeleteOptions{GracePeriodSeconds: ptr.To[int64](0)})
	}()
	limited, cancel := context.WithTimeout(ctx, cmp.Or(e.Patience, pullLimit))
	defer cancel()
	watching, err := pods.Watch(limited, metav1.ListOptions{
		FieldSelector: fields.OneTermEqualSelector("metadata.name", pod.Name).String(), ResourceVersion: pod.ResourceVersion,
	})
	if err != nil {
		return nil, err
	}
	defer watching.Stop()
	for event := range watching.ResultChan() {
		if seen, ok := event.Object.(*corev1.Pod); ok {
			pod = seen
		}
		if pulled, refused := pullState(pod); pulled {
			return nil, nil
		} else if refused {
			break
		}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return e.notPulled(ctx, pod, node, ref), nil
}

// pullState reads from a pod whether its image was pulled: whatever the container does then is of no interest.
func pullState(pod *corev1.Pod) (pulled, refused bool) {
	for _, status := range pod.Status.ContainerStatuses {
		waiting := status.State.Waiting
		if waiting == nil {
			return status.State.Running != nil || status.State.Terminated != nil, false
		}
		switch waiting.Reason {
		case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable", "SignatureValidationFailed":
			return false, true
		case "CreateContainerError", "RunContainerError", "CreateContainerConfigError", "CrashLoopBackOff":
			return true, false
		}
	}
	return false, pod.Status.Phase == corev1.PodFailed
}

// notPulled says what the node says.
func (e *examination) notPulled(ctx context.Context, pod *corev1.Pod, node, ref string) *Problem {
	problem := &Problem{
		Saw: fmt.Sprintf("node %s has not pulled %s within %s", node, ref, cmp.Or(e.Patience, pullLimit)),
		Why: "no pod starts there whose image the node does not have already",
		Fix: "factory setup-registry; factory configure-k3s-registry",
	}
	var events []*corev1.Event
	list, err := e.client.CoreV1().Events(pod.Namespace).List(ctx, metav1.ListOptions{
		FieldSelector: fields.OneTermEqualSelector("involvedObject.uid", string(pod.UID)).String(),
	})
	if err == nil {
		for i := range list.Items {
			events = append(events, &list.Items[i])
		}
	}
	if len(pod.Status.ContainerStatuses) == 0 && len(events) == 0 {
		problem.Saw += ": it says nothing at all"
		problem.Why = "its kubelet hangs or is gone, and until the cluster notices, pods are sent there in vain"
		problem.Fix = e.lookAtNode(node)
	}
	subject := diagnose.Subject{Namespace: pod.Namespace, Object: "pod/" + pod.Name}
	if findings := diagnose.Pod(subject, pod, events); len(findings) > 0 {
		finding := findings[0]
		problem.Saw = fmt.Sprintf("node %s cannot pull %s: %s", node, ref, strings.TrimSpace(finding.Reason+": "+finding.Detail))
		problem.Why = finding.Cause
		problem.Fix = orElse(finding.Next, problem.Fix)
	}
	return problem
}

// probePod asks for nothing that a namespace under Pod Security "restricted" and a quota would refuse.
func (e *examination) probePod(node, ref string) *corev1.Pod {
	var secrets []corev1.LocalObjectReference
	for _, service := range e.Project.Released() {
		for _, name := range service.PullSecrets {
			if secret := (corev1.LocalObjectReference{Name: name}); !slices.Contains(secrets, secret) {
				secrets = append(secrets, secret)
			}
		}
	}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: probeImage + "-", Labels: map[string]string{nameLabel: probeImage}},
		Spec: corev1.PodSpec{
			NodeName: node, RestartPolicy: corev1.RestartPolicyNever, ImagePullSecrets: secrets,
			ActiveDeadlineSeconds: ptr.To[int64](60), TerminationGracePeriodSeconds: ptr.To[int64](0),
			AutomountServiceAccountToken: ptr.To(false), EnableServiceLinks: ptr.To(false),
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot: ptr.To(true), RunAsUser: ptr.To[int64](65534),
				SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			Containers: []corev1.Container{{
				Name: probeImage, Image: ref, ImagePullPolicy: corev1.PullAlways,
				// Only the probe image has it: a pod of another image ends where its program would begin.
				Command:   []string{image.ProbeProgram},
				Resources: probeResources(),
				SecurityContext: &corev1.SecurityContext{
					AllowPrivilegeEscalation: ptr.To(false), ReadOnlyRootFilesystem: ptr.To(true),
					Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
				},
			}},
		},
	}
}

func probeResources() corev1.ResourceRequirements {
	return corev1.ResourceRequirements{
		Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("10m"), corev1.ResourceMemory: resource.MustParse("16Mi")},
		Limits:   corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100m"), corev1.ResourceMemory: resource.MustParse("64Mi")},
	}
}
