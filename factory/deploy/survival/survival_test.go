// Package survival holds tests of what a deploy must survive, apart from the others for the time that they take.
package survival_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/deploy"
)

// seed makes the random moments of these tests the same in every run.
const seed = 20261125

// counting counts the requests of a deploy, and the writes among them, and calls at before each with its number.
type counting struct {
	requests, writes atomic.Int64
	at               func(number int64)
}

func (c *counting) through(opts deploy.Options) deploy.Options {
	opts.Cluster = opts.Cluster.Through(func(next http.RoundTripper) http.RoundTripper {
		return tripper(func(request *http.Request) (*http.Response, error) {
			number := c.requests.Add(1)
			if request.Method != http.MethodGet && request.URL.Query().Get("dryRun") == "" {
				c.writes.Add(1)
			}
			if c.at != nil {
				c.at(number)
			}
			return next.RoundTrip(request)
		})
	})
	return opts
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

func TestAnUnchangedDeploySendsNoWrite(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	apply(t, opts)
	c := &counting{}
	start := time.Now()
	result := apply(t, c.through(opts))
	took := time.Since(start)
	t.Logf("%d requests, %s", c.requests.Load(), took.Round(time.Millisecond))
	if result.Changed || c.writes.Load() != 0 || c.requests.Load() == 0 {
		t.Errorf("got %+v with %d writes among %d requests, want none", result, c.writes.Load(), c.requests.Load())
	}
}

// TestVictim is no test by itself: it is the deploy that TestTenKillsLoseNothing runs in a process of its own, which kills
// itself as kill -9 does before one of its requests.
func TestVictim(t *testing.T) {
	namespace, at := os.Getenv("FACTORY_TEST_VICTIM_NAMESPACE"), os.Getenv("FACTORY_TEST_VICTIM_AT")
	if namespace == "" {
		return
	}
	last, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	opts := options(t)
	opts.Namespace, opts.Values = namespace, withDigest(os.Getenv("FACTORY_TEST_VICTIM_DIGEST")[0])
	c := &counting{at: func(number int64) {
		if number == last {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
	}}
	_, err = deploy.Apply(t.Context(), c.through(opts))
	t.Fatalf("it was to be killed at request %d of %d: %v", last, c.requests.Load(), err)
}

func TestTenKillsLoseNothing(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	apply(t, opts)
	kept := keepsakes(t, opts)
	// How many requests a deploy takes is known from one that goes well.
	c := &counting{}
	opts.Values = withDigest('b')
	apply(t, c.through(opts))
	random := rand.New(rand.NewPCG(seed, 1))
	for round := range 10 {
		letter, next := byte('c'+round%2*2), byte('d'+round%2*2)
		at := 1 + random.Int64N(c.requests.Load()*8/10) // a later one may lie behind the end of a deploy that is luckier
		victim := exec.Command(os.Args[0], "-test.run", "^TestVictim$")
		victim.Env = append(os.Environ(), "FACTORY_TEST_VICTIM_NAMESPACE="+opts.Namespace,
			"FACTORY_TEST_VICTIM_AT="+strconv.FormatInt(at, 10), "FACTORY_TEST_VICTIM_DIGEST="+string(letter))
		said, err := victim.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("round %d, request %d: the deploy was not killed: %v\n%s", round, at, err, said)
		}
		opts.Values = withDigest(next)
		apply(t, opts)
		if now := keepsakes(t, opts); now != kept {
			t.Errorf("round %d, request %d: %s became %s", round, at, kept, now)
		}
	}
	wantSettled(t, opts)
}

func TestTenInterruptsLoseNothing(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	apply(t, opts)
	kept := keepsakes(t, opts)
	random := rand.New(rand.NewPCG(seed, 2))
	for round := range 10 {
		ctx, interrupt := context.WithCancel(t.Context())
		last := 1 + random.Int64N(60)
		c := &counting{at: func(number int64) {
			if number == last {
				interrupt()
			}
		}}
		opts.Values = withDigest(byte('c' + round%2*2))
		_, err := deploy.Apply(ctx, c.through(opts))
		interrupt()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("round %d, request %d: it ended with %v", round, last, err)
		}
		opts.Values = withDigest(byte('d' + round%2*2))
		apply(t, opts)
		if now := keepsakes(t, opts); now != kept {
			t.Errorf("round %d, request %d: %s became %s", round, last, kept, now)
		}
	}
	wantSettled(t, opts)
}

// keepsakes are what no deploy may lose: the password, and the database's claim.
func keepsakes(t *testing.T, opts deploy.Options) string {
	t.Helper()
	secret, err := client(t, opts).CoreV1().Secrets(opts.Namespace).Get(t.Context(), "db", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	claim, err := client(t, opts).CoreV1().PersistentVolumeClaims(opts.Namespace).Get(t.Context(), "data-db-0", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return string(secret.Data["password"]) + " " + string(claim.UID)
}

// wantSettled wants the release deployed, nothing pending, a bounded history and no lease.
func wantSettled(t *testing.T, opts deploy.Options) {
	t.Helper()
	stored := clustertest.Revisions(t, opts.Cluster, opts.Namespace, opts.Name)
	if strings.Count(stored, " deployed") != 1 || strings.Contains(stored, "pending") || strings.Count(stored, ",") > 9 {
		t.Errorf("stored releases: %s", stored)
	}
	leases, err := client(t, opts).CoordinationV1().Leases(opts.Namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil || len(leases.Items) != 0 {
		t.Errorf("leases are left: %v %v", leases.Items, err)
	}
}

func TestTwoDeploysAtOnceBothEndWell(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	apply(t, opts)
	var both sync.WaitGroup
	for _, letter := range []byte{'b', 'c'} {
		both.Go(func() {
			one := opts
			one.Values, one.Timeout = withDigest(letter), time.Minute
			if _, err := deploy.Apply(t.Context(), one); err != nil {
				t.Errorf("deploying digest %c: %v", letter, err)
			}
		})
	}
	both.Wait()
	wantReleases(t, opts, "1 superseded, 2 superseded, 3 deployed")
	wantSettled(t, opts)
}

// It runs by itself: it counts goroutines.
func TestTwoHundredDeploysLeaveNothingBehind(t *testing.T) {
	opts := alone(t)
	opts.Chart = deploy.FromDir("../testdata/settings")
	one := func(i int) {
		opts.Values = map[string]any{"web": map[string]any{"image": map[string]any{"tag": fmt.Sprint("v", i)}}}
		apply(t, opts)
	}
	for i := range 5 {
		one(i)
	}
	before := goroutines()
	for i := range 195 {
		one(5 + i)
	}
	if after := goroutines(); after > before {
		t.Errorf("%d goroutines of deploys run, were %d", after, before)
	}
	wantReleases(t, opts, "191 superseded, 192 superseded, 193 superseded, 194 superseded, 195 superseded, "+
		"196 superseded, 197 superseded, 198 superseded, 199 superseded, 200 deployed")
	wantSettled(t, opts)
	secrets, err := client(t, opts).CoreV1().Secrets(opts.Namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil || len(secrets.Items) != 10 {
		t.Errorf("%d Secrets are there, want the 10 revisions: %v", len(secrets.Items), err)
	}
}

// goroutines counts those that run code of this module's deploys.
func goroutines() int {
	stacks := make([]byte, 1<<22)
	stacks = stacks[:runtime.Stack(stacks, true)]
	count := 0
	for _, stack := range strings.Split(string(stacks), "\n\n") {
		if strings.Contains(stack, "factory/deploy/rollout.") || strings.Contains(stack, "factory/deploy.(*lock)") {
			count++
		}
	}
	return count
}
