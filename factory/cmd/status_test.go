package cmd

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/deploy/plan"
)

func TestValidity(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	for want, test := range map[string]struct{ end, renewal time.Duration }{
		"expires in 62 days, renews in 32 days":                    {62*day + time.Hour, 32*day + time.Hour},
		"expires in 26 hours":                                      {26 * time.Hour, 0},
		"expires in 1 minute, should have been renewed 3 days ago": {time.Minute, -3 * day},
		"EXPIRED 2 hours ago, on 2026-11-25":                       {-2 * time.Hour, -3 * day},
	} {
		certificate := deploy.CertificateStatus{NotAfter: now.Add(test.end)}
		if test.renewal != 0 {
			certificate.Renewal = now.Add(test.renewal)
		}
		if got := validity(certificate, now); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := validity(deploy.CertificateStatus{}, now); got != "is not issued yet" {
		t.Errorf("got %q", got)
	}
}

// looks are what a release looks like, one look after another; nil is a look that fails.
var looks = []*deploy.Status{
	{Release: "shop", Revision: 1, Status: "deployed", Ready: true, Workloads: []deploy.Workload{{Name: "deployment/web", Ready: 2, Wanted: 2, Images: []string{"web:1"}}}},
	{Release: "shop", Revision: 1, Status: "deployed", Ready: true, Workloads: []deploy.Workload{{Name: "deployment/web", Ready: 2, Wanted: 2, Images: []string{"web:1"}}}},
	nil,
	nil,
	{
		Release: "shop", Revision: 1, Status: "deployed", Missing: []string{"service/web"}, Waiting: []string{"job/x: waits"},
		Workloads: []deploy.Workload{{Name: "deployment/web", Ready: 1, Wanted: 2, Restarts: 3, Images: []string{"web:1"}, Message: "crashes"}},
		Drift: []deploy.Drifted{{Object: "deployment/web", Fields: []deploy.DriftedField{
			{Path: plan.Path{{Name: "spec", Index: -1}, {Name: "replicas", Index: -1}}, Released: 2, Live: 3, By: "kubectl"}}}},
	},
	{Release: "shop", Revision: 2, Status: "deployed", Ready: true},
}

// watched runs watchStatus over all looks.
func watched(t *testing.T, a *app) (out, said string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var written, told bytes.Buffer
		a.Streams.Out, a.Streams.Err = &written, &told
		ctx, cancel := context.WithCancel(t.Context())
		at := 0
		err := a.watchStatus(ctx, func(context.Context) (*deploy.Status, error) {
			if at == len(looks) {
				cancel()
				return nil, ctx.Err()
			}
			at++
			if looks[at-1] == nil {
				return nil, errors.New("it is away")
			}
			return looks[at-1], nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
		out, said = written.String(), told.String()
	})
	return out, said
}

func TestWatchWritesALineForEachChange(t *testing.T) {
	out, said := watched(t, &app{Streams: &console.Streams{}})
	want := `release shop: revision 1 deployed
deployment/web: 2/2 ready, web:1
deployment/web: 1/2 ready, 3 restarts, web:1: crashes
missing service/web
waiting job/x: waits
drift of deployment/web spec.replicas: is 3, released as 2, by kubectl
release shop: revision 2 deployed
deployment/web: no more
drift of deployment/web spec.replicas: no more
missing service/web: no more
waiting job/x: no more
`
	if got := regexp.MustCompile(`(?m)^[0-9:]{8} `).ReplaceAllString(out, ""); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if said != "· it is away: looking again\n" {
		t.Errorf("said %q", said)
	}
}

func TestWatchWritesADocumentForEachChange(t *testing.T) {
	out, _ := watched(t, &app{Streams: &console.Streams{}, output: "json"})
	if lines := strings.Split(strings.TrimSpace(out), "\n"); len(lines) != 3 || !strings.HasPrefix(lines[2], `{"release":"shop",`) {
		t.Errorf("got\n%s", out)
	}
}

func TestWatchDrawsOverThePictureBefore(t *testing.T) {
	out, _ := watched(t, &app{Streams: &console.Streams{LiveOut: true}})
	pictures := strings.Split(out, "\033[J")
	if len(pictures) != 5 {
		t.Fatalf("%d pictures in\n%s", len(pictures)-1, out)
	}
	if lines := strings.Count(pictures[1], "\n"); lines != 6 || !strings.HasSuffix(pictures[1], "\033[6A") {
		t.Errorf("the second is not drawn over the %d lines of the first:\n%q", lines, out)
	}
}

func TestWatchOfNothingFailsAtOnce(t *testing.T) {
	a := &app{Streams: &console.Streams{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}}
	err := a.watchStatus(t.Context(), func(context.Context) (*deploy.Status, error) { return nil, errors.New("no release") })
	if err == nil || err.Error() != "no release" {
		t.Errorf("got %v", err)
	}
}
