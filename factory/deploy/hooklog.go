package deploy

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// hookLogBytes bounds what is kept of one container's log.
const hookLogBytes = 1 << 20

// HookLog is what the containers of a hook wrote, one after another. It holds no secret value of the release's namespace.
type HookLog struct {
	// Hook is the hook's object, as kind/name; When is its event, such as "pre-upgrade".
	Hook, When string
	Text       string
}

// keepLogs hands over the logs of hooks that have ended, whichever way: their policy may delete them at once.
func (d *deployment) keepLogs(ctx context.Context, hooks []*unstructured.Unstructured) {
	if d.HookEnded == nil || ctx.Err() != nil {
		return
	}
	client, err := d.Cluster.Client()
	if err != nil {
		return
	}
	limited, cancel := context.WithTimeout(ctx, answer)
	defer cancel()
	for _, wanted := range toWaitFor(hooks, true) {
		pods, err := client.CoreV1().Pods(wanted.Namespace).List(limited, metav1.ListOptions{})
		if err != nil {
			return // the logs are evidence, not the matter
		}
		log := HookLog{Hook: wanted.Ref(), When: wanted.Hook}
		slices.SortFunc(pods.Items, func(a, b corev1.Pod) int { return a.CreationTimestamp.Compare(b.CreationTimestamp.Time) })
		for i := range pods.Items {
			if pod := &pods.Items[i]; belongs(pod, wanted.UID) {
				log.Text += d.podLog(limited, pod)
			}
		}
		if log.Text = d.mask().Text(log.Text); log.Text != "" {
			d.HookEnded(log)
		}
	}
}

func belongs(pod *corev1.Pod, owner types.UID) bool {
	if controller := metav1.GetControllerOf(pod); controller != nil {
		return controller.UID == owner
	}
	return pod.UID == owner
}

func (d *deployment) podLog(ctx context.Context, pod *corev1.Pod) string {
	client, err := d.Cluster.Client()
	if err != nil {
		return ""
	}
	limit := int64(hookLogBytes)
	text := ""
	for _, container := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		content, err := client.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name,
			&corev1.PodLogOptions{Container: container.Name, LimitBytes: &limit}).DoRaw(ctx)
		if err == nil && len(content) > 0 {
			text += "# pod " + pod.Name + " container " + container.Name + "\n" + string(content)
		}
	}
	return text
}
