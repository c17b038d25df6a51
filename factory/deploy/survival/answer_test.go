package survival_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/kube"
)

// Creating is not asked for twice, so a deploy may end when the answer to it gets lost, as it does when an API server dies. It
// says so, and the next one goes on.
func TestALostAnswerIsToldAndTheNextDeployGoesOn(t *testing.T) {
	for lost := range int64(8) {
		t.Run(fmt.Sprint("create ", 1+lost), func(t *testing.T) {
			opts := options(t)
			clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
			var creates atomic.Int64
			first := opts
			first.Cluster = opts.Cluster.Through(func(next http.RoundTripper) http.RoundTripper {
				return tripper(func(request *http.Request) (*http.Response, error) {
					response, err := next.RoundTrip(request)
					if err == nil && request.Method == http.MethodPost && request.URL.Query().Get("dryRun") == "" && creates.Add(1) == 1+lost {
						response.Body.Close()
						return nil, io.ErrUnexpectedEOF
					}
					return response, err
				})
			})
			_, err := deploy.Apply(t.Context(), first)
			var told *kube.LostError
			if !errors.As(err, &told) || strings.Count(err.Error(), "\nnext: ") != 1 {
				t.Errorf("after %d creates it ended with %v", creates.Load(), err)
			}
			apply(t, opts)
			wantSettled(t, opts)
		})
	}
}
