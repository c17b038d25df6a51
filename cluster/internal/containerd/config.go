package containerd

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/cluster/internal/pause"
)

// Auth is one registry's credentials, as containerd's configuration takes them.
type Auth struct {
	Username, Password string
	Auth               string // base64 of username:password, instead of the two
	IdentityToken      string
}

// Config is what differs from one node to another.
type Config struct {
	PluginDir   string // CNI executables
	NetworkDir  string // CNI configuration
	CertsDir    string // directories HOST/hosts.toml, read at every pull
	Snapshotter string
	Auths       map[string]Auth // by registry host
}

// Render returns containerd's config.toml (version 2, containerd 1.6 or later).
func (c Config) Render() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.internal.v1.tracing",
]

[grpc]
  address = %s

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = %s
  # Without CAP_SYS_RESOURCE no process may be made less likely to be killed than its parent.
  restrict_oom_score_adj = true
  tolerate_missing_hugetlb_controller = true
  max_concurrent_downloads = 6

  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = %s
    default_runtime_name = "runc"
    discard_unpacked_layers = false

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = %s
    conf_dir = %s

  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = %s
`, Quote(Socket), Quote(pause.Reference), Quote(c.Snapshotter), Quote(c.PluginDir), Quote(c.NetworkDir), Quote(c.CertsDir))

	hosts := make([]string, 0, len(c.Auths))
	for host := range c.Auths {
		hosts = append(hosts, host)
	}
	slices.Sort(hosts)
	for _, host := range hosts {
		fmt.Fprintf(&b, "\n    [plugins.\"io.containerd.grpc.v1.cri\".registry.configs.%s.auth]\n", Quote(host))
		auth := c.Auths[host]
		for _, field := range [][2]string{
			{"username", auth.Username}, {"password", auth.Password},
			{"auth", auth.Auth}, {"identitytoken", auth.IdentityToken},
		} {
			if field[1] != "" {
				fmt.Fprintf(&b, "      %s = %s\n", field[0], Quote(field[1]))
			}
		}
	}
	return []byte(b.String())
}

// Quote writes s as a TOML basic string. TOML knows no \x escapes, which strconv.Quote would use for control characters.
func Quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// NetworkConfig returns the CNI configuration of the pods' network: one bridge, addresses from pods (a CIDR).
func NetworkConfig(pods string) ([]byte, error) {
	data, err := json.MarshalIndent(map[string]any{
		"cniVersion": "0.4.0",
		"name":       "pods",
		"plugins": []map[string]any{
			{
				"type":             "bridge",
				"bridge":           "pods",
				"isGateway":        true,
				"isDefaultGateway": true,
				// A pod that calls its own Service gets its packet back through the port it came from.
				"hairpinMode": true,
				"ipam": map[string]any{
					"type":    "host-local",
					"ranges":  [][]map[string]string{{{"subnet": pods}}},
					"dataDir": "/var/lib/cni/networks",
				},
			},
			{"type": "portmap", "capabilities": map[string]bool{"portMappings": true}},
		},
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encoding the pods' network configuration: %w", err)
	}
	return data, nil
}
