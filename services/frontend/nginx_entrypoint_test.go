package frontend_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	inPod    = "search platform.svc.cluster.local svc.cluster.local cluster.local corp.example\nnameserver 10.96.0.10\noptions ndots:5\n"
	ownZone  = "nameserver 10.43.0.10\nnameserver fd00::a\nsearch shop.svc.k8s.corp.example. svc.k8s.corp.example k8s.corp.example"
	inDocker = "search lan\nnameserver 127.0.0.11\noptions ndots:0\n"
)

func TestEntrypointNamesTheBackend(t *testing.T) {
	t.Parallel()
	tests := []struct{ url, resolvConf, backend, resolver string }{
		{"", inPod, "http://backend.platform.svc.cluster.local:80", "10.96.0.10"},
		{"http://backend", inPod, "http://backend.platform.svc.cluster.local:80", "10.96.0.10"},
		{"http://backend:8080/", inPod, "http://backend.platform.svc.cluster.local:8080", "10.96.0.10"},
		{"http://backend.other", inPod, "http://backend.other.svc.cluster.local:80", "10.96.0.10"},
		{"http://backend.other.svc", inPod, "http://backend.other.svc.cluster.local:80", "10.96.0.10"},
		{"http://backend.other.svc.cluster.local", inPod, "http://backend.other.svc.cluster.local:80", "10.96.0.10"},
		{"http://api.corp.example/v1/", inPod, "http://api.corp.example:80/v1", "10.96.0.10"},
		{"http://example.com.", inPod, "http://example.com:80", "10.96.0.10"},
		{"http://10.1.2.3:8080", inPod, "http://10.1.2.3:8080", "10.96.0.10"},
		{"http://[fd00::1]:8080", inPod, "http://[fd00::1]:8080", "10.96.0.10"},
		{"http://[fd00::1]", inPod, "http://[fd00::1]:80", "10.96.0.10"},
		{"http://localhost:8080", inPod, "http://127.0.0.1:8080", "10.96.0.10"},
		{"http://backend", ownZone, "http://backend.shop.svc.k8s.corp.example:80", "10.43.0.10 [fd00::a]"},
		{"http://backend.other.svc", ownZone, "http://backend.other.svc.k8s.corp.example:80", "10.43.0.10 [fd00::a]"},
		{"http://backend", inDocker, "http://backend:80", "127.0.0.11"},
		{"http://backend", "nameserver fe80::1%eth0\n", "http://backend:80", "127.0.0.1"},
	}
	for _, test := range tests {
		conf, output, err := runEntrypoint(t, test.resolvConf, "REACT_APP_API_URL="+test.url)
		if err != nil {
			t.Errorf("%q: %v: %s", test.url, err, output)
			continue
		}
		if !strings.Contains(conf, `set $backend "`+test.backend+`";`) {
			t.Errorf("%q with %q: want %s in\n%s", test.url, test.resolvConf, test.backend, conf)
		}
		if !strings.Contains(conf, "resolver "+test.resolver+" valid=10s") {
			t.Errorf("%q with %q: want resolver %s in\n%s", test.url, test.resolvConf, test.resolver, conf)
		}
	}
}

func TestEntrypointVerifiesAnHTTPSBackend(t *testing.T) {
	t.Parallel()
	roots := filepath.Join(t.TempDir(), "roots.pem")
	write(t, roots, "")
	open(t, roots)
	conf, output, err := runEntrypoint(t, inPod, "REACT_APP_API_URL=https://api.corp.example", "SSL_CERT_FILE="+roots)
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	for _, want := range []string{
		`set $backend "https://api.corp.example:443";`, "proxy_ssl_verify on;",
		`proxy_ssl_trusted_certificate "` + roots + `";`, `proxy_ssl_name "api.corp.example";`,
	} {
		if !strings.Contains(conf, want) {
			t.Errorf("want %s in\n%s", want, conf)
		}
	}
}

func TestEntrypointRefuses(t *testing.T) {
	t.Parallel()
	const advice = " Write it as http://HOST[:PORT][/BASE], for example http://backend:80.\n"
	tests := []struct{ variable, value, reason string }{
		{"REACT_APP_API_URL", "backend:80", "it does not begin with http:// or https://." + advice},
		{"REACT_APP_API_URL", "ftp://backend", "it does not begin with http:// or https://." + advice},
		{"REACT_APP_API_URL", "http://", "the host is missing." + advice},
		{"REACT_APP_API_URL", "http://:80", "the host is missing." + advice},
		{"REACT_APP_API_URL", "http://backend:", `"" is not a port from 1 to 65535.` + advice},
		{"REACT_APP_API_URL", "http://backend:0", `"0" is not a port from 1 to 65535.` + advice},
		{"REACT_APP_API_URL", "http://backend:65536", `"65536" is not a port from 1 to 65535.` + advice},
		{"REACT_APP_API_URL", "http://backend:8o", `"8o" is not a port from 1 to 65535.` + advice},
		{"REACT_APP_API_URL", "http://fd00::1", `":1" is not a port from 1 to 65535.` + advice},
		{"REACT_APP_API_URL", "http://backend; return 200", "the host has characters that a name or an address cannot have." + advice},
		{"REACT_APP_API_URL", "http://$host", "the host has characters that a name or an address cannot have." + advice},
		{"REACT_APP_API_URL", "http://a\nb", "the host has characters that a name or an address cannot have." + advice},
		{"REACT_APP_API_URL", "http://[::1;]", "the IPv6 address is not one." + advice},
		{"REACT_APP_API_URL", `http://backend/"; return 200`, "the path may hold letters, digits and . _ ~ / - only." + advice},
		{"REACT_APP_API_URL", "http://backend/../x", "the path may hold letters, digits and . _ ~ / - only." + advice},
		{"REACT_APP_API_URL", "http://backend?x=1", "the host has characters that a name or an address cannot have." + advice},
		{"PORT", "tcp://10.0.0.1:80", "it has to be a number from 1 to 65535.\n"},
		{"RESOLVER", "127.0.0.1; return 200", "it has to be addresses of DNS servers.\n"},
	}
	for _, test := range tests {
		_, output, err := runEntrypoint(t, inPod, test.variable+"="+test.value)
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 1 {
			t.Errorf("%s=%q: exit %v", test.variable, test.value, err)
		}
		want := "frontend: " + test.variable + ` is "` + test.value + `": ` + test.reason
		if output != want {
			t.Errorf("%s=%q says\n%swant\n%s", test.variable, test.value, output, want)
		}
	}
}

func TestEntrypointKeepsAPasswordToItself(t *testing.T) {
	t.Parallel()
	_, output, err := runEntrypoint(t, inPod, "REACT_APP_API_URL=http://user:hunter2@backend")
	if err == nil || strings.Contains(output, "hunter2") || !strings.Contains(output, "holds a user or password") {
		t.Errorf("%v: %s", err, output)
	}
}

func TestEntrypointSaysWhatItNeedsToWrite(t *testing.T) {
	t.Parallel()
	app, _ := layOut(t)
	output, err := entrypoint(app, "/proc", nobody).CombinedOutput()
	if err == nil || string(output) != "frontend: \"/proc/nginx\" cannot be written. Mount an emptyDir at /proc.\n" {
		t.Errorf("%v: %s", err, output)
	}
}

// runEntrypoint runs the entrypoint with a stand-in for nginx that does nothing, and returns what it wrote.
func runEntrypoint(t *testing.T, resolvConf string, env ...string) (runtimeConf, output string, err error) {
	t.Helper()
	app, tmp := layOut(t)
	write(t, filepath.Join(app, "nginx"), "#!/bin/sh\n")
	write(t, filepath.Join(app, "resolv.conf"), resolvConf)
	cmd := entrypoint(app, tmp, append([]string{
		"PATH=" + app + ":/usr/bin:/bin", "RESOLV_CONF=" + filepath.Join(app, "resolv.conf"),
	}, env...)...)
	said, err := cmd.CombinedOutput()
	conf, readErr := os.ReadFile(filepath.Join(tmp, "nginx", "runtime.conf"))
	if err == nil && readErr != nil {
		t.Fatal(readErr)
	}
	return string(conf), string(said), err
}

// open lets the container's user read a file in a directory of the test's own.
func open(t *testing.T, path string) {
	t.Helper()
	for dir := filepath.Dir(path); strings.HasPrefix(dir, os.TempDir()+"/"); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}
