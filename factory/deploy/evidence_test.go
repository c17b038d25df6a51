package deploy_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/deploy/rollout"
)

// broken keeps the pods of a digest from starting, with a message of the test's own.
func broken(letter byte, message func() string) func(*corev1.Pod) *corev1.PodStatus {
	return func(pod *corev1.Pod) *corev1.PodStatus {
		if !strings.HasSuffix(pod.Spec.Containers[0].Image, digest(letter)) {
			return nil
		}
		return &corev1.PodStatus{Phase: corev1.PodPending, ContainerStatuses: []corev1.ContainerStatus{{
			Name: "web", Image: pod.Spec.Containers[0].Image,
			State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "InvalidImageName", Message: message()}},
		}}}
	}
}

func withDigest(letter byte) map[string]any {
	return map[string]any{"web": map[string]any{"image": map[string]any{"digest": digest(letter)}}}
}

func noName() string { return "couldn't parse image name" }

func TestAFailureIsReportedBeforeItIsRolledBack(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, broken('b', noName))
	apply(t, opts)
	opts.Values, opts.RollBack, opts.Timeout = withDigest('b'), true, time.Minute
	var found *deploy.Evidence
	then := ""
	opts.Failed = func(e *deploy.Evidence) {
		found, then = e, clustertest.Revisions(t, opts.Cluster, opts.Namespace, opts.Name)
	}
	_, err := deploy.Apply(t.Context(), opts)
	var undone *deploy.UndoneError
	var notReady *rollout.NotReadyError
	if !errors.As(err, &undone) || undone.To != 1 || !errors.As(err, &notReady) {
		t.Fatalf("got %v, want a deploy that was rolled back to revision 1", err)
	}
	if then != "1 deployed, 2 failed" {
		t.Errorf("when it was reported the revisions were %s", then)
	}
	if found == nil || len(found.Findings) != 1 || found.Findings[0].Reason != "InvalidImageName" || len(found.States) == 0 {
		t.Errorf("evidence: %+v", found)
	}
	wantReleases(t, opts, "1 superseded, 2 failed, 3 deployed")
	web, err := client(t, opts).AppsV1().Deployments(opts.Namespace).Get(t.Context(), "web", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if image := web.Spec.Template.Spec.Containers[0].Image; !strings.HasSuffix(image, digest('a')) {
		t.Errorf("web runs %s, want the digest before", image)
	}
	opts.Values, opts.Failed = withDigest('c'), nil
	if result := apply(t, opts); result.Revision != 4 {
		t.Errorf("the next deploy: %+v", result)
	}
}

func TestRollingBackTheFirstRevisionRemovesItAndKeepsTheSecret(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, broken('a', noName))
	opts.RollBack, opts.Timeout = true, time.Minute
	_, err := deploy.Apply(t.Context(), opts)
	var undone *deploy.UndoneError
	if !errors.As(err, &undone) || undone.To != 0 {
		t.Fatalf("got %v, want a first revision that was removed", err)
	}
	wantReleases(t, opts, "")
	if _, err := client(t, opts).CoreV1().Secrets(opts.Namespace).Get(t.Context(), "db", metav1.GetOptions{}); err != nil {
		t.Errorf("the generated Secret: %v", err)
	}
	opts.Values = withDigest('b')
	apply(t, opts)
}

func TestWithoutTheFlagAFailureStaysForPeopleToLookAt(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, broken('a', noName))
	if _, err := deploy.Apply(t.Context(), opts); err == nil {
		t.Fatal("it cannot have gone well")
	}
	wantReleases(t, opts, "1 failed")
}

func TestSecretsAreMaskedInAllThatIsShown(t *testing.T) {
	opts := options(t)
	password := func() string {
		secret, err := client(t, opts).CoreV1().Secrets(opts.Namespace).Get(t.Context(), "db", metav1.GetOptions{})
		if err != nil {
			return "not made yet"
		}
		return string(secret.Data["password"])
	}
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, broken('a', func() string {
		return "pulling with " + password() + " failed"
	}))
	var shown, saved strings.Builder
	opts.Show = func(states []rollout.State) {
		for _, state := range states {
			shown.WriteString(state.Message)
			for _, finding := range state.Findings {
				finding.Write(&shown, 100)
			}
		}
	}
	opts.Failed = func(e *deploy.Evidence) { e.WriteAll(&saved) }
	if _, err := deploy.Apply(t.Context(), opts); err == nil {
		t.Fatal("it cannot have gone well")
	}
	secret := password()
	for name, text := range map[string]string{"shown": shown.String(), "saved": saved.String()} {
		if !strings.Contains(text, "pulling with **** failed") || strings.Contains(text, secret) {
			t.Errorf("%s: the password %q, or nothing of the message:\n%s", name, secret, text)
		}
	}
}
