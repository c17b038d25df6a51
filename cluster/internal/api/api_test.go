package api

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

func TestPollTellsWhatWasMissingAndWhyItEnded(t *testing.T) {
	why := errors.New("etcd ended")
	ctx, cancel := context.WithCancelCause(context.Background())
	count := 0
	err := Poll(ctx, time.Millisecond, func(ctx context.Context) error {
		if count++; count == 3 {
			cancel(why)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return errors.New("no answer yet")
	})
	if !errors.Is(err, why) || !strings.Contains(err.Error(), "no answer yet") {
		t.Errorf("got %v", err)
	}
}

func node(ready corev1.ConditionStatus, heartbeat time.Time) *corev1.Node {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n"}}
	n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: ready, LastHeartbeatTime: metav1.NewTime(heartbeat), Message: "no network"}}
	return n
}

func TestWaitNodeDoesNotBelieveTheLastRun(t *testing.T) {
	start := time.Now()
	for _, test := range []struct {
		name string
		node *corev1.Node
		want string
	}{
		{"ready in the last run", node(corev1.ConditionTrue, start.Add(-time.Minute)), "has not reported yet"},
		{"not ready", node(corev1.ConditionFalse, start), "no network"},
		{"never seen", &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n"}}, "has not reported yet"},
		{"ready", node(corev1.ConditionTrue, start), ""},
	} {
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		err := WaitNode(ctx, fake.NewClientset(test.node), "n", start)
		cancel()
		if (test.want == "") != (err == nil) || (err != nil && !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: got %v", test.name, err)
		}
	}
}

func TestWaitPodsDoesNotBelieveTheLastRun(t *testing.T) {
	start := time.Now()
	pod := func(began time.Time) *corev1.Pod {
		p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "d"}}
		p.Status.Phase = corev1.PodRunning
		p.Status.ContainerStatuses = []corev1.ContainerStatus{{State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(began)}}}}
		return p
	}
	for began, want := range map[time.Time]string{start.Add(-time.Minute): "pod d/p is not up to date", start.Add(time.Second): ""} {
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		err := WaitPods(ctx, fake.NewClientset(pod(began)), start)
		cancel()
		if (want == "") != (err == nil) || (err != nil && !strings.Contains(err.Error(), want)) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
