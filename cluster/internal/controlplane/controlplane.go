// Package controlplane says how etcd and the Kubernetes control plane are run: pure functions from a layout to programs.
package controlplane

import (
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/helm-chart-factory/factory/cluster/internal/process"
)

// The names of the programs, which are also their first arguments and the names of their logs.
const (
	Etcd              = "etcd"
	APIServer         = "kube-apiserver"
	ControllerManager = "kube-controller-manager"
	Scheduler         = "kube-scheduler"
)

// EtcdSocket is etcd's one address: a Unix socket in the run directory, so that neither another user nor a pod of the
// host network reaches it.
const EtcdSocket = "etcd.sock"

// Layout says where a control plane keeps its files and what it serves.
type Layout struct {
	EtcdDir   string
	RunDir    string // sockets; the programs' working directory
	PKIDir    string
	Log       func(component string) string
	BindIP    string // the API server listens here
	PublicIP  string // and tells clients to come here
	Port      int
	Services  string // CIDR
	Pods      string // CIDR; empty: no node, so none
	PodMask   int    // prefix length of a node's share of Pods
	Endpoints bool   // keep the endpoints of the Service "kubernetes"
}

// DefaultServices is the service range where there is no node to route it.
const DefaultServices = "10.43.0.0/16"

// Issuer is the issuer of service account tokens.
const Issuer = "https://kubernetes.default.svc.cluster.local"

func (l Layout) pki(name string) string { return filepath.Join(l.PKIDir, name) }

func (l Layout) program(name string, args ...string) process.Spec {
	return process.Spec{
		Name: name,
		Path: process.Self,
		Args: append([]string{name}, args...),
		Dir:  l.RunDir,
		Log:  l.Log(name),
	}
}

// EtcdProgram is the store. Its peer and advertised addresses are never dialled: it is alone.
func EtcdProgram(l Layout) process.Spec {
	const nowhere = "http://127.0.0.1:1"
	return l.program(Etcd,
		"--name=factory",
		"--data-dir="+l.EtcdDir,
		"--listen-client-urls=unix://"+EtcdSocket,
		"--advertise-client-urls="+nowhere,
		"--listen-peer-urls=unix://etcd-peer.sock",
		"--initial-advertise-peer-urls="+nowhere,
		"--initial-cluster=factory="+nowhere,
		// A crash of the machine may lose the last seconds; a crash of the programs does not.
		"--unsafe-no-fsync",
		"--auto-compaction-retention=1h",
		"--log-level=warn",
	)
}

// APIServerProgram is the API server, with upstream's default admission and, as everywhere, RBAC.
func APIServerProgram(l Layout) process.Spec {
	args := []string{
		"--etcd-servers=unix://" + EtcdSocket,
		"--bind-address=" + l.BindIP,
		"--advertise-address=" + l.PublicIP,
		"--secure-port=" + strconv.Itoa(l.Port),
		"--tls-cert-file=" + l.pki("apiserver.crt"),
		"--tls-private-key-file=" + l.pki("apiserver.key"),
		"--client-ca-file=" + l.pki("ca.crt"),
		"--kubelet-certificate-authority=" + l.pki("ca.crt"),
		"--kubelet-client-certificate=" + l.pki("apiserver-kubelet.crt"),
		"--kubelet-client-key=" + l.pki("apiserver-kubelet.key"),
		"--kubelet-preferred-address-types=InternalIP",
		"--service-account-issuer=" + Issuer,
		"--service-account-key-file=" + l.pki("service-accounts.pub"),
		"--service-account-signing-key-file=" + l.pki("service-accounts.key"),
		"--service-cluster-ip-range=" + l.Services,
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--allow-privileged=true",
		"--requestheader-client-ca-file=" + l.pki("front-proxy-ca.crt"),
		"--requestheader-allowed-names=front-proxy-client",
		"--requestheader-username-headers=X-Remote-User",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + l.pki("front-proxy.crt"),
		"--proxy-client-key-file=" + l.pki("front-proxy.key"),
	}
	if !l.Endpoints {
		// A loopback address is refused as an endpoint, over and over.
		args = append(args, "--endpoint-reconciler-type=none")
	}
	return l.program(APIServer, args...)
}

// ControllerManagerProgram runs every controller; alone, so it elects no leader, and serves no port.
func ControllerManagerProgram(l Layout) process.Spec {
	args := []string{
		"--kubeconfig=" + l.pki(ControllerManager+".kubeconfig"),
		"--service-account-private-key-file=" + l.pki("service-accounts.key"),
		"--root-ca-file=" + l.pki("ca.crt"),
		"--cluster-signing-cert-file=" + l.pki("ca.crt"),
		"--cluster-signing-key-file=" + l.pki("ca.key"),
		"--use-service-account-credentials=true",
		"--service-cluster-ip-range=" + l.Services,
		"--leader-elect=false",
		"--secure-port=0",
		"--kube-api-qps=200",
		"--kube-api-burst=400",
		// The default of 15 s would be most of a pod's wait for its volume.
		"--pvclaimbinder-sync-period=1s",
		// Created at start; the default lies in /usr/libexec.
		"--flex-volume-plugin-dir=" + filepath.Join(l.RunDir, "flexvolume"),
	}
	if l.Pods != "" {
		args = append(args, "--allocate-node-cidrs=true", "--cluster-cidr="+l.Pods,
			fmt.Sprintf("--node-cidr-mask-size=%d", l.PodMask))
	}
	return l.program(ControllerManager, args...)
}

// SchedulerProgram places pods; needed with a node only.
func SchedulerProgram(l Layout) process.Spec {
	return l.program(Scheduler,
		"--kubeconfig="+l.pki(Scheduler+".kubeconfig"),
		"--leader-elect=false",
		"--secure-port=0",
		"--kube-api-qps=200",
		"--kube-api-burst=400",
	)
}
