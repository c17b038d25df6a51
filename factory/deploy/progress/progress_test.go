package progress

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/deploy/diagnose"
	"github.com/helm-chart-factory/factory/factory/deploy/rollout"
)

func state(name string, phase rollout.Phase, have int64, message string, findings ...diagnose.Finding) rollout.State {
	return rollout.State{
		Object: rollout.Object{Kind: appsv1.SchemeGroupVersion.WithKind("Deployment"), Name: name},
		Phase:  phase, Have: have, Wanted: 2, Message: message, Findings: findings,
	}
}

var times = regexp.MustCompile(`(?m)^[0-9.]+s +`)

func TestPlainLinesTellOnlyWhatIsNews(t *testing.T) {
	var out bytes.Buffer
	p := New(&console.Streams{Err: &out})
	p.Say("installing")
	p.Say("installing")
	p.Show([]rollout.State{state("web", rollout.Waiting, 0, "Scheduled: to node")})
	p.Show([]rollout.State{state("web", rollout.Waiting, 0, "Pulling: image")})
	p.Show([]rollout.State{state("web", rollout.Waiting, 1, "Started: container")})
	trouble := diagnose.Finding{Cause: "no image"}
	p.Show([]rollout.State{state("web", rollout.Waiting, 1, "ImagePullBackOff: no image", trouble)})
	p.Show([]rollout.State{state("web", rollout.Waiting, 1, "ImagePullBackOff: no image", trouble)})
	p.Show([]rollout.State{state("web", rollout.Ready, 2, "")})
	want := []string{
		"installing",
		"deployment/web 0/2 Scheduled: to node",
		"deployment/web 1/2 Started: container",
		"deployment/web 1/2 ImagePullBackOff: no image",
		"deployment/web 2/2 ready",
	}
	var got []string
	for _, line := range strings.Split(strings.TrimSpace(times.ReplaceAllString(out.String(), "")), "\n") {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestATerminalIsRedrawnWithinItsWidth(t *testing.T) {
	var out bytes.Buffer
	p := New(&console.Streams{Err: &out, Live: true})
	p.width = func() int { return 60 }
	p.Show([]rollout.State{state("web", rollout.Waiting, 0, strings.Repeat("long ", 40))})
	p.Show([]rollout.State{state("web", rollout.Ready, 2, "")})
	first, second, redrawn := strings.Cut(out.String(), "\033[2A\033[J")
	if !redrawn {
		t.Fatalf("it was not redrawn: %q", out.String())
	}
	for _, line := range strings.Split(strings.TrimSpace(first), "\n") {
		if letters := len([]rune(line)); letters > 60 {
			t.Errorf("%d letters in a terminal of 60: %q", letters, line)
		}
	}
	if !strings.Contains(second, "✓ deployment/web") {
		t.Errorf("drawn again: %q", second)
	}
}

func TestEachRowTellsItsOwnTime(t *testing.T) {
	var out bytes.Buffer
	p := New(&console.Streams{Err: &out, Live: true})
	p.width = func() int { return 100 }
	done, slow := state("done", rollout.Ready, 2, ""), state("slow", rollout.Waiting, 0, "waiting")
	p.Show([]rollout.State{done, slow})
	p.began[slow.Object] = p.began[slow.Object].Add(-time.Minute)
	p.began[done.Object] = p.began[done.Object].Add(-time.Minute)
	out.Reset()
	p.Show([]rollout.State{done, slow})
	if text := out.String(); !regexp.MustCompile(`deployment/done +2/2 +0\.\ds  ready`).MatchString(text) ||
		!regexp.MustCompile(`deployment/slow +0/2 +1m00s  waiting`).MatchString(text) {
		t.Errorf("drawn: %s", text)
	}
}

func TestManyObjectsShowTheUnreadyFirst(t *testing.T) {
	var out bytes.Buffer
	p := New(&console.Streams{Err: &out, Live: true})
	p.width = func() int { return 100 }
	var states []rollout.State
	for range 30 {
		states = append(states, state("done", rollout.Ready, 2, ""))
	}
	p.Show(append(states, state("slow", rollout.Waiting, 0, "waiting")))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if !strings.Contains(lines[0], "deployment/slow") || !strings.Contains(out.String(), "and 11 more") {
		t.Errorf("drawn: %s", out.String())
	}
}
