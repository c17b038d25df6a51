package checks

import (
	"path"
	"slices"
	"strings"

	"k8s.io/pod-security-admission/api"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
)

// What a pod shares with its node. At a narrower level than these need, pod-security speaks instead.
func hostChecks() []Check {
	return []Check{{
		Rule: rule.Rule{
			ID: "host-network", Severity: rule.Warning,
			What:      "a pod in the node's network",
			Reason:    "It reaches what listens on the node's loopback, no NetworkPolicy holds it, and its ports are the node's.",
			Fix:       "leave security.hostNetwork out, and use a Service",
			Elsewhere: "kube-linter host-network",
		},
		Run: beyond(api.LevelPrivileged, eachPod(func(p *rendered.Pod, found rule.Found) {
			if p.Spec.HostNetwork {
				found(p.Object, rule.Key{"security", "hostNetwork"}, "the pod is in the node's network")
			}
		})),
	}, {
		Rule: rule.Rule{
			ID: "host-pid", Severity: rule.Warning,
			What:      "a pod that sees the node's processes",
			Reason:    "Their command lines, environments and memory may be read, those of other teams too.",
			Fix:       "leave security.hostPID out",
			Elsewhere: "kube-linter host-pid",
		},
		Run: beyond(api.LevelPrivileged, eachPod(func(p *rendered.Pod, found rule.Found) {
			if p.Spec.HostPID {
				found(p.Object, rule.Key{"security", "hostPID"}, "the pod sees the node's processes")
			}
		})),
	}, {
		Rule: rule.Rule{
			ID: "host-ipc", Severity: rule.Warning,
			What:      "a pod that shares the node's memory segments and queues",
			Reason:    "It can read and change what other processes of the node share.",
			Fix:       "leave security.hostIPC out",
			Elsewhere: "kube-linter host-ipc",
		},
		Run: beyond(api.LevelPrivileged, eachPod(func(p *rendered.Pod, found rule.Found) {
			if p.Spec.HostIPC {
				found(p.Object, rule.Key{"security", "hostIPC"}, "the pod shares the node's memory segments")
			}
		})),
	}, {
		Rule: rule.Rule{
			ID: "host-port", Severity: rule.Warning,
			What:   "a container that takes a port of its node",
			Reason: "Only one such pod fits on a node, and whoever reaches the node reaches it, past Services and policies.",
			Fix:    "leave hostPort out, and use a Service",
		},
		Run: beyond(api.LevelPrivileged, eachContainer(func(c rendered.Container, found rule.Found) {
			for _, port := range c.Ports {
				if port.HostPort != 0 && !c.Pod.Spec.HostNetwork {
					found(c.Pod.Object, c.Key("ports", port.Name), "container %s takes port %d of the node", c.Name, port.HostPort)
				}
			}
		})),
	}, {
		Rule: rule.Rule{
			ID: "docker-sock", Severity: rule.Error,
			What:      "a pod that holds the socket of the node's container runtime",
			Reason:    "Who can talk to it can start a privileged container: it is root on the node.",
			Fix:       "leave the mount out; waive this where it is the service's very purpose",
			Elsewhere: "kube-linter docker-sock",
		},
		Run: beyond(api.LevelPrivileged, eachPod(runtimeSocket)),
	}, {
		Rule: rule.Rule{
			ID: "sensitive-host-mounts", Severity: rule.Error,
			What:      "a pod that holds a folder of the node from which it can be taken over",
			Reason:    "Keys, programs and kernel settings of the node are in reach of whoever breaks into the pod.",
			Fix:       "mount the one folder that is needed, read-only: {hostPath: /var/log, readOnly: true}; waive this where the service needs it",
			Elsewhere: "kube-linter sensitive-host-mounts",
		},
		Run: beyond(api.LevelPrivileged, eachPod(sensitiveMount)),
	}, {
		Rule: rule.Rule{
			ID: "writable-host-mount", Severity: rule.Warning,
			What:      "a container that may write to a folder of its node",
			Reason:    "What it leaves there outlives the pod, fills the node's disk, and is read by others.",
			Fix:       "say readOnly: true",
			Elsewhere: "kube-linter writable-host-mount",
		},
		Run: beyond(api.LevelPrivileged, eachContainer(writableHostMount)),
	}, {
		Rule: rule.Rule{
			ID: "unsafe-sysctls", Severity: rule.Warning,
			What:      "a pod that sets kernel parameters which are not its own alone",
			Reason:    "A node refuses such a pod unless its kubelet was told to allow the parameter, and other pods of the node feel the change.",
			Fix:       "leave the parameter out, or set it on the nodes that are for this",
			Elsewhere: "kube-linter unsafe-sysctls",
		},
		Run: beyond(api.LevelPrivileged, eachPod(unsafeSysctls)),
	}}
}

func runtimeSocket(p *rendered.Pod, found rule.Found) {
	for name, folder := range hostPaths(p) {
		if strings.HasSuffix(folder, "docker.sock") || strings.HasSuffix(folder, "containerd.sock") || strings.HasSuffix(folder, "crio.sock") {
			found(p.Object, rule.Key{"volumes", name}, "the volume %s is %s, the socket of the container runtime", name, folder)
		}
	}
}

func sensitiveMount(p *rendered.Pod, found rule.Found) {
	for name, folder := range hostPaths(p) {
		for _, sensitive := range []string{"/boot", "/dev", "/etc", "/lib", "/proc", "/root", "/sys", "/usr", "/var/lib/kubelet", "/var/lib/etcd", "/var/lib/rancher", "/home"} {
			if folder == "/" || folder == sensitive || strings.HasPrefix(folder, sensitive+"/") {
				found(p.Object, rule.Key{"volumes", name}, "the volume %s is %s of the node", name, folder)
				break
			}
		}
	}
}

func writableHostMount(c rendered.Container, found rule.Found) {
	folders := hostPaths(c.Pod)
	for _, mount := range c.VolumeMounts {
		if folder, ok := folders[mount.Name]; ok && !mount.ReadOnly {
			found(c.Pod.Object, rule.Key{"volumes", mount.Name}, "container %s may write to %s of the node", c.Name, folder)
		}
	}
}

func unsafeSysctls(p *rendered.Pod, found rule.Found) {
	if p.Spec.SecurityContext == nil {
		return
	}
	// Those that Kubernetes counts as safe: https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster
	safe := []string{
		"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.tcp_syncookies",
		"net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout",
		"net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
	}
	for _, s := range p.Spec.SecurityContext.Sysctls {
		if !slices.Contains(safe, s.Name) {
			found(p.Object, rule.Key{"security"}, "the pod sets %s", s.Name)
		}
	}
}

// hostPaths are the volumes of a pod that are folders of the node, by name.
func hostPaths(p *rendered.Pod) map[string]string {
	out := map[string]string{}
	for _, v := range p.Spec.Volumes {
		if v.HostPath != nil {
			out[v.Name] = path.Clean(v.HostPath.Path)
		}
	}
	return out
}
