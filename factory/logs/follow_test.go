package logs

import (
	"context"
	"errors"
	"io"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// follow runs Follow during a test in a bubble, which also fails when a goroutine is left.
func follow(t *testing.T, prepare func(*bench, *Options), during func(*bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		opts := b.options()
		prepare(b, &opts)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- Follow(ctx, opts) }()
		time.Sleep(time.Second)
		during(b)
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
	})
}

func onePod(b *bench, _ *Options) {
	b.pod("web-1-aaaaa", "web")
	b.node.write("web-1-aaaaa web", "old\n")
}

func TestFollowShowsWhatIsThereAndWhatComes(t *testing.T) {
	follow(t, onePod, func(b *bench) {
		b.want("web/aaaaa | old")
		b.node.write("web-1-aaaaa web", "new\nhalf")
		time.Sleep(time.Second)
		b.want("web/aaaaa | new")
		b.node.write("web-1-aaaaa web", " and half\n")
		time.Sleep(time.Second)
		b.want("web/aaaaa | half and half")
	})
}

func TestFollowPicksUpNewPodsAndLetsGoOfOldOnes(t *testing.T) {
	follow(t, onePod, func(b *bench) {
		b.node.write("web-1-bbbbb web", "hello\n")
		b.pod("web-1-bbbbb", "web")
		time.Sleep(time.Second)
		b.want("web/aaaaa | old", "* web/bbbbb is new", "web/bbbbb | hello")
		b.node.write("web-1-aaaaa web", "goodbye\nand no newline")
		b.node.end("web-1-aaaaa web")
		if err := b.client.CoreV1().Pods("shop").Delete(b.t.Context(), "web-1-aaaaa", metav1.DeleteOptions{}); err != nil {
			b.t.Fatal(err)
		}
		time.Sleep(time.Second)
		b.want("web/aaaaa | goodbye", "web/aaaaa | and no newline", "* web/aaaaa is gone")
	})
}

func TestFollowGivesUpOnALogThatNeverEnds(t *testing.T) {
	follow(t, onePod, func(b *bench) {
		if err := b.client.CoreV1().Pods("shop").Delete(b.t.Context(), "web-1-aaaaa", metav1.DeleteOptions{}); err != nil {
			b.t.Fatal(err)
		}
		time.Sleep(drain - time.Second)
		b.want("web/aaaaa | old")
		time.Sleep(2 * time.Second)
		b.want("* web/aaaaa is gone")
	})
}

func TestFollowGoesOnWithTheNextRun(t *testing.T) {
	follow(t, onePod, func(b *bench) {
		b.node.write("web-1-aaaaa web", "broken\n")
		b.node.end("web-1-aaaaa web")
		time.Sleep(time.Second)
		b.status("web-1-aaaaa", func(s *corev1.ContainerStatus) {
			s.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}
			s.LastTerminationState.Terminated = over("run-0", 3, "Error")
		})
		time.Sleep(time.Second)
		b.want("web/aaaaa | old", "web/aaaaa | broken", "* web/aaaaa ended with exit code 3 (Error)")
		b.node.restart("web-1-aaaaa web")
		b.node.write("web-1-aaaaa web", "again\n")
		b.status("web-1-aaaaa", func(s *corev1.ContainerStatus) {
			s.State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
			s.ContainerID, s.RestartCount = "run-1", 1
		})
		time.Sleep(time.Second)
		b.want("* web/aaaaa was started again (restart 1)", "web/aaaaa | again")
	})
}

var errAway = &apierrors.StatusError{ErrStatus: metav1.Status{Message: "the server is away", Code: 503}}

func TestFollowLosesAndDoublesNothingWhenTheConnectionBreaks(t *testing.T) {
	follow(t, onePod, func(b *bench) {
		// Lines of the same moment and of the same text are different lines.
		b.node.write("web-1-aaaaa web", "same\nsame\nbegun")
		time.Sleep(time.Millisecond)
		b.node.cut(errAway)
		b.node.write("web-1-aaaaa web", " and ended\nsame\n")
		time.Sleep(3 * time.Second)
		b.node.write("web-1-aaaaa web", "while away\n")
		b.want("web/aaaaa | old", "web/aaaaa | same", "web/aaaaa | same", "* the connection is lost (unexpected EOF): trying again")
		b.node.cut(nil)
		time.Sleep(longestPause)
		b.node.write("web-1-aaaaa web", "after\n")
		time.Sleep(time.Second)
		b.want("* the logs can be read again, and go on where they were",
			"web/aaaaa | begun and ended", "web/aaaaa | same", "web/aaaaa | while away", "web/aaaaa | after")
	})
}

func TestFollowReadsTheEndOfARunThatWasRestartedMeanwhile(t *testing.T) {
	follow(t, onePod, func(b *bench) {
		b.node.cut(syscall.ECONNREFUSED)
		time.Sleep(time.Second)
		b.node.write("web-1-aaaaa web", "last words\n")
		b.node.end("web-1-aaaaa web")
		b.node.restart("web-1-aaaaa web")
		time.Sleep(time.Millisecond)
		b.node.write("web-1-aaaaa web", "first words\n")
		b.status("web-1-aaaaa", func(s *corev1.ContainerStatus) {
			s.ContainerID, s.RestartCount = "run-1", 1
			s.LastTerminationState.Terminated = over("run-0", 137, "OOMKilled")
		})
		b.node.cut(nil)
		time.Sleep(longestPause)
		b.want("web/aaaaa | old", "* the connection is lost (unexpected EOF): trying again",
			"* the logs can be read again, and go on where they were", "web/aaaaa | last words",
			"* web/aaaaa ended with exit code 137 (OOMKilled)", "* web/aaaaa was started again (restart 1)", "web/aaaaa | first words")
	})
}

func TestFollowAfterTailShowsNoneOfWhatWasLeftOut(t *testing.T) {
	for name, test := range map[string]struct {
		tail int64
		want []string
	}{
		"the last line": {1, []string{"web/aaaaa | two"}},
		"none":          {0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			follow(t, func(b *bench, opts *Options) {
				opts.Tail = test.tail
				b.pod("web-1-aaaaa", "web")
				b.node.write("web-1-aaaaa web", "one\n")
				time.Sleep(time.Millisecond)
				b.node.write("web-1-aaaaa web", "two\n")
				time.Sleep(time.Millisecond)
			}, func(b *bench) {
				b.want(test.want...)
				b.node.write("web-1-aaaaa web", "three\n")
				time.Sleep(time.Second)
				b.want("web/aaaaa | three")
			})
		})
	}
}

func TestFollowEndsWhereALogMayNotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		opts := b.options()
		onePod(b, &opts)
		forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "pods/log"}, "web-1-aaaaa", errors.New("no"))
		opts.open = func(ctx context.Context, pod string, options *corev1.PodLogOptions) (io.ReadCloser, error) {
			if options.Follow {
				return nil, forbidden
			}
			return b.node.open(ctx, pod, options)
		}
		if err := Follow(t.Context(), opts); !apierrors.IsForbidden(err) {
			t.Errorf("it ended with %v", err)
		}
	})
}
