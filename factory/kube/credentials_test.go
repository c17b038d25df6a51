package kube_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/helm-chart-factory/factory/factory/kube"
)

func TestRefusedCredentialsSaySoAndWhenTheyEnded(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"kind":"Status","apiVersion":"v1","status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}`))
	}))
	defer server.Close()
	ended := time.Now().Add(-time.Hour).Truncate(time.Second)
	for name, test := range map[string]struct {
		end  time.Time
		want string
	}{
		"a token that expired":         {ended, "which expired at " + ended.Format(time.DateTime) + ": Unauthorized"},
		"a token that is merely wrong": {ended.Add(2 * time.Hour), "kubeconfig: Unauthorized"},
	} {
		t.Run(name, func(t *testing.T) {
			claims := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"exp":%d}`, test.end.Unix()))
			config := api.NewConfig()
			config.Clusters["c"] = &api.Cluster{Server: server.URL, InsecureSkipTLSVerify: true}
			config.AuthInfos["u"] = &api.AuthInfo{Token: "x." + claims + ".y"}
			config.Contexts["c"] = &api.Context{Cluster: "c", AuthInfo: "u"}
			config.CurrentContext = "c"
			path := t.TempDir() + "/kubeconfig"
			if err := clientcmd.WriteToFile(*config, path); err != nil {
				t.Fatal(err)
			}
			cluster, err := kube.Open(kube.Named, path, "")
			if err != nil {
				t.Fatal(err)
			}
			err = cluster.Answers(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "next: get a new kubeconfig") {
				t.Errorf("got %v\nwant %q in it", err, test.want)
			}
		})
	}
}
