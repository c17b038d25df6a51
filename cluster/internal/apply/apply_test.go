package apply

import (
	"context"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

func TestDecode(t *testing.T) {
	objects, err := Decode([]byte("---\n# nothing\n---\nkind: A\nmetadata: {name: a}\n---\nkind: B\nmetadata: {name: b, namespace: ns}\n"))
	if err != nil || len(objects) != 2 || describe(objects[0]) != "A a" || describe(objects[1]) != "B ns/b" {
		t.Errorf("got %v %v", objects, err)
	}
	if _, err := Decode([]byte("kind: [")); err == nil {
		t.Error("broken YAML was read")
	}
}

func TestWait(t *testing.T) {
	one := int32(1)
	labels := map[string]string{"app": "a"}
	deployment := func(available int32) *appsv1.Deployment {
		d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "a", Namespace: "ns", Generation: 2}}
		d.Spec.Replicas = &one
		d.Spec.Selector = &metav1.LabelSelector{MatchLabels: labels}
		d.Status = appsv1.DeploymentStatus{ObservedGeneration: 2, UpdatedReplicas: 1, AvailableReplicas: available}
		return d
	}
	pod := func(ready corev1.ConditionStatus, state corev1.ContainerState) *corev1.Pod {
		p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "a-1", Namespace: "ns", Labels: labels}}
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: ready}}
		p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "c", State: state}}
		return p
	}
	crash := corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff", Message: "back-off"}}
	objects, err := Decode([]byte("kind: ConfigMap\nmetadata: {name: c}\n---\nkind: Deployment\nmetadata: {name: a, namespace: ns}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name       string
		deployment *appsv1.Deployment
		pod        *corev1.Pod
		want       string
	}{
		{"available", deployment(1), pod(corev1.ConditionTrue, corev1.ContainerState{}), ""},
		{"not yet", deployment(0), pod(corev1.ConditionTrue, corev1.ContainerState{}), "0 of 1 pods are available"},
		{"crashing", deployment(0), pod(corev1.ConditionFalse, crash), "pod a-1: container c is waiting: CrashLoopBackOff back-off"},
		{"available in the last run", deployment(1), pod(corev1.ConditionFalse, crash), "CrashLoopBackOff"},
	} {
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		var ready []string
		err := Wait(ctx, fake.NewClientset(test.deployment, test.pod), objects, func(name string) { ready = append(ready, name) })
		cancel()
		if (test.want == "") != (err == nil) || (err != nil && !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: got %v", test.name, err)
		}
		if test.want == "" && strings.Join(ready, "") != "a" {
			t.Errorf("%s: ready are %v", test.name, ready)
		}
	}
}
