package survival_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/deploy"
)

// An API server that is killed in the middle of a deploy is back some seconds later, and the deploy goes on then. Each
// moment has a server of its own: after a second kill the controllers would wait longer than anything here.
func TestARestartOfTheAPIServerLosesNothing(t *testing.T) {
	for name, moment := range map[string]func(*http.Request) bool{
		"before anything is written": func(*http.Request) bool { return true },
		"while it writes": func(r *http.Request) bool {
			return r.Method == http.MethodPatch && strings.HasSuffix(r.URL.Path, "/deployments/web") && r.URL.Query().Get("dryRun") == ""
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := clustertest.NewOwn(t)
			opts := deploy.Options{
				Cluster: own.Cluster, Name: "shop", Namespace: "shop", Values: withDigest('a'),
				Chart: deploy.FromDir("../testdata/umbrella"), Timeout: 3 * time.Minute, MadeBy: "test",
			}
			clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
			apply(t, opts)
			kept := keepsakes(t, opts)

			var once sync.Once
			var said strings.Builder
			restarted := opts
			restarted.Values = withDigest('b')
			restarted.Say = func(format string, args ...any) { fmt.Fprintf(&said, format+"\n", args...) }
			restarted.Cluster = opts.Cluster.Through(func(next http.RoundTripper) http.RoundTripper {
				return tripper(func(request *http.Request) (*http.Response, error) {
					if moment(request) {
						once.Do(func() {
							if err := own.Kill(); err != nil {
								t.Error(err)
							}
						})
					}
					return next.RoundTrip(request)
				})
			})
			start := time.Now()
			result := apply(t, restarted)
			t.Logf("the deploy took %s", time.Since(start).Round(time.Second))
			if !result.Changed || result.Revision != 2 || strings.Count(said.String(), "does not answer: trying again for up to 1m0s\n") != 1 {
				t.Errorf("got %+v, and it said\n%s", result, said.String())
			}
			if again := apply(t, restarted); again.Changed {
				t.Errorf("the next deploy did %+v, want nothing to do", again)
			}
			if now := keepsakes(t, opts); now != kept {
				t.Errorf("%s became %s", kept, now)
			}
			wantReleases(t, opts, "1 superseded, 2 deployed")
			wantSettled(t, opts)
		})
	}
}
