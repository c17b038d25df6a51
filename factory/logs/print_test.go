package logs

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

func TestPrintMergesByTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.pod("web-1-aaaaa", "web")
		b.pod("web-1-bbbbb", "web", "proxy")
		for _, write := range [][2]string{
			{"web-1-aaaaa web", "one\n"}, {"web-1-bbbbb proxy", "two\n"}, {"web-1-bbbbb web", "three\n"}, {"web-1-aaaaa web", "four\nlast without newline"},
		} {
			b.node.write(write[0], write[1])
			time.Sleep(time.Millisecond)
		}
		if err := Print(t.Context(), b.options()); err != nil {
			t.Fatal(err)
		}
		b.want("web/aaaaa | one", "web/bbbbb proxy | two", "web/bbbbb web | three", "web/aaaaa | four", "web/aaaaa | last without newline")

		opts := b.options()
		opts.Tail, opts.Container = 1, "web"
		if err := Print(t.Context(), opts); err != nil {
			t.Fatal(err)
		}
		b.want("web/bbbbb web | three", "web/aaaaa | last without newline")
	})
}

func TestPrintSaysWhyThereIsNoLog(t *testing.T) {
	b := newBench(t)
	opts := b.options()
	if err := Print(t.Context(), opts); err != nil {
		t.Fatal(err)
	}
	b.want("* web has no pods")

	b.pod("web-1-aaaaa", "web", "proxy")
	b.status("web-1-aaaaa", func(s *corev1.ContainerStatus) {
		s.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ImagePullBackOff", Message: "Back-off\npulling"}}
	})
	b.node.write("web-1-aaaaa proxy", "up\n")
	if err := Print(t.Context(), opts); err != nil {
		t.Fatal(err)
	}
	b.want("* web/aaaaa has no log yet: ImagePullBackOff: Back-off pulling", "web/aaaaa proxy | up")

	opts.Container = "poxy"
	err := Print(t.Context(), opts)
	var unknown *NoContainerError
	if !errors.As(err, &unknown) || err.Error() != `no pod has a container "poxy": did you mean "proxy"?` {
		t.Errorf("got %v", err)
	}
}

func TestPrintOfCrashesAndPreviousRuns(t *testing.T) {
	b := newBench(t)
	opts := b.options()
	b.pod("web-1-aaaaa", "web")
	opts.Previous = true
	if err := Print(t.Context(), opts); err != nil {
		t.Fatal(err)
	}
	b.want("* no container was restarted: there is no previous log")

	b.node.write("web-1-aaaaa web", "first run\n")
	b.node.restart("web-1-aaaaa web")
	b.node.write("web-1-aaaaa web", "second run\n")
	b.status("web-1-aaaaa", func(s *corev1.ContainerStatus) {
		s.ContainerID, s.RestartCount = "run-1", 1
		s.LastTerminationState.Terminated = over("run-0", 3, "Error")
	})
	if err := Print(t.Context(), opts); err != nil {
		t.Fatal(err)
	}
	b.want("* web/aaaaa its previous run ended with exit code 3 (Error)", "web/aaaaa | first run")
	opts.Previous = false
	if err := Print(t.Context(), opts); err != nil {
		t.Fatal(err)
	}
	b.want("* web/aaaaa was restarted after exit code 3 (Error) (--previous shows that run's log)", "web/aaaaa | second run")

	b.status("web-1-aaaaa", func(s *corev1.ContainerStatus) {
		s.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}
		s.LastTerminationState.Terminated = over("run-1", 137, "OOMKilled")
	})
	if err := Print(t.Context(), opts); err != nil {
		t.Fatal(err)
	}
	b.want("* web/aaaaa is in CrashLoopBackOff after 1 restarts: its last run ended with exit code 137 (OOMKilled), this is its log",
		"web/aaaaa | second run")
}

func TestPrintAsksAgainForARunThatTheNodeHasJustRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.pod("web-1-aaaaa", "web")
		b.node.write("web-1-aaaaa web", "first run\n")
		b.node.restart("web-1-aaaaa web")
		b.status("web-1-aaaaa", func(s *corev1.ContainerStatus) {
			s.ContainerID, s.RestartCount = "run-1", 1
			s.LastTerminationState.Terminated = over("run-0", 3, "Error")
		})
		gone := apierrors.NewBadRequest(removed + " for containerd://old")
		opts := b.options()
		opts.Previous = true
		b.node.late = []error{gone, nil, gone}
		if err := Print(t.Context(), opts); err != nil {
			t.Fatal(err)
		}
		b.want("* web/aaaaa its previous run ended with exit code 3 (Error)", "web/aaaaa | first run")

		b.node.late = slices.Repeat([]error{gone}, 100) // it is gone for good
		if err := Print(t.Context(), opts); err != nil {
			t.Fatal(err)
		}
		b.want("* web/aaaaa its previous run ended with exit code 3 (Error)", "* web/aaaaa has no log: "+gone.Error())
	})
}

func TestPrintFailsWhereALogMayNotBeRead(t *testing.T) {
	b := newBench(t)
	b.pod("web-1-aaaaa", "web")
	b.node.cut(errors.New("no rights"))
	if err := Print(t.Context(), b.options()); err == nil || err.Error() != "reading the log of web/aaaaa: no rights" {
		t.Errorf("got %v", err)
	}
}
