package rollout

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/kubernetes"

	"github.com/helm-chart-factory/factory/factory/deploy/diagnose"
)

const parallelQuestions = 8

// askAgain is how long an answer counts as fresh: a log goes on, a node gets free.
const askAgain = 5 * time.Second

// asking looks further into findings in the background, so that the watching goes on meanwhile. Until the first answer is
// there a finding is shown as it is.
type asking struct {
	ctx    context.Context
	client kubernetes.Interface
	// told is called when there is an answer.
	told func()

	mu      sync.Mutex
	answers map[string]*answer
	running sync.WaitGroup
}

type answer struct {
	diagnose.Answer
	// there tells whether it was ever given, asking whether it is being asked for anew.
	there, asking bool
	at            time.Time
}

func newAsking(ctx context.Context, client kubernetes.Interface, told func()) *asking {
	return &asking{ctx: ctx, client: client, told: told, answers: map[string]*answer{}}
}

// further returns the findings with what is known about them by now, and asks where nothing is or it is old.
func (a *asking) further(findings []diagnose.Finding) []diagnose.Finding {
	if a == nil {
		return findings
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, finding := range findings {
		if !finding.Open() {
			continue
		}
		key := finding.Key()
		known := a.answers[key]
		if known == nil {
			known = &answer{}
			a.answers[key] = known
		}
		if known.there {
			findings[i] = finding.With(known.Answer)
		}
		if !known.asking && time.Since(known.at) > askAgain {
			known.asking = true
			a.running.Go(func() { a.ask(finding, known) })
		}
	}
	return findings
}

func (a *asking) ask(finding diagnose.Finding, known *answer) {
	said := diagnose.Ask(a.ctx, a.client, finding)
	a.mu.Lock()
	known.Answer, known.there, known.asking, known.at = said, true, false, time.Now()
	a.mu.Unlock()
	a.told()
}

// now asks about all findings once more and returns them with what was answered last.
func (a *asking) now(ctx context.Context, findings []diagnose.Finding) []diagnose.Finding {
	told := make([]diagnose.Finding, len(findings))
	var group errgroup.Group
	group.SetLimit(parallelQuestions)
	for i, finding := range findings {
		finding = finding.Unasked()
		told[i] = finding
		if !finding.Open() {
			continue
		}
		group.Go(func() error {
			said := diagnose.Ask(ctx, a.client, finding)
			a.mu.Lock()
			defer a.mu.Unlock()
			// A container that is gone by now has no log any more: what was read of it earlier counts.
			if known := a.answers[finding.Key()]; known != nil && known.there && len(said.Logs)+len(said.Previous) == 0 {
				said = known.Answer
			}
			told[i] = finding.With(said)
			return nil
		})
	}
	_ = group.Wait() // no question gives an error
	return told
}

// wait returns when no question is open any more; the context has ended before.
func (a *asking) wait() { a.running.Wait() }
