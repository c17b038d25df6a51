package logs

import (
	"errors"
	"fmt"
	"io"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// shortest and longest pause before a log is opened once more.
	shortestPause = 200 * time.Millisecond
	longestPause  = 5 * time.Second
	// ending is how long the status of a pod may need to say what the end of a log said before: that the container ended.
	ending = 2 * time.Second
)

// containerLog follows one container over its runs.
type containerLog struct {
	*podLogs
	origin Origin
	at     *position
	pause  time.Duration
}

// follow reads run after run until the pod is gone or its last run is over.
func (c *containerLog) follow() {
	for c.ctx.Err() == nil {
		pod, gone, changed := c.now()
		last, before := runsOf(pod, c.origin.Container)
		switch {
		case c.at.run != c.at.done && last.id != c.at.run:
			// It was restarted before its end was seen.
			c.finish(before, gone)
		case last.id == "" || last.id == c.at.done:
			if gone || finished(pod) {
				return
			}
			c.await(changed, 0)
		default:
			c.begin(last)
			if c.readRun(last, gone, changed) {
				return
			}
		}
	}
}

// begin notes which run is read next, and says when it is not the first.
func (c *containerLog) begin(next run) {
	if c.at.run != next.id && c.at.run != "" {
		c.say(c.origin, "was started again (restart %d)", next.restarts)
	}
	c.at.run = next.id
}

// readRun reads a run as far as it goes for now. It returns true when the pod has nothing more to say.
func (c *containerLog) readRun(last run, gone bool, changed <-chan struct{}) (over bool) {
	if gone {
		c.showRest()
		return true
	}
	err := c.read(&corev1.PodLogOptions{Follow: last.ended == nil})
	switch {
	case c.ctx.Err() != nil:
		return true
	case err == nil && last.ended != nil:
		c.showRest()
		c.ended(last)
	case err == nil:
		// The container has ended, or its node let go of the reader.
		c.pause = 0
		c.await(changed, ending)
		c.refresh()
	default:
		c.lost(err)
	}
	return false
}

// finish reads what is left of a run that was restarted, when the node still has it.
func (c *containerLog) finish(before run, gone bool) {
	switch {
	case gone:
		c.showRest()
		c.at.done = c.at.run
	case before.id != c.at.run:
		c.say(c.origin, "was restarted more than once: the end of an earlier run is not there any more")
		c.at.done = c.at.run
	default:
		err := c.read(&corev1.PodLogOptions{Previous: true})
		switch {
		case c.ctx.Err() != nil:
			return
		case err != nil && !apierrors.IsNotFound(err) && !apierrors.IsBadRequest(err):
			c.lost(err)
			return
		}
		c.showRest()
		c.ended(before)
	}
}

func (c *containerLog) ended(over run) {
	c.at.done = over.id
	pod, _, _ := c.now()
	// Containers that run before the others, and those of a pod that is taken away, are meant to end.
	if pod.DeletionTimestamp == nil && (over.ended.ExitCode != 0 || !isInit(pod, c.origin.Container)) {
		c.say(c.origin, "ended with %s", over.how())
	}
}

func isInit(pod *corev1.Pod, container string) bool {
	for _, init := range pod.Spec.InitContainers {
		if init.Name == container {
			return true
		}
	}
	return false
}

// read shows what a log has that was not shown before. A nil error means that it was read to its end.
func (c *containerLog) read(options *corev1.PodLogOptions) error {
	options.Container, options.Timestamps, options.SinceTime = c.origin.Container, true, c.at.resume()
	opened, err := c.openRun(c.ctx, c.origin.Pod, options)
	if err != nil {
		return err
	}
	defer opened.Close()
	c.pause = 0
	if c.server.is(false) {
		c.say(Origin{}, "the logs can be read again, and go on where they were")
	}
	l := &log{origin: c.origin, reader: opened.Reader, at: c.at}
	for {
		line, err := l.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		c.show(line)
	}
}

// showRest shows a last line without a newline.
func (c *containerLog) showRest() {
	l := &log{origin: c.origin, at: c.at}
	if line, err := l.rest(); err == nil {
		c.show(line)
	}
}

// lost waits a moment after a log could not be read to its end. What is forbidden ends everything.
func (c *containerLog) lost(err error) {
	switch {
	case apierrors.IsForbidden(err), apierrors.IsUnauthorized(err):
		c.fail(fmt.Errorf("reading the log of %s: %w", c.origin, err))
		return
	case apierrors.IsNotFound(err), apierrors.IsBadRequest(err):
		// The pod or the container is another by now; its status will tell.
	case c.server.is(true):
		c.say(Origin{}, "the connection is lost (%v): trying again", err)
	}
	c.pause = min(max(2*c.pause, shortestPause), longestPause)
	c.await(nil, c.pause)
	c.refresh()
}

// refresh looks at the pod anew, since a watch may lag behind, and a log is asked for by the pod's name: another pod may
// have it by now.
func (c *containerLog) refresh() {
	pod, _, _ := c.now()
	found, err := c.Client.CoreV1().Pods(pod.Namespace).Get(c.ctx, pod.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err), err == nil && found.UID != pod.UID:
		c.set(pod, true)
	case err == nil:
		c.set(found, false)
	}
}

// await returns when the pod has changed or the time is over; 0 is no limit.
func (c *containerLog) await(changed <-chan struct{}, limit time.Duration) {
	var over <-chan time.Time
	if limit > 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-c.ctx.Done():
	case <-changed:
	case <-over:
	}
}
