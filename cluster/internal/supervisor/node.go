package supervisor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/helm-chart-factory/factory/cluster/internal/api"
	"github.com/helm-chart-factory/factory/cluster/internal/cgroup"
	"github.com/helm-chart-factory/factory/cluster/internal/containerd"
	"github.com/helm-chart-factory/factory/cluster/internal/controlplane"
	"github.com/helm-chart-factory/factory/cluster/internal/instance"
	"github.com/helm-chart-factory/factory/cluster/internal/network"
	"github.com/helm-chart-factory/factory/cluster/internal/node"
	"github.com/helm-chart-factory/factory/cluster/internal/process"
	"github.com/helm-chart-factory/factory/cluster/internal/progress"
)

// NodeCommand is the hidden first argument under which the binary is the first process of a node.
const NodeCommand = "supervise-node"

const (
	apiPort  = 6443
	pullPort = 6480 // the image pulls' way out, on the node's loopback
)

// NodeMain is the node's first process, in namespaces of its own. Progress goes to file descriptor 3; descriptor 4 ends
// when the link to the host is there.
func NodeMain(args []string) int {
	if len(args) != 2 || os.Getpid() != 1 {
		fmt.Fprintln(os.Stderr, "the supervisor runs this, in namespaces of its own")
		return 2
	}
	inst := instance.Instance{Name: args[0], Dir: args[1]}
	report := progress.NewReporter(os.NewFile(3, "events"))
	linked := os.NewFile(4, "linked")
	syscall.CloseOnExec(3)
	syscall.CloseOnExec(4)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := runNode(ctx, inst, linked, hangUps(), report); err != nil {
		failure := describe(inst, err)
		// The host knows the log by another path.
		if name, err := filepath.Rel(node.Root, failure.Log); err == nil && failure.Log != "" {
			failure.Log = inst.Path(name)
		}
		fmt.Fprintln(os.Stderr, failure.Cause)
		report.Send(progress.Event{Failure: failure})
		return 1
	}
	return 0
}

func runNode(ctx context.Context, inst instance.Instance, linked io.Reader, hangups <-chan os.Signal, report *progress.Reporter) error {
	started := time.Now()
	record, err := inst.Load()
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, linked); err != nil {
		return fmt.Errorf("waiting for the link to the host: %w", err)
	}
	plan := *record.Network
	if err := prepare(inst, plan); err != nil {
		return err
	}
	groups, err := cgroup.Detect()
	if err != nil {
		return err
	}
	runtimePath, err := exec.LookPath(containerd.Name)
	if err != nil {
		return fmt.Errorf("finding containerd: %w", err)
	}
	_, client, err := api.Connect(filepath.Join(node.Root, "pki", "supervisor.kubeconfig"))
	if err != nil {
		return err
	}

	spawner := process.NewSpawner()
	go node.Reap(context.Background(), spawner.Owns)
	group, booting := process.NewGroup(ctx, spawner, os.Stderr)
	defer shutDown(group, func() []int { return groups.Processes(inst.Group()) })

	if err := group.Start(node.RuntimeProgram(runtimePath, fmt.Sprintf("http://127.0.0.1:%d", pullPort))); err != nil {
		return err
	}
	layout := controlplane.Layout{
		EtcdDir:   filepath.Join(node.Root, "etcd"),
		RunDir:    filepath.Join(node.Root, "run"),
		PKIDir:    filepath.Join(node.Root, "pki"),
		Log:       func(component string) string { return filepath.Join(node.Root, "logs", component+".log") },
		BindIP:    "0.0.0.0",
		PublicIP:  plan.NodeIP,
		Port:      apiPort,
		Services:  plan.Services,
		Pods:      plan.Pods,
		PodMask:   network.PodMask,
		Endpoints: true,
	}
	if err := bootControlPlane(booting, group, layout, client, report); err != nil {
		return err
	}
	if err := waitSocket(booting, containerd.Socket); err != nil {
		return fmt.Errorf("waiting for containerd: %w", err)
	}
	for _, spec := range []process.Spec{
		node.KubeletProgram(inst.Name, plan.NodeIP), controlplane.SchedulerProgram(layout), node.ProxyProgram(),
	} {
		if err := group.Start(spec); err != nil {
			return err
		}
	}
	if err := api.WaitNode(booting, client, inst.Name, started); err != nil {
		return fmt.Errorf("waiting for the node: %w", err)
	}
	if err := api.WaitServiceAccount(booting, client); err != nil {
		return fmt.Errorf("waiting for the controllers: %w", err)
	}
	group.Settle()
	restartRuntimeOnHangup(ctx, group, hangups)
	return nil
}

// prepare makes the machine that the node's programs expect.
func prepare(inst instance.Instance, plan instance.Network) error {
	if err := unix.Sethostname([]byte(inst.Name)); err != nil {
		return fmt.Errorf("naming the node: %w", err)
	}
	if err := node.Mount(inst.Dir); err != nil {
		return err
	}
	if err := node.HideSettings(); err != nil {
		return err
	}
	bridged, err := node.SetForwarding()
	if err != nil {
		return err
	}
	if err := network.ConfigureNode(plan); err != nil {
		return err
	}
	// Addresses of pods that ended with the last run.
	if err := os.RemoveAll("/var/lib/cni/networks"); err != nil {
		return fmt.Errorf("clearing old address reservations: %w", err)
	}
	pods, err := containerd.NetworkConfig(plan.Pods)
	if err != nil {
		return err
	}
	kubelet, err := node.KubeletConfig(plan, inst.Group())
	if err != nil {
		return err
	}
	proxy, err := node.ProxyConfig(plan, inst.Name, bridged)
	if err != nil {
		return err
	}
	return errors.Join(
		instance.WriteFile(filepath.Join(node.Root, "etc", "cni", "10-pods.conflist"), pods, 0o644),
		instance.WriteFile(filepath.Join(node.Root, "etc", "kubelet.yaml"), kubelet, 0o644),
		instance.WriteFile(filepath.Join(node.Root, "etc", "kube-proxy.yaml"), proxy, 0o644),
		// Nothing resolves names for the node: a pod that wants its resolver gets an answer at once.
		instance.WriteFile(node.ResolvConf, nil, 0o644),
	)
}

// restartRuntimeOnHangup starts containerd again at every SIGHUP, for settings that it reads once, until ctx ends.
// Containers run on meanwhile.
func restartRuntimeOnHangup(ctx context.Context, group *process.Group, hangups <-chan os.Signal) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
			if err := group.Restart(containerd.Name); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
	}
}

// shutDown ends the node in the order in which its parts need each other. The kubelet goes first: it would start again
// what ends.
func shutDown(group *process.Group, containers func() []int) {
	group.Stop(2*time.Second, node.Kubelet)
	node.Terminate(containers, 8*time.Second)
	group.Stop(2*time.Second, node.Proxy)
	stopControlPlane(group)
	group.StopAll(3 * time.Second)
	unix.Sync()
}
