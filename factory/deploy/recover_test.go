package deploy_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/deploy"
)

func testStorage() corev1.ResourceList {
	return corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}
}

// TestKilledDeploy is no test by itself: it is the deploy that TestApplyContinuesAfterAKill runs in a process of its own.
func TestKilledDeploy(t *testing.T) {
	namespace := os.Getenv("FACTORY_TEST_KILLED_NAMESPACE")
	if namespace == "" {
		return
	}
	opts := options(t)
	opts.Namespace = namespace
	_, err := deploy.Apply(t.Context(), opts)
	t.Fatalf("it was to be killed: %v", err)
}

func TestApplyContinuesAfterAKill(t *testing.T) {
	opts := options(t)
	victim := exec.Command(os.Args[0], "-test.run", "^TestKilledDeploy$")
	victim.Env = append(os.Environ(), "FACTORY_TEST_KILLED_NAMESPACE="+opts.Namespace)
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	for clustertest.Revisions(t, opts.Cluster, opts.Namespace, opts.Name) != "1 pending-install" {
		if t.Context().Err() != nil || victim.ProcessState != nil {
			t.Fatal("it never began")
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait()
	wantReleases(t, opts, "1 pending-install")
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	start := time.Now()
	if result := apply(t, opts); result.Revision != 2 {
		t.Errorf("got %+v, want revision 2", result)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("the recovery took %s although the killed process was on this machine", took)
	}
	wantReleases(t, opts, "1 superseded, 2 deployed")
}

func TestApplyRefusesAReleaseThatHelmIsAtWorkOn(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	apply(t, opts)
	deploy.HelmUpgrade(t, opts)
	deploy.SetStatus(t, opts, "pending-upgrade", time.Now())
	opts.Values = nil
	_, err := deploy.Apply(t.Context(), opts)
	var pending *deploy.PendingError
	if !errors.As(err, &pending) || pending.Revision != 2 || !strings.Contains(err.Error(), "by somebody with a tool that is not factory, probably helm") {
		t.Fatalf("got %v, want a PendingError", err)
	}
	deploy.SetStatus(t, opts, "pending-upgrade", time.Now().Add(-time.Hour))
	if result := apply(t, opts); result.Revision != 3 {
		t.Errorf("got %+v, want revision 3", result)
	}
}

// A process that was killed may leave no lease behind: another one may have taken it over and was ended before it went on.
func TestApplyKnowsAReleaseThatFactoryLeftPendingWithoutALease(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	apply(t, opts)
	began := time.Now().Add(-time.Minute)
	deploy.SetStatus(t, opts, "pending-upgrade", began)
	opts.Values = nil
	var said []string
	opts.Say = func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
	if result := apply(t, opts); result.Revision != 2 {
		t.Errorf("got %+v, want revision 2", result)
	}
	want := "revision 1 is pending-upgrade since " + began.Format("15:04:05") + ", left so by "
	if !slices.ContainsFunc(said, func(line string) bool {
		return strings.HasPrefix(line, want) && strings.Contains(line, " with factory, who is not at work")
	}) {
		t.Errorf("said %q, want %q and by whom", said, want)
	}
}

func TestApplyAfterACutOffDestroyInstallsAgain(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	apply(t, opts)
	deploy.SetStatus(t, opts, "uninstalling", time.Now())
	if result := apply(t, opts); result.Revision != 1 {
		t.Errorf("got %+v, want a first revision again", result)
	}
	wantReleases(t, opts, "1 deployed")
}

func TestSecondDeployWaitsForTheFirst(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	apply(t, opts)
	leases := client(t, opts).CoordinationV1().Leases(opts.Namespace)
	holder := "factory on elsewhere (process 1)"
	lease, err := leases.Create(t.Context(), &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Name: "factory-" + opts.Name},
		Spec:       coordinationv1.LeaseSpec{HolderIdentity: &holder},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	said := make(chan string, 100)
	opts.Say = func(format string, args ...any) { said <- format }
	opts.Values = nil
	done := make(chan error, 1)
	go func() {
		_, err := deploy.Apply(context.WithoutCancel(t.Context()), opts)
		done <- err
	}()
	if news := <-said; !strings.Contains(news, "waiting for it") {
		t.Errorf("said %q, want who holds the release", news)
	}
	select {
	case err := <-done:
		t.Fatalf("it did not wait: %v", err)
	case <-time.After(2 * time.Second):
	}
	if err := leases.Delete(t.Context(), lease.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	wantReleases(t, opts, "1 superseded, 2 deployed")
}
