package pki

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/helm-chart-factory/factory/cluster/internal/instance"
)

// Plan says whom the cluster's certificates are for and where its API server is found.
type Plan struct {
	Dir        string   // where everything is written
	ServerURL  string   // as the components reach the API server
	AdminURL   string   // as the host reaches the API server
	APIHosts   []string // further names and addresses of the API server
	NodeName   string   // empty: no node
	NodeHosts  []string // names and addresses of the kubelet
	AdminPath  string   // where the admin's kubeconfig is written
	ContextTag string   // the name of the cluster and context in kubeconfigs
}

// Write creates what is missing (authorities, the key of the service accounts) and issues every leaf certificate and
// kubeconfig anew. Files below Dir:
//
//	ca.crt ca.key                      the cluster's authority
//	front-proxy-ca.crt/.key            the authority for requests that the API server hands on
//	service-accounts.key/.pub          signs and verifies service account tokens
//	apiserver.crt/.key                 the API server's serving certificate
//	apiserver-kubelet.crt/.key         the API server as client of the kubelet
//	front-proxy.crt/.key               the API server as client of extension servers
//	kubelet.crt/.key                   the kubelet's serving certificate (with a node)
//	NAME.kubeconfig                    for supervisor, kube-controller-manager, kubelet, kube-scheduler and kube-proxy
func Write(plan Plan) error {
	at := func(name string) string { return filepath.Join(plan.Dir, name) }
	ca, err := LoadOrCreateAuthority(at("ca"), "factory-cluster-ca")
	if err != nil {
		return err
	}
	frontProxy, err := LoadOrCreateAuthority(at("front-proxy-ca"), "factory-cluster-front-proxy-ca")
	if err != nil {
		return err
	}
	if err := ensureTokenKey(at("service-accounts")); err != nil {
		return err
	}

	apiHosts := append([]string{
		"localhost", "127.0.0.1", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
		"kubernetes.default.svc.cluster.local",
	}, plan.APIHosts...)
	leaves := []leaf{
		{at("apiserver"), ca, Subject{CommonName: "kube-apiserver", Hosts: apiHosts}},
		{at("apiserver-kubelet"), ca, Subject{CommonName: "kube-apiserver-kubelet-client", Organization: "system:masters"}},
		{at("front-proxy"), frontProxy, Subject{CommonName: "front-proxy-client"}},
	}
	clients := []client{
		{plan.AdminPath, plan.AdminURL, Subject{CommonName: "kubernetes-admin", Organization: "system:masters"}},
		{at("supervisor.kubeconfig"), plan.ServerURL, Subject{CommonName: "factory-supervisor", Organization: "system:masters"}},
		{at("kube-controller-manager.kubeconfig"), plan.ServerURL, Subject{CommonName: "system:kube-controller-manager"}},
	}
	if plan.NodeName != "" {
		node := Subject{CommonName: "system:node:" + plan.NodeName, Organization: "system:nodes"}
		serving := node
		serving.Hosts = plan.NodeHosts
		leaves = append(leaves, leaf{at("kubelet"), ca, serving})
		clients = append(clients,
			client{at("kubelet.kubeconfig"), plan.ServerURL, node},
			client{at("kube-scheduler.kubeconfig"), plan.ServerURL, Subject{CommonName: "system:kube-scheduler"}},
			client{at("kube-proxy.kubeconfig"), plan.ServerURL, Subject{CommonName: "system:kube-proxy"}},
		)
	}

	for _, leaf := range leaves {
		pair, err := leaf.issuer.Issue(leaf.subject)
		if err != nil {
			return err
		}
		if err := instance.WriteFile(leaf.base+".crt", pair.Cert, 0o600); err != nil {
			return err
		}
		if err := instance.WriteFile(leaf.base+".key", pair.Key, 0o600); err != nil {
			return err
		}
	}
	for _, client := range clients {
		pair, err := ca.Issue(client.subject)
		if err != nil {
			return err
		}
		config, err := Kubeconfig(plan.ContextTag, client.url, ca.CertPEM, pair)
		if err != nil {
			return err
		}
		if err := instance.WriteFile(client.path, config, 0o600); err != nil {
			return err
		}
	}
	return nil
}

type leaf struct {
	base    string
	issuer  *Authority
	subject Subject
}

type client struct {
	path, url string
	subject   Subject
}

// The key outlives restarts: tokens that it signed stay valid.
func ensureTokenKey(base string) error {
	if _, err := os.Stat(base + ".pub"); err == nil {
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading the service accounts' key: %w", err)
	}
	key, keyPEM, err := newKey()
	if err != nil {
		return err
	}
	public, err := publicPEM(key.Public())
	if err != nil {
		return err
	}
	if err := instance.WriteFile(base+".key", keyPEM, 0o600); err != nil {
		return err
	}
	return instance.WriteFile(base+".pub", public, 0o600)
}
