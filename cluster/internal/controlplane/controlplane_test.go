package controlplane

import (
	"slices"
	"strings"
	"testing"
)

func layout() Layout {
	return Layout{
		EtcdDir: "/s/etcd", RunDir: "/s/run", PKIDir: "/s/pki", Log: func(name string) string { return "/s/logs/" + name },
		BindIP: "127.0.0.1", PublicIP: "127.0.0.1", Port: 1234, Services: "10.43.0.0/16",
	}
}

// Another user of the machine must not reach etcd, which asks nobody who they are.
func TestEtcdListensOnSocketsOnly(t *testing.T) {
	for _, argument := range EtcdProgram(layout()).Args {
		if strings.HasPrefix(argument, "--listen-") && !strings.Contains(argument, "=unix://") {
			t.Errorf("%s", argument)
		}
	}
}

func TestWithoutANode(t *testing.T) {
	server := APIServerProgram(layout()).Args
	for _, want := range []string{"--bind-address=127.0.0.1", "--secure-port=1234", "--endpoint-reconciler-type=none", "--authorization-mode=Node,RBAC"} {
		if !slices.Contains(server, want) {
			t.Errorf("the API server lacks %s", want)
		}
	}
	for _, argument := range ControllerManagerProgram(layout()).Args {
		if strings.HasPrefix(argument, "--cluster-cidr") {
			t.Errorf("the controllers hand out pod addresses: %s", argument)
		}
	}
}

func TestWithANode(t *testing.T) {
	l := layout()
	l.Pods, l.PodMask, l.Endpoints = "10.1.0.0/17", 17, true
	controllers := ControllerManagerProgram(l).Args
	for _, want := range []string{"--cluster-cidr=10.1.0.0/17", "--node-cidr-mask-size=17", "--pvclaimbinder-sync-period=1s", "--secure-port=0"} {
		if !slices.Contains(controllers, want) {
			t.Errorf("the controllers lack %s", want)
		}
	}
	if slices.Contains(APIServerProgram(l).Args, "--endpoint-reconciler-type=none") {
		t.Error("nobody keeps the endpoints of the Service kubernetes")
	}
}
