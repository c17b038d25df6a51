package deploy_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/deploy/plan"
)

// stored is a deploy of a database whose volume has a size, in a class that lets volumes grow or does not.
type stored struct {
	*testing.T
	opts  deploy.Options
	class string
	kind  string
}

func newStored(t *testing.T, kind string, grows bool) *stored {
	t.Helper()
	s := &stored{T: t, opts: options(t), kind: kind}
	s.opts.Values = nil
	// A StatefulSet is gone once the garbage collector has let go of its pods. Another test that makes and removes a kind keeps
	// that one busy for half a minute.
	s.opts.Timeout = 2 * time.Minute
	s.class = clustertest.StorageClass(t, s.opts.Cluster, s.opts.Namespace, grows)
	clustertest.RunPods(t, s.opts.Cluster, s.opts.Namespace, nil)
	return s
}

func (s *stored) size(size string) deploy.Options {
	s.Helper()
	opts := s.opts
	opts.Chart = fromSpecs(s.T, map[string]string{"db": fmt.Sprintf(
		"kind: %s\nimage: example.invalid/db:1\nport: 5432\nvolumes: {data: {path: /data, size: %s, class: %s}}\n", s.kind, size, s.class)})
	return opts
}

// begin deploys for the first time, and waits for the volume: nothing else here makes a pod wait for it.
func (s *stored) begin(size string) {
	s.Helper()
	apply(s.T, s.size(size))
	claim := "data-db-0"
	if s.kind != "StatefulSet" {
		claim = "db-data"
	}
	for s.has(claim) != size {
		if s.Context().Err() != nil {
			s.Fatalf("claim %s gets no volume", claim)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (s *stored) set() *appsv1.StatefulSet {
	s.Helper()
	set, err := client(s.T, s.opts).AppsV1().StatefulSets(s.opts.Namespace).Get(s.Context(), "db", metav1.GetOptions{})
	if err != nil {
		s.Fatal(err)
	}
	return set
}

func (s *stored) pod() types.UID {
	s.Helper()
	pods, err := client(s.T, s.opts).CoreV1().Pods(s.opts.Namespace).List(s.Context(), metav1.ListOptions{})
	if err != nil || len(pods.Items) != 1 {
		s.Fatalf("%d pods, %v", len(pods.Items), err)
	}
	return pods.Items[0].UID
}

func (s *stored) wantClaim(name, requested, has string) {
	s.Helper()
	claim, err := client(s.T, s.opts).CoreV1().PersistentVolumeClaims(s.opts.Namespace).Get(s.Context(), name, metav1.GetOptions{})
	if err != nil {
		s.Fatal(err)
	}
	want, have := claim.Spec.Resources.Requests[corev1.ResourceStorage], claim.Status.Capacity[corev1.ResourceStorage]
	if want.String() != requested || have.String() != has {
		s.Errorf("claim %s asks for %s and has %s, want %s and %s", name, want.String(), have.String(), requested, has)
	}
}

// has is how big the volume of a claim is.
func (s *stored) has(name string) string {
	s.Helper()
	claim, err := client(s.T, s.opts).CoreV1().PersistentVolumeClaims(s.opts.Namespace).Get(s.Context(), name, metav1.GetOptions{})
	if err != nil {
		s.Fatal(err)
	}
	size := claim.Status.Capacity[corev1.ResourceStorage]
	return size.String()
}

func TestAVolumeGrowsAroundTheRunningPod(t *testing.T) {
	s := newStored(t, "StatefulSet", true)
	s.begin("1Gi")
	pod, set := s.pod(), s.set()
	if result := apply(t, s.size("2Gi")); result.Revision != 2 {
		t.Errorf("got %+v, want revision 2", result)
	}
	s.wantClaim("data-db-0", "2Gi", "2Gi")
	if s.pod() != pod {
		t.Error("the pod is another one")
	}
	now := s.set()
	if now.UID == set.UID {
		t.Error("the StatefulSet is the same: its templates cannot have changed")
	}
	if size := now.Spec.VolumeClaimTemplates[0].Spec.Resources.Requests[corev1.ResourceStorage]; size.String() != "2Gi" {
		t.Errorf("the template says %s: a new replica would get a volume of that size", size.String())
	}
	if now.Status.CurrentRevision != set.Status.CurrentRevision {
		t.Errorf("the pods' revision was %s and is %s", set.Status.CurrentRevision, now.Status.CurrentRevision)
	}
	if result := apply(t, s.size("2Gi")); result.Changed {
		t.Errorf("got %+v, want nothing to do", result)
	}
}

func TestAClaimInTheChartGrows(t *testing.T) {
	s := newStored(t, "Deployment", true)
	s.begin("1Gi")
	apply(t, s.size("2Gi"))
	s.wantClaim("db-data", "2Gi", "2Gi")
}

func TestVolumesThatCannotBecomeWhatTheChartSaysAreRefusedBeforeAnythingIsTouched(t *testing.T) {
	for name, test := range map[string]struct {
		kind  string
		grows bool
		size  string
		want  string
	}{
		"a class that cannot grow": {"StatefulSet", false, "2Gi",
			"statefulset/db: claim data-db-0 cannot grow from 1Gi to 2Gi: its storage class CLASS does not let volumes grow (allowVolumeExpansion)\nnext: say size: 1Gi"},
		"a smaller volume": {"StatefulSet", true, "512Mi",
			"statefulset/db: claim data-db-0 has 1Gi and the chart says 512Mi: Kubernetes never makes a volume smaller\nnext: say size: 1Gi or more"},
		"a smaller claim of a Deployment": {"Deployment", true, "512Mi",
			"persistentvolumeclaim/db-data: claim db-data has 1Gi and the chart says 512Mi: Kubernetes never makes a volume smaller\nnext: say size: 1Gi or more"},
		"a claim of a Deployment that cannot grow": {"Deployment", false, "2Gi",
			"persistentvolumeclaim/db-data: claim db-data cannot grow from 1Gi to 2Gi"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStored(t, test.kind, test.grows)
			s.begin("1Gi")
			pod := s.pod()
			_, err := deploy.Apply(t.Context(), s.size(test.size))
			var refused *deploy.VolumeError
			want := strings.ReplaceAll(test.want, "CLASS", s.class)
			if !errors.As(err, &refused) || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			wantReleases(t, s.opts, "1 deployed")
			if s.pod() != pod {
				t.Error("the pod is another one")
			}
		})
	}
}

func TestAVolumeThatGrewByHandStaysAsItIs(t *testing.T) {
	for kind, claim := range map[string]string{"StatefulSet": "data-db-0", "Deployment": "db-data"} {
		t.Run(kind, func(t *testing.T) {
			s := newStored(t, kind, true)
			s.begin("1Gi")
			grown := []byte(`{"spec":{"resources":{"requests":{"storage":"3Gi"}}}}`)
			claims := client(t, s.opts).CoreV1().PersistentVolumeClaims(s.opts.Namespace)
			if _, err := claims.Patch(t.Context(), claim, types.MergePatchType, grown, metav1.PatchOptions{}); err != nil {
				t.Fatal(err)
			}
			// The deploy does not wait for what it did not ask for.
			for s.has(claim) != "3Gi" {
				time.Sleep(20 * time.Millisecond)
			}
			opts := s.size("1Gi")
			opts.Values = map[string]any{"db": map[string]any{"image": map[string]any{"tag": "2"}}}
			if result := apply(t, opts); result.Revision != 2 {
				t.Errorf("got %+v, want revision 2", result)
			}
			s.wantClaim(claim, "3Gi", "3Gi")
		})
	}
}

func TestARollbackLeavesTheVolumeAsBigAsItIs(t *testing.T) {
	s := newStored(t, "StatefulSet", true)
	s.begin("1Gi")
	apply(t, s.size("2Gi"))
	pod := s.pod()
	if _, err := deploy.Rollback(t.Context(), s.opts, 2, 1); err != nil {
		t.Fatal(err)
	}
	s.wantClaim("data-db-0", "2Gi", "2Gi")
	if s.pod() != pod {
		t.Error("the pod is another one")
	}
}

// A deploy that was killed between deleting the StatefulSet and creating it leaves its pods and claims.
func TestAStatefulSetThatIsGoneTakesItsPodsBack(t *testing.T) {
	s := newStored(t, "StatefulSet", true)
	s.begin("1Gi")
	pod, orphan := s.pod(), metav1.DeletePropagationOrphan
	sets := client(t, s.opts).AppsV1().StatefulSets(s.opts.Namespace)
	if err := sets.Delete(t.Context(), "db", metav1.DeleteOptions{PropagationPolicy: &orphan}); err != nil {
		t.Fatal(err)
	}
	apply(t, s.size("2Gi"))
	s.wantClaim("data-db-0", "2Gi", "2Gi")
	if s.pod() != pod {
		t.Error("the pod is another one")
	}
}

func TestAPlanTellsWhatBecomesOfVolumes(t *testing.T) {
	for name, test := range map[string]struct {
		grows  bool
		action plan.Action
		effect string
		cause  string
	}{
		"one that grows":     {true, plan.Replace, "created again around its running pods, which stay; their volumes grow", ""},
		"one that cannot so": {false, plan.Replace, "", "claim data-db-0 cannot grow from 1Gi to 2Gi"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStored(t, "StatefulSet", test.grows)
			s.begin("1Gi")
			shown, err := deploy.Preview(t.Context(), s.size("2Gi"))
			if err != nil || len(shown.Objects) != 1 {
				t.Fatalf("%v: %+v", err, shown)
			}
			object := shown.Objects[0]
			if test.cause == "" && (object.Action != test.action || object.Effect != test.effect || object.Refused != nil || len(object.Restarts) > 0) {
				t.Errorf("got %+v, want %s: %s", object, test.action, test.effect)
			}
			if test.cause != "" && (object.Refused == nil || !strings.Contains(object.Refused.Cause, test.cause)) {
				t.Errorf("got %+v, want it refused: %s", object, test.cause)
			}
			if got := fmt.Sprint(object.Fields[0].Path); !strings.HasPrefix(got, "spec.volumeClaimTemplates[0].spec.resources.requests.storage") {
				t.Errorf("field %s", got)
			}
		})
	}
}
