package survival_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/kube"
)

func TestACertificateThatExpiresMeanwhileIsToldAndTheNextDeployGoesOn(t *testing.T) {
	opts := options(t)
	end := time.Now().Add(6 * time.Second).Truncate(time.Second)
	opts.Values = map[string]any{"db": map[string]any{"enabled": false}} // its claim would end the waiting first
	short := opts
	short.Cluster, short.Timeout = until(t, opts.Cluster, end), 2*time.Minute
	start := time.Now()
	_, err := deploy.Apply(t.Context(), short) // no pod runs, so it waits past the end
	var refused *kube.CredentialsError
	if !errors.As(err, &refused) || !refused.Expired.Equal(end) {
		t.Fatalf("got %v, want credentials that expired at %s", err, end)
	}
	if took := time.Since(start); took > time.Minute {
		t.Errorf("it took %s to notice", took)
	}
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	apply(t, opts)
	wantSettled(t, opts)
}

// until is the tests' API server with a client certificate that ends at a moment.
func until(t *testing.T, cluster *kube.Cluster, end time.Time) *kube.Cluster {
	t.Helper()
	pki := filepath.Join(filepath.Dir(cluster.Kubeconfig), "pki")
	authority, err := tls.LoadX509KeyPair(filepath.Join(pki, "ca.crt"), filepath.Join(pki, "ca.key"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "short", Organization: []string{"system:masters"}},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: end,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, authority.Leaf, key.Public(), authority.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := cluster.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		t.Fatal(err)
	}
	config := raw.DeepCopy()
	config.AuthInfos = map[string]*api.AuthInfo{config.Contexts[config.CurrentContext].AuthInfo: {
		ClientCertificateData: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		ClientKeyData:         pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
	}}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	opened, err := kube.Open(kube.Named, path, "")
	if err != nil {
		t.Fatal(err)
	}
	return opened
}
