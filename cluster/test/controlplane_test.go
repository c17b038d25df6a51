package test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestControlPlane(t *testing.T) {
	c := newCluster(t, "alone")
	c.run("start", "--no-node")

	s := c.status()
	if !s.Running || !s.Ready || s.Node || !strings.HasPrefix(s.Server, "https://127.0.0.1:") {
		t.Fatalf("status: %+v", s)
	}
	if got := c.run("kubeconfig"); got != s.Kubeconfig {
		t.Errorf("kubeconfig prints %q, status says %q", got, s.Kubeconfig)
	}
	if out := c.try("start", "--no-node"); !strings.Contains(out, "runs already") {
		t.Errorf("second start says %q", out)
	}

	t.Run("tokens are signed and RBAC judges them", func(t *testing.T) {
		token := c.kubectl("create", "token", "default")
		code, body := get(t, s.Server+"/api/v1/namespaces/default/secrets", token)
		if code != http.StatusForbidden || !strings.Contains(body, "system:serviceaccount:default:default") {
			t.Errorf("listing secrets with a bare service account's token: %d %s", code, body)
		}
		if code, body := get(t, s.Server+"/api/v1/namespaces/default/secrets", token+"x"); code != http.StatusUnauthorized {
			t.Errorf("with a forged token: %d %s", code, body)
		}
	})
	t.Run("Pod Security is enforced", func(t *testing.T) {
		c.kubectl("create", "namespace", "strict")
		c.kubectl("label", "namespace", "strict", "pod-security.kubernetes.io/enforce=restricted")
		out := c.try("kubectl", "run", "p", "-n", "strict", "--image", "none", "--privileged")
		if !strings.Contains(out, "violates PodSecurity") {
			t.Errorf("a privileged pod: %s", out)
		}
	})
	t.Run("objects and the address outlive a killed supervisor", func(t *testing.T) {
		c.kubectl("create", "configmap", "kept")
		kill(t, s.PID)
		eventually(t, 5*time.Second, func() string { return running(t, c.dir) })
		if c.status().Running {
			t.Error("status says that it still runs")
		}
		c.run("start", "--no-node")
		if now := c.status(); now.Server != s.Server {
			t.Errorf("the server moved from %s to %s", s.Server, now.Server)
		}
		c.kubectl("get", "configmap", "kept")
	})
	t.Run("a component that ends is started again", func(t *testing.T) {
		pid := processOf(t, c.dir, "kube-controller-manager")
		kill(t, pid)
		eventually(t, 15*time.Second, func() string {
			if now := processOf(t, c.dir, "kube-controller-manager"); now != 0 && now != pid {
				return ""
			}
			return "no new controller manager"
		})
	})
	c.run("stop", "--purge")
	if out := running(t, c.dir); out != "" {
		t.Error(out)
	}
	if _, err := os.Stat(c.dir); !os.IsNotExist(err) {
		t.Errorf("the state is still there: %v", err)
	}
}

func TestControlPlanesSideBySide(t *testing.T) {
	var starting sync.WaitGroup
	var clusters []*cluster
	for i := range 2 {
		c := newCluster(t, fmt.Sprintf("side-%d", i))
		clusters = append(clusters, c)
		starting.Go(func() {
			if out, err := c.command("start", "--no-node").CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	starting.Wait()
	if t.Failed() {
		t.FailNow()
	}
	clusters[0].kubectl("create", "namespace", "only-in-one")
	if out := clusters[1].try("kubectl", "get", "namespace", "only-in-one"); !strings.Contains(out, "NotFound") {
		t.Errorf("the second cluster: %s", out)
	}
}

// A start that fails says which component failed and leaves nothing that runs.
func TestFailedStart(t *testing.T) {
	c := newCluster(t, "broken")
	c.run("start", "--no-node")
	c.run("stop")
	if err := os.WriteFile(c.dir+"/pki/service-accounts.pub", []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := c.try("start", "--no-node")
	for _, want := range []string{"kube-apiserver", "its last lines", "next: ", "exit status 1"} {
		if !strings.Contains(out, want) {
			t.Errorf("the message lacks %q:\n%s", want, out)
		}
	}
	if out := running(t, c.dir); out != "" {
		t.Error(out)
	}
}

func TestWithoutRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("left out: starting as another user, which only root can try (all else here has run without root)")
		return
	}
	dir, err := os.MkdirTemp("", "factory-user")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	copied := dir + "/factory-cluster"
	if err := os.Link(program(t), copied); err != nil {
		if out, err := exec.Command("cp", program(t), copied).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	user := func(args ...string) (string, error) {
		command := exec.Command(copied, append(args, "--name", "user", "--state", dir+"/state")...)
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		out, err := command.CombinedOutput()
		return string(out), err
	}
	if out, err := user("start", "--no-node"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if out, err := user("stop", "--purge"); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	out, err := user("start")
	if err == nil || !strings.Contains(out, "root (this is user 65534)") || !strings.Contains(out, "--no-node") {
		t.Errorf("with a node: %v: %s", err, out)
	}
	if _, err := os.Stat(dir + "/state"); !os.IsNotExist(err) {
		t.Errorf("a start that was refused left its directory: %v", err)
	}
}

func get(t *testing.T, url, token string) (int, string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	// Who the server is does not matter here: kubectl's own calls verify it.
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}
