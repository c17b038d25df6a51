package deploy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	typed "k8s.io/client-go/kubernetes/typed/coordination/v1"

	"github.com/helm-chart-factory/factory/factory/kube"
)

const (
	leaseDuration = 15 * time.Second
	leaseRenewal  = 5 * time.Second
	// processAnnotation says exactly which process holds a lease, so that one on the same machine can tell that it is dead.
	processAnnotation = "factory.dev/process"
)

// errLockLost ends a deploy whose lease another process took over, which it does only after 15 s without a renewal.
var errLockLost = errors.New("another process has taken this release over")

// lock is the right to change a release: a Lease beside it that its holder renews. Helm's own lock is the pending status,
// which says neither who holds it nor whether they live; a lease that nobody renews tells that they do not. It exists
// only while something is being changed.
type lock struct {
	leases typed.LeaseInterface
	lease  *coordinationv1.Lease
	// takenFrom is the dead holder whose lease was taken over; empty when there was none.
	takenFrom string
	// holder is who was seen to hold it last.
	holder  string
	waited  bool
	stop    context.CancelFunc
	stopped chan struct{}
}

// acquire waits until the deadline for the right to change a release and returns it with a context that ends when it is
// lost. Where the person may not write Leases it returns no lock: Helm's own pending status then has to do.
func acquire(ctx context.Context, cluster *kube.Cluster, namespace, release string, deadline time.Time, say func(string, ...any)) (context.Context, *lock, error) {
	client, err := cluster.Client()
	if err != nil {
		return nil, nil, err
	}
	l := &lock{leases: client.CoordinationV1().Leases(namespace), stopped: make(chan struct{})}
	limited, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	err = l.take(limited, lockName(release), say)
	if apierrors.IsForbidden(err) {
		return ctx, nil, nil
	}
	if ctx.Err() == nil && limited.Err() != nil {
		err = fmt.Errorf("%s is still at work on it", l.holder)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("waiting for release %q: %w", release, err)
	}
	held, lose := context.WithCancelCause(ctx)
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop = stop
	go l.renew(renewing, lose)
	return held, l, nil
}

// lockName is the name of a release's Lease.
func lockName(release string) string { return "factory-" + release }

func (l *lock) take(ctx context.Context, name string, say func(string, ...any)) error {
	var seen string
	var since time.Time
	for {
		lease, err := l.leases.Get(ctx, name, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			l.lease, err = l.leases.Create(ctx, ourLease(&coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: name}}), metav1.CreateOptions{})
		case err != nil:
			return err
		default:
			if lease.ResourceVersion != seen {
				seen, since = lease.ResourceVersion, time.Now()
			}
			holder := holderOf(lease)
			if holder != "" && !dead(lease) && time.Since(since) < leaseDuration {
				l.waited, l.holder = true, holder
				say("%s is at work on this release since %s: waiting for it", holder, acquired(lease))
				if err := pause(ctx, time.Second); err != nil {
					return err
				}
				continue
			}
			if l.lease, err = l.leases.Update(ctx, ourLease(lease), metav1.UpdateOptions{}); err == nil {
				l.takenFrom = holder
			}
		}
		if err == nil {
			return nil
		}
		if !apierrors.IsAlreadyExists(err) && !apierrors.IsConflict(err) {
			return err
		}
	}
}

func (l *lock) renew(ctx context.Context, lose context.CancelCauseFunc) {
	defer close(l.stopped)
	tick := time.NewTicker(leaseRenewal)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := metav1.NowMicro()
		l.lease.Spec.RenewTime = &now
		renewed, err := l.leases.Update(ctx, l.lease, metav1.UpdateOptions{})
		switch {
		case err == nil:
			l.lease = renewed
		case apierrors.IsConflict(err), apierrors.IsNotFound(err):
			lose(errLockLost)
			return
		case apierrors.IsUnauthorized(err):
			// Watches that are open go on telling; nothing can be written any more.
			lose(err)
			return
		}
	}
}

// release gives the lock back, also after an interrupt. What cannot be given back expires.
func (l *lock) release(ctx context.Context) {
	if l == nil {
		return
	}
	l.stop()
	<-l.stopped
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), answer)
	defer cancel()
	// Only our own lease: one that another process has taken over in the meantime has another version.
	_ = l.leases.Delete(limited, l.lease.Name, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{
		UID: &l.lease.UID, ResourceVersion: &l.lease.ResourceVersion,
	}})
}

// hadToWait tells whether another process was at work before, so that what was read earlier is out of date.
func (l *lock) hadToWait() bool { return l != nil && l.waited }

func ourLease(lease *coordinationv1.Lease) *coordinationv1.Lease {
	now, seconds := metav1.NowMicro(), int32(leaseDuration.Seconds())
	holder := identity()
	lease.Spec.HolderIdentity, lease.Spec.LeaseDurationSeconds = &holder, &seconds
	lease.Spec.AcquireTime, lease.Spec.RenewTime = &now, &now
	if lease.Annotations == nil {
		lease.Annotations = map[string]string{}
	}
	lease.Annotations[processAnnotation] = fmt.Sprintf("%s %d", pidSpace(), os.Getpid())
	return lease
}

func holderOf(lease *coordinationv1.Lease) string {
	if lease.Spec.HolderIdentity == nil {
		return ""
	}
	return *lease.Spec.HolderIdentity
}

func acquired(lease *coordinationv1.Lease) string {
	if lease.Spec.AcquireTime == nil {
		return "some time"
	}
	return lease.Spec.AcquireTime.Local().Format("15:04:05")
}

func identity() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	return fmt.Sprintf("factory on %s (process %d)", host, os.Getpid())
}

// dead tells for certain that the holder's process is gone. Only a process in the same PID namespace since the same boot
// can know; the others wait until the lease expires.
func dead(lease *coordinationv1.Lease) bool {
	space, number, found := strings.Cut(lease.Annotations[processAnnotation], " ")
	if !found || space == "" || space != pidSpace() {
		return false
	}
	var pid int
	if _, err := fmt.Sscanf(number, "%d", &pid); err != nil {
		return false
	}
	return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

func pidSpace() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	space, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + "/" + space
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
