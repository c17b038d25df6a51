package supervisor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"github.com/helm-chart-factory/factory/cluster/internal/cgroup"
	"github.com/helm-chart-factory/factory/cluster/internal/instance"
	"github.com/helm-chart-factory/factory/cluster/internal/network"
	"github.com/helm-chart-factory/factory/cluster/internal/node"
	"github.com/helm-chart-factory/factory/cluster/internal/pki"
	"github.com/helm-chart-factory/factory/cluster/internal/process"
	"github.com/helm-chart-factory/factory/cluster/internal/progress"
	"github.com/helm-chart-factory/factory/cluster/internal/registries"
)

// runHost is the host's half of an instance with a node: it makes the node, links it to the host and serves what the two
// have to exchange.
func runHost(ctx context.Context, inst instance.Instance, record instance.Record, events *os.File, hangups <-chan os.Signal, report *progress.Reporter) (err error) {
	started := time.Now()
	routes, err := plan(inst, &record)
	if err != nil {
		return err
	}
	groups, err := cgroup.Detect()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, groups.Remove(inst.Group(), record.Controllers)) }()
	if record.Controllers, err = groups.Create(inst.Group()); err != nil {
		return err
	}

	defer func() { err = errors.Join(err, network.Detach(inst.Link())) }()
	nodeProcess, err := startNode(inst, record, events)
	if err != nil {
		return err
	}
	defer nodeProcess.end(40 * time.Second)
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		<-nodeProcess.done
		cancel(fmt.Errorf("the node ended: %w", nodeProcess.err))
	}()
	record.NodePID = nodeProcess.pid
	if err := inst.Save(record); err != nil {
		return err
	}

	if err := serve(ctx, record); err != nil {
		return err
	}
	routeServer := &routeServer{nodePID: record.NodePID}
	if err := routeServer.set(routes); err != nil {
		return err
	}
	if err := bringUp(ctx, inst, &record, started, report); err != nil {
		return err
	}
	record.Ready = true
	if err := inst.Save(record); err != nil {
		return err
	}
	report.Send(progress.Event{Ready: true})
	answerReloads(ctx, inst, record, routeServer, hangups)
	if nodeProcess.ended() {
		return context.Cause(ctx)
	}
	return nil
}

// plan settles addresses and certificates, and writes everything that the node reads. It returns the registry endpoints
// that the supervisor has to serve.
func plan(inst instance.Instance, record *instance.Record) ([]registries.Route, error) {
	used, err := network.Used()
	if err != nil {
		return nil, err
	}
	addresses, err := network.Plan(inst, record.Network, used)
	if err != nil {
		return nil, err
	}
	record.Network = &addresses
	record.APIPort = apiPort
	record.Server = "https://" + net.JoinHostPort(addresses.NodeIP, strconv.Itoa(apiPort))
	if err := node.PrepareState(inst.Dir); err != nil {
		return nil, err
	}
	if err := inst.Save(*record); err != nil {
		return nil, err
	}
	_, routes, err := writeRuntimeConfig(inst, *record)
	if err != nil {
		return nil, err
	}
	return routes, pki.Write(pki.Plan{
		Dir:        inst.Path("pki"),
		ServerURL:  "https://" + net.JoinHostPort(loopback, strconv.Itoa(apiPort)),
		AdminURL:   record.Server,
		APIHosts:   []string{addresses.APIIP, addresses.NodeIP, inst.Name},
		NodeName:   inst.Name,
		NodeHosts:  []string{addresses.NodeIP, inst.Name},
		AdminPath:  inst.Kubeconfig(),
		ContextTag: inst.Name,
	})
}

// nodeProcess is the node's first process. When it ends, the kernel ends all others of the node.
type nodeProcess struct {
	pid  int
	done chan struct{}
	err  error // valid once done is closed
}

// startNode makes the node's namespaces and links them to the host.
func startNode(inst instance.Instance, record instance.Record, events *os.File) (*nodeProcess, error) {
	linked, link, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making a pipe to the node: %w", err)
	}
	defer linked.Close()
	defer link.Close()
	command := exec.Command(process.Self, NodeCommand, inst.Name, inst.Dir)
	command.Args[0] = "factory-cluster"
	command.Dir = "/"
	command.Stdout, command.Stderr = os.Stderr, os.Stderr
	command.ExtraFiles = []*os.File{events, linked}
	command.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS,
	}
	spawner := process.NewSpawner()
	if err := spawner.Start(command); err != nil {
		return nil, fmt.Errorf("making the node's namespaces: %w", err)
	}
	n := &nodeProcess{pid: command.Process.Pid, done: make(chan struct{})}
	go func() {
		n.err = spawner.Wait(command)
		close(n.done)
	}()
	if err := network.Attach(inst.Link(), n.pid, *record.Network); err != nil {
		n.end(0)
		return nil, err
	}
	return n, nil
}

func (n *nodeProcess) ended() bool {
	select {
	case <-n.done:
		return true
	default:
		return false
	}
}

// end asks the node to end and, after grace, ends it.
func (n *nodeProcess) end(grace time.Duration) {
	if grace > 0 {
		syscall.Kill(n.pid, syscall.SIGTERM)
	}
	select {
	case <-n.done:
	case <-time.After(grace):
		syscall.Kill(n.pid, syscall.SIGKILL)
		<-n.done
	}
}
