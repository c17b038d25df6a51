package pki

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

func plan(dir string) Plan {
	return Plan{
		Dir: dir, ServerURL: "https://127.0.0.1:6443", AdminURL: "https://10.1.0.2:6443", APIHosts: []string{"10.1.0.2", "10.2.0.1"},
		NodeName: "n", NodeHosts: []string{"10.1.0.2", "n"}, AdminPath: filepath.Join(dir, "admin.yaml"), ContextTag: "n",
	}
}

func certificate(t *testing.T, data []byte) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode(data)
	if block == nil {
		t.Fatalf("no PEM: %s", data)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestServingCertificates(t *testing.T) {
	dir := t.TempDir()
	if err := Write(plan(dir)); err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(read(t, filepath.Join(dir, "ca.crt")))
	for name, hosts := range map[string][]string{
		"apiserver": {"127.0.0.1", "localhost", "kubernetes.default.svc.cluster.local", "10.1.0.2", "10.2.0.1"},
		"kubelet":   {"10.1.0.2", "n"},
	} {
		cert := certificate(t, read(t, filepath.Join(dir, name+".crt")))
		for _, host := range hosts {
			if _, err := cert.Verify(x509.VerifyOptions{DNSName: host, Roots: roots}); err != nil {
				t.Errorf("%s as %s: %v", name, host, err)
			}
		}
		if _, err := tls.LoadX509KeyPair(filepath.Join(dir, name+".crt"), filepath.Join(dir, name+".key")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if until := time.Until(cert.NotAfter); until < 365*24*time.Hour {
			t.Errorf("%s ends in %s", name, until)
		}
	}
}

func TestKubeconfigs(t *testing.T) {
	dir := t.TempDir()
	if err := Write(plan(dir)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]struct{ server, name, group string }{
		"admin.yaml":                         {"https://10.1.0.2:6443", "kubernetes-admin", "system:masters"},
		"kubelet.kubeconfig":                 {"https://127.0.0.1:6443", "system:node:n", "system:nodes"},
		"kube-scheduler.kubeconfig":          {"https://127.0.0.1:6443", "system:kube-scheduler", ""},
		"kube-controller-manager.kubeconfig": {"https://127.0.0.1:6443", "system:kube-controller-manager", ""},
		"kube-proxy.kubeconfig":              {"https://127.0.0.1:6443", "system:kube-proxy", ""},
	} {
		var config struct {
			Clusters []struct{ Cluster struct{ Server string } }
			Users    []struct {
				User struct {
					Cert []byte `json:"client-certificate-data"`
				}
			}
		}
		if err := yaml.Unmarshal(read(t, filepath.Join(dir, path)), &config); err != nil {
			t.Fatal(err)
		}
		subject := certificate(t, config.Users[0].User.Cert).Subject
		if config.Clusters[0].Cluster.Server != want.server || subject.CommonName != want.name || strings.Join(subject.Organization, "") != want.group {
			t.Errorf("%s: %s, %s", path, config.Clusters[0].Cluster.Server, subject)
		}
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s may be read by others: %v", path, info.Mode())
		}
	}
}

// What clients and tokens trust stays; what servers show is new.
func TestSecondWriteKeepsAuthorities(t *testing.T) {
	dir := t.TempDir()
	if err := Write(plan(dir)); err != nil {
		t.Fatal(err)
	}
	kept := map[string][]byte{}
	for _, name := range []string{"ca.crt", "ca.key", "front-proxy-ca.crt", "service-accounts.key", "service-accounts.pub"} {
		kept[name] = read(t, filepath.Join(dir, name))
	}
	serving := read(t, filepath.Join(dir, "apiserver.crt"))
	if err := Write(plan(dir)); err != nil {
		t.Fatal(err)
	}
	for name, before := range kept {
		if !bytes.Equal(before, read(t, filepath.Join(dir, name))) {
			t.Errorf("%s has changed", name)
		}
	}
	if bytes.Equal(serving, read(t, filepath.Join(dir, "apiserver.crt"))) {
		t.Error("the serving certificate was not issued anew")
	}
}

func TestForeignKeyIsRefused(t *testing.T) {
	dir := t.TempDir()
	if _, err := LoadOrCreateAuthority(filepath.Join(dir, "a"), "a"); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadOrCreateAuthority(filepath.Join(dir, "b"), "b"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "b.key"), filepath.Join(dir, "a.key")); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadOrCreateAuthority(filepath.Join(dir, "a"), "a"); err == nil || !strings.Contains(err.Error(), "do not belong together") {
		t.Errorf("got %v", err)
	}
}

func TestWithoutANodeNothingOfOneIsWritten(t *testing.T) {
	dir := t.TempDir()
	p := plan(dir)
	p.NodeName = ""
	if err := Write(p); err != nil {
		t.Fatal(err)
	}
	if matches, _ := filepath.Glob(filepath.Join(dir, "kubelet*")); len(matches) > 0 {
		t.Errorf("written: %v", matches)
	}
}
