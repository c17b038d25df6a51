package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	config "github.com/cert-manager/cert-manager/internal/apis/config/controller"
	"github.com/cert-manager/cert-manager/internal/kube"
	"github.com/cert-manager/cert-manager/pkg/util"
)

// controllerLease is upstream's name for the lease, so that both never act at once.
const controllerLease = "cert-manager-controller"

// leader is the connection and identity with which a controller competes for the lease.
type leader struct {
	lock     resourcelock.Interface
	settings config.LeaderElectionConfig
	watchdog *leaderelection.HealthzAdaptor
}

func newLeader(c *config.ControllerConfiguration, watchdog *leaderelection.HealthzAdaptor) (*leader, error) {
	rest, err := kube.BuildClientConfig(c.APIServerHost, c.KubeConfig)
	if err != nil {
		return nil, fmt.Errorf("connecting for the lease: %w", err)
	}
	client, err := kubernetes.NewForConfig(util.RestConfigWithUserAgent(rest, "leader-election"))
	if err != nil {
		return nil, fmt.Errorf("building the lease's client: %w", err)
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("naming the lease's holder: %w", err)
	}
	lock, err := resourcelock.New(resourcelock.LeasesResourceLock, c.LeaderElectionConfig.Namespace, controllerLease,
		client.CoreV1(), client.CoordinationV1(),
		resourcelock.ResourceLockConfig{Identity: fmt.Sprintf("%s_%d", host, os.Getpid())})
	if err != nil {
		return nil, fmt.Errorf("making the lease: %w", err)
	}
	return &leader{lock: lock, settings: c.LeaderElectionConfig, watchdog: watchdog}, nil
}

// run waits for the lease, runs work while holding it and gives it back when ctx ends. Losing it is an error:
// another holder may be acting already.
func (l *leader) run(ctx context.Context, work func(context.Context) error) error {
	ctx, release := context.WithCancel(ctx)
	defer release()
	started := make(chan context.Context, 1)
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Name:            controllerLease,
		Lock:            l.lock,
		LeaseDuration:   l.settings.LeaseDuration,
		RenewDeadline:   l.settings.RenewDeadline,
		RetryPeriod:     l.settings.RetryPeriod,
		ReleaseOnCancel: true,
		WatchDog:        l.watchdog,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(ctx context.Context) { started <- ctx },
			OnStoppedLeading: func() {},
		},
	})
	if err != nil {
		return fmt.Errorf("preparing leader election: %w", err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		elector.Run(ctx)
	}()
	// Ended is waited for in any case: it is what gives the lease back.
	defer func() { release(); <-ended }()
	select {
	case <-ended:
		return nil
	case leading := <-started:
		err := work(leading)
		if err == nil && leading.Err() != nil && ctx.Err() == nil {
			return errors.New("the lease was lost")
		}
		return err
	}
}
