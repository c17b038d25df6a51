package doctor

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"k8s.io/client-go/rest"
)

// apiServer finds the cluster for all checks that ask it.
func (e *examination) apiServer(ctx context.Context) Verdict {
	cluster, err := e.Connect(ctx)
	if err == nil {
		e.client, err = cluster.Client()
	}
	if err == nil {
		err = cluster.Answers(ctx)
	}
	if err != nil {
		problem := Problem{Why: "everything else in the cluster is asked through it"}
		problem.Saw, problem.Fix = next(err)
		if problem.Fix == "" {
			problem.Fix = "factory cluster start, systemctl status k3s, or a kubeconfig of a cluster that runs"
		}
		return failed("the API server does not answer", problem)
	}
	e.cluster = cluster
	return passed("%s", cluster)
}

// skew is how far two clocks may be apart: a certificate that is made here and now must be valid there.
const skew = 30 * time.Second

// clock compares this machine's clock with the Date that the API server answers with, which is exact to a second.
func (e *examination) clock(ctx context.Context) Verdict {
	before := time.Now()
	there, err := e.serverTime(ctx)
	if err != nil {
		return notChecked("the API server does not tell its time: %v", err)
	}
	// The answer was written between the two moments.
	here := before.Add(time.Since(before) / 2)
	apart := there.Sub(here)
	if apart.Abs() <= skew {
		return passed("%.0f s apart", apart.Abs().Seconds())
	}
	side := "ahead of"
	if apart < 0 {
		side = "behind"
	}
	return failed("the clocks differ", Problem{
		Saw: fmt.Sprintf("the API server at %s is %s %s this machine (there %s, here %s)", e.cluster.Server, apart.Abs().Round(time.Second), side,
			there.UTC().Format(time.DateTime), here.UTC().Format(time.DateTime)),
		Why: "a certificate or token that one of them makes is not valid yet, or no longer, to the other",
		Fix: "set the clock that is wrong: sudo timedatectl set-ntp true",
	})
}

func (e *examination) serverTime(ctx context.Context) (time.Time, error) {
	config, err := e.cluster.ToRESTConfig()
	if err != nil {
		return time.Time{}, err
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return time.Time{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(e.cluster.Server, "/")+"/version", nil)
	if err != nil {
		return time.Time{}, err
	}
	response, err := client.Do(request)
	if err != nil {
		return time.Time{}, err
	}
	defer response.Body.Close()
	return http.ParseTime(response.Header.Get("Date"))
}
