package node

import (
	"fmt"
	"path/filepath"

	"sigs.k8s.io/yaml"

	"github.com/helm-chart-factory/factory/cluster/internal/containerd"
	"github.com/helm-chart-factory/factory/cluster/internal/instance"
	"github.com/helm-chart-factory/factory/cluster/internal/process"
)

// The names of the node's programs.
const (
	Kubelet = "kubelet"
	Proxy   = "kube-proxy"
)

// ResolvConf is the node's own resolver configuration: an empty one.
const ResolvConf = "/run/resolv.conf"

// ClusterDomain ends the names of Services.
const ClusterDomain = "cluster.local"

func pki(name string) string { return filepath.Join(Root, "pki", name) }

// KubeletConfig returns the kubelet's configuration file. cgroup is the node's own control group.
func KubeletConfig(plan instance.Network, cgroup string) ([]byte, error) {
	return encode(map[string]any{
		"apiVersion": "kubelet.config.k8s.io/v1beta1",
		"kind":       "KubeletConfiguration",
		"authentication": map[string]any{
			"anonymous": map[string]any{"enabled": false},
			"webhook":   map[string]any{"enabled": true, "cacheTTL": "10s"},
			"x509":      map[string]any{"clientCAFile": pki("ca.crt")},
		},
		"authorization":             map[string]any{"mode": "Webhook"},
		"tlsCertFile":               pki("kubelet.crt"),
		"tlsPrivateKeyFile":         pki("kubelet.key"),
		"containerRuntimeEndpoint":  "unix://" + containerd.Socket,
		"clusterDomain":             ClusterDomain,
		"clusterDNS":                []string{plan.DNSIP},
		"resolvConf":                ResolvConf,
		"volumePluginDir":           "/var/lib/kubelet/volume-plugins",
		"cgroupDriver":              "cgroupfs",
		"cgroupRoot":                "/" + cgroup,
		"failCgroupV1":              false,
		"failSwapOn":                false,
		"oomScoreAdj":               0,
		"serializeImagePulls":       false,
		"maxParallelImagePulls":     6,
		"registryPullQPS":           0,
		"eventRecordQPS":            0,
		"kubeAPIQPS":                100,
		"kubeAPIBurst":              200,
		"nodeStatusUpdateFrequency": "5s",
		// How full this machine's disk is must not decide whether its pods may live.
		"evictionHard": map[string]string{
			"memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%", "nodefs.inodesFree": "1%",
		},
		"imageGCHighThresholdPercent": 100,
		"imageGCLowThresholdPercent":  99,
		"syncFrequency":               "30s",
	})
}

// ProxyConfig returns kube-proxy's configuration file. Where bridged packets bypass the packet filter, an answer from a pod
// to its neighbour would not find its way back through the Service's address: then all traffic is masqueraded.
func ProxyConfig(plan instance.Network, nodeName string, bridged bool) ([]byte, error) {
	return encode(map[string]any{
		"apiVersion":         "kubeproxy.config.k8s.io/v1alpha1",
		"kind":               "KubeProxyConfiguration",
		"clientConnection":   map[string]any{"kubeconfig": pki(Proxy + ".kubeconfig")},
		"mode":               "iptables",
		"iptables":           map[string]any{"masqueradeAll": !bridged, "minSyncPeriod": "100ms"},
		"clusterCIDR":        plan.Pods,
		"hostnameOverride":   nodeName,
		"bindAddress":        plan.NodeIP,
		"healthzBindAddress": "127.0.0.1:10256",
		"metricsBindAddress": "127.0.0.1:10249",
		"oomScoreAdj":        0,
		// Limits of the whole machine: not ours to set.
		"conntrack": map[string]any{
			"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s",
		},
	})
}

func encode(content map[string]any) ([]byte, error) {
	data, err := yaml.Marshal(content)
	if err != nil {
		return nil, fmt.Errorf("encoding %v: %w", content["kind"], err)
	}
	return data, nil
}

func program(name, path string, args ...string) process.Spec {
	return process.Spec{Name: name, Path: path, Args: args, Dir: "/", Log: filepath.Join(Root, "logs", name+".log")}
}

// RuntimeProgram is containerd. Its pulls leave the node through proxy, a URL, since the node has no other way out.
func RuntimeProgram(path, proxy string) process.Spec {
	spec := program(containerd.Name, path, "--config", filepath.Join(Root, "etc", "containerd.toml"))
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		spec.Env = append(spec.Env, name+"="+proxy)
	}
	spec.Env = append(spec.Env, "NO_PROXY=localhost,127.0.0.1", "no_proxy=localhost,127.0.0.1")
	return spec
}

// KubeletProgram is the kubelet.
func KubeletProgram(nodeName, nodeIP string) process.Spec {
	return program(Kubelet, process.Self, Kubelet,
		"--config="+filepath.Join(Root, "etc", "kubelet.yaml"),
		"--kubeconfig="+pki(Kubelet+".kubeconfig"),
		"--hostname-override="+nodeName,
		"--node-ip="+nodeIP,
	)
}

// ProxyProgram is kube-proxy.
func ProxyProgram() process.Spec {
	return program(Proxy, process.Self, Proxy, "--config="+filepath.Join(Root, "etc", "kube-proxy.yaml"))
}
