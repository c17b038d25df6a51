package cmd

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helm-chart-factory/factory/factory/console"
)

// project is a folder with the smallest project.
func project(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for path, text := range map[string]string{
		"factory.yaml":              "version: 1\nname: shop\n",
		"services/web/service.yaml": "port: 8080\nimage: example.invalid/web:1\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// emptyCluster is a kubeconfig for an API server that has no object.
func emptyCluster(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path == "/version":
			_, _ = w.Write([]byte(`{"major":"1","minor":"34","gitVersion":"v1.34.2"}`))
		case strings.HasSuffix(r.URL.Path, "/secrets"):
			_, _ = w.Write([]byte(`{"kind":"SecretList","apiVersion":"v1","items":[]}`))
		default:
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}`))
		}
	}))
	t.Cleanup(server.Close)
	path := filepath.Join(t.TempDir(), "kubeconfig")
	text := "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{name: c, cluster: {server: '" + server.URL +
		"'}}]\ncontexts: [{name: c, context: {cluster: c, user: u}}]\nusers: [{name: u, user: {token: t}}]\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReleaseCommandsOnTheCommandLine(t *testing.T) {
	t.Setenv("FACTORY_HOME", t.TempDir())
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "absent"))
	dir, cluster := project(t), emptyCluster(t)
	for name, test := range map[string]struct {
		args []string
		in   string
		code int
		out  string
		err  string
	}{
		"deploy outside a project":        {args: []string{"deploy", "-C", t.TempDir()}, code: exitUsage, err: "there is no factory.yaml"},
		"deploy in no time":               {args: []string{"deploy", "-C", dir, "--timeout", "0s"}, code: exitUsage, err: "--timeout 0s"},
		"deploy to an unknown cluster":    {args: []string{"deploy", "-C", dir, "--cluster", "mine"}, code: exitUsage, err: `unknown cluster "mine"`},
		"deploy before sync":              {args: []string{"deploy", "-C", dir, "--kubeconfig", cluster}, code: exitUsage, err: "next: factory sync"},
		"deploy in no environment":        {args: []string{"deploy", "-C", dir, "--env", "prod"}, code: exitUsage, err: "add environments: {prod: {}}"},
		"deploy without a cluster":        {args: []string{"deploy", "-C", dir, "--cluster", "embedded"}, code: exitFailed, err: "next: factory cluster start"},
		"dev of an unknown service":       {args: []string{"dev", "wep", "-C", dir, "--kubeconfig", cluster}, code: exitUsage, err: `there is no service "wep": did you mean "web"?`},
		"dev in no time":                  {args: []string{"dev", "-C", dir, "--timeout", "0s"}, code: exitUsage, err: "--timeout 0s"},
		"dev without a cluster":           {args: []string{"dev", "-C", dir, "--cluster", "embedded"}, code: exitFailed, err: "next: factory cluster start"},
		"plan before sync":                {args: []string{"plan", "-C", dir, "--kubeconfig", cluster}, code: exitUsage, err: "next: factory sync"},
		"plan without a cluster":          {args: []string{"plan", "-C", dir, "--cluster", "embedded"}, code: exitFailed, err: "next: factory cluster start"},
		"status of nothing":               {args: []string{"status", "-C", dir, "--kubeconfig", cluster}, code: exitFailed, err: "next: factory deploy"},
		"logs of nothing":                 {args: []string{"logs", "-C", dir, "--kubeconfig", cluster}, code: exitFailed, err: "there is no release shop in namespace shop"},
		"logs of a service not deployed":  {args: []string{"logs", "web", "-C", dir, "--kubeconfig", cluster}, code: exitFailed, err: "next: factory deploy"},
		"logs of an unknown service":      {args: []string{"logs", "wep", "-C", dir, "--kubeconfig", cluster}, code: exitUsage, err: `there is no service "wep": did you mean "web"?`},
		"logs that come and are over":     {args: []string{"logs", "-f", "--previous", "-C", dir, "--kubeconfig", cluster}, code: exitUsage, err: "exclude each other"},
		"logs of the future":              {args: []string{"logs", "--since", "-5m", "-C", dir}, code: exitUsage, err: "such as 10m"},
		"logs of fewer than no lines":     {args: []string{"logs", "--tail", "-5", "-C", dir}, code: exitUsage, err: "want a number of lines"},
		"open of nothing":                 {args: []string{"open", "web", "-C", dir, "--kubeconfig", cluster}, code: exitFailed, err: "there is no release shop in namespace shop"},
		"open without a name":             {args: []string{"open", "-C", dir, "--kubeconfig", cluster}, code: exitUsage, err: "accepts 1 arg"},
		"open of an unknown service":      {args: []string{"open", "wep", "-C", dir, "--kubeconfig", cluster}, code: exitUsage, err: `there is no service "wep": did you mean "web"?`},
		"destroy with nobody to ask":      {args: []string{"destroy", "-C", dir, "--kubeconfig", cluster}, code: exitUsage, err: "say --yes"},
		"destroy of nothing":              {args: []string{"destroy", "-C", dir, "--kubeconfig", cluster, "--yes"}, out: "nothing to remove"},
		"destroy after a no":              {args: []string{"destroy", "-C", dir, "--kubeconfig", cluster}, in: "n\n", code: exitFailed, err: "nothing was changed"},
		"destroy --volumes says what for": {args: []string{"destroy", "-C", dir, "--kubeconfig", cluster, "--volumes"}, in: "\n", code: exitFailed, err: "ALL ITS DATA"},
		"destroy after a yes":             {args: []string{"destroy", "-C", dir, "--kubeconfig", cluster}, in: "y\n", out: "nothing to remove"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, said bytes.Buffer
			streams := &console.Streams{In: strings.NewReader(test.in), Out: &out, Err: &said, Interactive: test.in != ""}
			if code := Execute(t.Context(), test.args, streams); code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			if !strings.Contains(out.String(), test.out) || !strings.Contains(said.String(), test.err) {
				t.Errorf("out %q, err %q; want %q and %q in them", out.String(), said.String(), test.out, test.err)
			}
		})
	}
}
