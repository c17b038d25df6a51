package logs

import (
	"bufio"
	"context"
	"io"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// removed is how the kubelet says that it has no such run any more (pkg/kubelet/kuberuntime), as an error or, by older ones, in
// the place of the log.
const removed = "unable to retrieve container logs"

// stream is an open log.
type stream struct {
	*bufio.Reader
	io.Closer
}

// openRun opens the log of a run. When a container that crashes ends, its node removes the run before, and for a moment still
// looks for that one: then it is asked again.
func (r *reading) openRun(ctx context.Context, pod string, options *corev1.PodLogOptions) (*stream, error) {
	for began := time.Now(); ; {
		opened, gone, err := r.tryRun(ctx, pod, options)
		if !gone || time.Since(began) > ending {
			return opened, err
		}
		if err == nil {
			opened.Close()
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(shortestPause):
		}
	}
}

// tryRun also tells whether the node says that the run is gone.
func (r *reading) tryRun(ctx context.Context, pod string, options *corev1.PodLogOptions) (opened *stream, gone bool, err error) {
	body, err := r.open(ctx, pod, options)
	if err != nil {
		return nil, strings.Contains(err.Error(), removed), err
	}
	opened = &stream{bufio.NewReader(body), body}
	if options.Follow {
		return opened, false, nil // its first line may be long in coming
	}
	first, _ := opened.Peek(len(removed)) // whoever reads on meets the error
	return opened, string(first) == removed, nil
}
