//go:build e2e

package e2e

import (
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/helm-chart-factory/factory/factory/kube"
)

// proxy stands between a program and the API server, and can cut their connections.
type proxy struct {
	kubeconfig string
	mu         sync.Mutex
	open       map[net.Conn]bool
	away       bool
}

// proxied makes a proxy and a kubeconfig that leads through it.
func (s *stack) proxied(t *testing.T) *proxy {
	t.Helper()
	cluster, err := kube.Open(kube.Named, s.kubeconfig, "")
	if err != nil {
		t.Fatal(err)
	}
	server, err := url.Parse(cluster.Server)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	text, err := os.ReadFile(s.kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{kubeconfig: filepath.Join(t.TempDir(), "kubeconfig.yaml"), open: map[net.Conn]bool{}}
	text = []byte(strings.ReplaceAll(string(text), cluster.Server, "https://"+listener.Addr().String()))
	if err := os.WriteFile(p.kubeconfig, text, 0o600); err != nil {
		t.Fatal(err)
	}
	go p.serve(listener, server.Host)
	return p
}

func (p *proxy) serve(listener net.Listener, server string) {
	for {
		near, err := listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", server)
		if err != nil || !p.keep(near, far) {
			near.Close()
			continue
		}
		go pipe(near, far)
		go pipe(far, near)
	}
}

func pipe(from, to net.Conn) {
	_, _ = io.Copy(to, from) // either side may go at any time
	from.Close()
	to.Close()
}

func (p *proxy) keep(both ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range both {
		p.open[conn] = true
	}
	return !p.away
}

// cut ends all connections and, until mend, every new one.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = true
	for conn := range p.open {
		conn.Close()
	}
	clear(p.open)
}

func (p *proxy) mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = false
}
