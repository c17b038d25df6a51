package doctor_test

import (
	"io"
	"log"
	"net/http/httptest"
	"testing"
	"time"

	ggcr "github.com/google/go-containerregistry/pkg/registry"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/clustertest"
)

// TestPull plays the kubelet of two nodes; what a real one does with its containerd is tested end to end.
func TestPull(t *testing.T) {
	server := httptest.NewServer(ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	project := building(t, server.Listener.Addr().String())
	o, client := on(t, project)
	cluster := clustertest.Cluster(t)
	project.Namespace = clustertest.Namespace(t, cluster)
	good, bad := addNode(t, client, ready), addNode(t, client, ready)
	clustertest.RunPods(t, cluster, project.Namespace, func(pod *corev1.Pod) *corev1.PodStatus {
		if pod.Spec.NodeName == good.Name {
			return nil
		}
		return &corev1.PodStatus{Phase: corev1.PodPending, ContainerStatuses: []corev1.ContainerStatus{{
			Name: pod.Spec.Containers[0].Name, Image: pod.Spec.Containers[0].Image,
			State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{
				Reason: "ErrImagePull", Message: "failed to do request: dial tcp 127.0.0.1:5000: connect: connection refused",
			}},
		}}}
	})
	got := result(t, o, "api-server", "registry", "nodes", "pull")
	wantFailed(t, got, "node "+bad.Name+" cannot pull "+project.Registry+"/factory-probe:amd64: ImagePullBackOff", "connection refused",
		"the node cannot reach the registry", "factory setup-registry")
	if len(got.Problems) != 1 || got.Detail != "a node cannot pull from "+project.Registry {
		t.Errorf("%s: %+v", got.Detail, got.Problems)
	}
	pods := must(client.CoreV1().Pods(project.Namespace).List(t.Context(), metav1.ListOptions{}))
	if len(pods.Items) > 0 {
		t.Errorf("left %v", pods.Items)
	}
	silent := addNode(t, client, ready)
	o.Project = building(t, project.Registry) // whose namespace is not there, so that the pod is in one without a kubelet
	o.Project.Namespace = "nowhere"
	o.Patience = 100 * time.Millisecond
	wantFailed(t, result(t, o, "api-server", "registry", "nodes", "pull"),
		"node "+silent.Name+" has not pulled "+project.Registry+"/factory-probe:amd64 within 100ms: it says nothing at all", "its kubelet hangs or is gone", "describe node "+silent.Name)
	o.Project, o.Patience = project, 0
	if err := client.CoreV1().Nodes().Delete(t.Context(), silent.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := client.CoreV1().Nodes().Delete(t.Context(), bad.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	wantPassed(t, result(t, o, "api-server", "registry", "nodes", "pull"), "1 node pulled in ")
}
