package rollout_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/deploy/rollout"
	"github.com/helm-chart-factory/factory/factory/kube"
)

func TestMain(m *testing.M) { os.Exit(clustertest.Run(m)) }

// place is a namespace of a test's own.
type place struct {
	*testing.T
	cluster   *kube.Cluster
	client    kubernetes.Interface
	namespace string
}

func newPlace(t *testing.T) *place {
	t.Helper()
	cluster := clustertest.Cluster(t)
	client, err := cluster.Client()
	if err != nil {
		t.Fatal(err)
	}
	return &place{T: t, cluster: cluster, client: client, namespace: clustertest.Namespace(t, cluster)}
}

func (p *place) wait(ctx context.Context, timeout time.Duration, objects ...rollout.Object) error {
	return rollout.Wait(ctx, rollout.Options{Cluster: p.cluster, Objects: objects, Timeout: timeout})
}

func template(policy corev1.RestartPolicy) corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "web"}},
		Spec:       corev1.PodSpec{RestartPolicy: policy, Containers: []corev1.Container{{Name: "web", Image: "example.invalid/web"}}},
	}
}

func (p *place) deployment() rollout.Object {
	p.Helper()
	made, err := p.client.AppsV1().Deployments(p.namespace).Create(p.Context(), &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}, Template: template(corev1.RestartPolicyAlways),
		},
	}, metav1.CreateOptions{})
	if err != nil {
		p.Fatal(err)
	}
	return rollout.Object{Kind: appsv1.SchemeGroupVersion.WithKind("Deployment"), Namespace: p.namespace, Name: "web", UID: made.UID, Generation: made.Generation}
}

func (p *place) job() rollout.Object {
	p.Helper()
	var never int32
	made, err := p.client.BatchV1().Jobs(p.namespace).Create(p.Context(), &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Name: "run"},
		Spec:       batchv1.JobSpec{BackoffLimit: &never, Template: template(corev1.RestartPolicyNever)},
	}, metav1.CreateOptions{})
	if err != nil {
		p.Fatal(err)
	}
	return rollout.Object{Kind: batchv1.SchemeGroupVersion.WithKind("Job"), Namespace: p.namespace, Name: "run", UID: made.UID}
}

func phase(phase corev1.PodPhase) func(*corev1.Pod) *corev1.PodStatus {
	return func(pod *corev1.Pod) *corev1.PodStatus {
		status := clustertest.Running(pod)
		status.Phase, status.Conditions = phase, nil
		code := int32(0)
		if phase == corev1.PodFailed {
			code = 1
		}
		for i := range status.ContainerStatuses {
			status.ContainerStatuses[i].State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: code, Reason: "Ended"}}
		}
		return status
	}
}

func TestWaitEndsWhenEverythingIsReady(t *testing.T) {
	p := newPlace(t)
	object := p.deployment()
	clustertest.RunPods(t, p.cluster, p.namespace, nil)
	if err := p.wait(t.Context(), 20*time.Second, object); err != nil {
		t.Error(err)
	}
}

func TestWaitForNothingIsDone(t *testing.T) {
	if err := newPlace(t).wait(t.Context(), time.Second); err != nil {
		t.Error(err)
	}
}

func TestWaitIsInterrupted(t *testing.T) {
	p := newPlace(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := p.wait(ctx, time.Minute, p.deployment()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestAnOlderViewOfAnObjectDoesNotCount(t *testing.T) {
	p := newPlace(t)
	object := p.deployment()
	clustertest.RunPods(t, p.cluster, p.namespace, nil)
	if err := p.wait(t.Context(), 20*time.Second, object); err != nil {
		t.Fatal(err)
	}
	object.Generation++
	if err := p.wait(t.Context(), 2*time.Second, object); err == nil || !strings.Contains(err.Error(), "not ready after 2s: deployment/web") {
		t.Errorf("generation not seen yet: %v", err)
	}
	object.Generation, object.UID = 0, "another"
	if err := p.wait(t.Context(), 2*time.Second, object); err == nil {
		t.Error("an object that was deleted and made again counts as the one that was written")
	}
}

func TestAJobHasToComplete(t *testing.T) {
	p := newPlace(t)
	object := p.job()
	if err := p.wait(t.Context(), 2*time.Second, object); err == nil {
		t.Error("a Job whose pod has not run yet counts as ready")
	}
	clustertest.RunPods(t, p.cluster, p.namespace, phase(corev1.PodSucceeded))
	if err := p.wait(t.Context(), 20*time.Second, object); err != nil {
		t.Error(err)
	}
}

func TestAFailedJobEndsTheWaitingAtOnce(t *testing.T) {
	p := newPlace(t)
	clustertest.RunPods(t, p.cluster, p.namespace, phase(corev1.PodFailed))
	err := p.wait(t.Context(), time.Minute, p.job())
	var notReady *rollout.NotReadyError
	if !errors.As(err, &notReady) || notReady.Why != "will not get ready" || notReady.States[0].Phase != rollout.Failed {
		t.Errorf("got %v", err)
	}
}

func TestAHopelessImageNameEndsTheWaitingEarly(t *testing.T) {
	p := newPlace(t)
	clustertest.RunPods(t, p.cluster, p.namespace, func(*corev1.Pod) *corev1.PodStatus {
		return &corev1.PodStatus{Phase: corev1.PodPending, ContainerStatuses: []corev1.ContainerStatus{{
			Name: "web", Image: "Not A Name", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "InvalidImageName"}},
		}}}
	})
	start := time.Now()
	err := p.wait(t.Context(), time.Minute, p.deployment())
	if err == nil || !strings.Contains(err.Error(), "will not get ready: deployment/web, container web: InvalidImageName") {
		t.Errorf("got %v", err)
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestAClaimThatWaitsForItsFirstPodIsReady(t *testing.T) {
	p := newPlace(t)
	mode := storagev1.VolumeBindingWaitForFirstConsumer
	class := p.namespace
	_, err := p.client.StorageV1().StorageClasses().Create(t.Context(), &storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{Name: class}, Provisioner: "example.com/none", VolumeBindingMode: &mode,
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.client.StorageV1().StorageClasses().Delete(context.Background(), class, metav1.DeleteOptions{})
	})
	made, err := p.client.CoreV1().PersistentVolumeClaims(p.namespace).Create(t.Context(), &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: "data"},
		Spec: corev1.PersistentVolumeClaimSpec{StorageClassName: &class, AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources: corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	object := rollout.Object{Kind: corev1.SchemeGroupVersion.WithKind("PersistentVolumeClaim"), Namespace: p.namespace, Name: "data", UID: made.UID}
	if err := p.wait(t.Context(), 20*time.Second, object); err != nil {
		t.Errorf("no pod uses it: %v", err)
	}
	user := template(corev1.RestartPolicyAlways)
	user.Spec.Volumes = []corev1.Volume{{Name: "d", VolumeSource: corev1.VolumeSource{
		PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data"}}}}
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "user"}, Spec: user.Spec}
	if _, err := p.client.CoreV1().Pods(p.namespace).Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := p.wait(t.Context(), 2*time.Second, object); err == nil {
		t.Error("a pod waits for it, and it counts as ready")
	}
}
