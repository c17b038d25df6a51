// Package api waits for what a Kubernetes API server promises.
package api

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Connect returns a client configuration and client for the kubeconfig at path. Nothing is dialled yet.
func Connect(path string) (*rest.Config, *kubernetes.Clientset, error) {
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return nil, nil, fmt.Errorf("reading kubeconfig %q: %w", path, err)
	}
	config.QPS, config.Burst = 100, 200
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, nil, fmt.Errorf("making a client from kubeconfig %q: %w", path, err)
	}
	return config, client, nil
}

// Poll calls check until it returns nil or ctx ends; then it says what was last missing, and why ctx ended.
func Poll(ctx context.Context, every time.Duration, check func(context.Context) error) error {
	var missing error
	for {
		// One request that hangs, as while a server comes up, must not use up the whole time.
		attempt, cancel := context.WithTimeout(ctx, 10*time.Second)
		err := check(attempt)
		cancel()
		if err == nil {
			return nil
		}
		// The check that the end of ctx cut off tells nothing new.
		if ctx.Err() == nil || missing == nil {
			missing = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w; last seen: %w", context.Cause(ctx), missing)
		case <-time.After(every):
		}
	}
}

// WaitReady waits until the API server says that it is ready.
func WaitReady(ctx context.Context, client kubernetes.Interface) error {
	return Poll(ctx, 100*time.Millisecond, func(ctx context.Context) error {
		return IsReady(ctx, client)
	})
}

// IsReady asks the API server whether it is ready.
func IsReady(ctx context.Context, client kubernetes.Interface) error {
	_, err := client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
	if err != nil {
		return fmt.Errorf("asking the API server whether it is ready: %w", err)
	}
	return nil
}

// WaitServiceAccount waits for the service account "default" in namespace "default": the sign that the controllers work,
// and without it no pod can be created.
func WaitServiceAccount(ctx context.Context, client kubernetes.Interface) error {
	return Poll(ctx, 100*time.Millisecond, func(ctx context.Context) error {
		_, err := client.CoreV1().ServiceAccounts("default").Get(ctx, "default", metav1.GetOptions{})
		return err
	})
}
