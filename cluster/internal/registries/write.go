package registries

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/helm-chart-factory/factory/cluster/internal/containerd"
	"github.com/helm-chart-factory/factory/cluster/internal/instance"
)

// Write makes dir containerd's directory of hosts: one directory each, nothing else. The node sees dir as nodeDir. TLS
// files are copied into it, because the node does not see all directories of the host.
func (p Plan) Write(dir, nodeDir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("reading registry directory: %w", err)
	}
	for _, entry := range entries {
		if _, ok := p.Hosts[entry.Name()]; !ok {
			if err := os.RemoveAll(filepath.Join(dir, entry.Name())); err != nil {
				return fmt.Errorf("removing what an earlier registries file said: %w", err)
			}
		}
	}
	for name, host := range p.Hosts {
		hostDir := filepath.Join(dir, name)
		if strings.ContainsAny(name, "/\\") || name == ".." || name == "." {
			return fmt.Errorf("registry host %q is not a host name", name)
		}
		if err := os.MkdirAll(hostDir, 0o700); err != nil {
			return fmt.Errorf("creating registry directory: %w", err)
		}
		files := copier{dir: hostDir, nodeDir: filepath.Join(nodeDir, name)}
		content, err := render(host, &files)
		if err != nil {
			return fmt.Errorf("registry host %q: %w", name, err)
		}
		if err := instance.WriteFile(filepath.Join(hostDir, "hosts.toml"), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// copier copies TLS files beside a hosts.toml and knows them by the node's path.
type copier struct {
	dir, nodeDir string
	count        int
}

func (c *copier) place(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading TLS file: %w", err)
	}
	c.count++
	name := fmt.Sprintf("%d-%s", c.count, filepath.Base(path))
	if err := instance.WriteFile(filepath.Join(c.dir, name), data, 0o600); err != nil {
		return "", err
	}
	return filepath.Join(c.nodeDir, name), nil
}

// render writes a hosts.toml. It names no server: containerd then ends with the host itself.
func render(host Host, files *copier) ([]byte, error) {
	var b strings.Builder
	b.WriteString("# Made by factory-cluster from registries.yaml; changes here are lost.\n")
	if err := renderTLS(&b, "", host.TLS, files); err != nil {
		return nil, err
	}
	for _, endpoint := range host.Endpoints {
		fmt.Fprintf(&b, "\n[host.%s]\n", containerd.Quote(endpoint.URL))
		b.WriteString("  capabilities = [\"pull\", \"resolve\"]\n")
		if endpoint.OverridePath {
			b.WriteString("  override_path = true\n")
		}
		if err := renderTLS(&b, "  ", endpoint.TLS, files); err != nil {
			return nil, err
		}
	}
	return []byte(b.String()), nil
}

func renderTLS(b *strings.Builder, indent string, tls *TLS, files *copier) error {
	if tls == nil {
		return nil
	}
	if tls.CAFile != "" {
		path, err := files.place(tls.CAFile)
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "%sca = %s\n", indent, containerd.Quote(path))
	}
	if tls.CertFile != "" {
		cert, err := files.place(tls.CertFile)
		if err != nil {
			return err
		}
		// Without a key of its own, the certificate's file holds both.
		if tls.KeyFile == "" {
			fmt.Fprintf(b, "%sclient = %s\n", indent, containerd.Quote(cert))
		} else {
			key, err := files.place(tls.KeyFile)
			if err != nil {
				return err
			}
			fmt.Fprintf(b, "%sclient = [[%s, %s]]\n", indent, containerd.Quote(cert), containerd.Quote(key))
		}
	}
	if tls.InsecureSkipVerify {
		fmt.Fprintf(b, "%sskip_verify = true\n", indent)
	}
	return nil
}
