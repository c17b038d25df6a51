package doctor_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/doctor"
)

func check(id string, verdict doctor.Verdict, needs ...string) doctor.Check {
	return doctor.Check{ID: id, Title: id, Needs: needs, Run: func(context.Context) doctor.Verdict { return verdict }}
}

func TestWhatNeedsAFailedCheckIsNotChecked(t *testing.T) {
	broken := check("broken", doctor.Fail("the door is shut"))
	results := doctor.Run(t.Context(), []doctor.Check{
		broken,
		check("first", doctor.Pass("fine"), "broken"),
		check("second", doctor.Pass("fine"), "first"),
		check("absent", doctor.Absent("none")),
		check("third", doctor.Pass("fine"), "absent"),
	})
	var got []string
	for _, result := range results {
		got = append(got, result.ID+" "+string(result.Outcome)+": "+result.Detail)
	}
	want := []string{
		"broken failed: the door is shut",
		"first not-checked: the door is shut",
		"second not-checked: the door is shut",
		"absent not-here: none",
		"third passed: fine",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestChecksRunAtTheSameTime has two checks that each wait for the other.
func TestChecksRunAtTheSameTime(t *testing.T) {
	there, back := make(chan bool), make(chan bool)
	meet := func(mine, other chan bool) func(context.Context) doctor.Verdict {
		return func(ctx context.Context) doctor.Verdict {
			close(mine)
			select {
			case <-other:
				return doctor.Pass("met")
			case <-ctx.Done():
				return doctor.Fail("alone")
			}
		}
	}
	for _, result := range doctor.Run(t.Context(), []doctor.Check{{ID: "a", Run: meet(there, back)}, {ID: "b", Run: meet(back, there)}}) {
		if result.Detail != "met" {
			t.Errorf("%s: %s", result.ID, result.Detail)
		}
	}
}

func TestACheckThatDoesNotEndIsCutOff(t *testing.T) {
	slow := doctor.Check{ID: "slow", Limit: time.Millisecond, Run: func(ctx context.Context) doctor.Verdict {
		<-ctx.Done()
		return doctor.Fail("no answer")
	}}
	if got := doctor.Run(t.Context(), []doctor.Check{slow})[0].Detail; got != "no answer (no end within 1ms)" {
		t.Errorf("detail %q", got)
	}
}

// TestEveryCheckIsDeclaredRight keeps what Run relies on: unique IDs, and needs that come before.
func TestEveryCheckIsDeclaredRight(t *testing.T) {
	var seen []string
	for _, check := range doctor.Checks() {
		if slices.Contains(seen, check.ID) || check.ID == "" || check.Title == "" || strings.Contains(check.ID, " ") {
			t.Errorf("check %q, title %q", check.ID, check.Title)
		}
		for _, id := range check.Needs {
			if !slices.Contains(seen, id) {
				t.Errorf("%s needs %s, which is not declared before it", check.ID, id)
			}
		}
		seen = append(seen, check.ID)
	}
}

func TestWrite(t *testing.T) {
	report := &doctor.Report{Checks: doctor.Run(t.Context(), []doctor.Check{
		check("disk", doctor.Pass("9 GiB free")),
		check("registry", doctor.Fail("it does not answer",
			doctor.Problem{Saw: "nothing listens", Why: "images come from there", Fix: "factory setup-registry"},
			doctor.Problem{Saw: "two\nlines", Why: "so", Fix: "do"})),
		check("images", doctor.Pass("all"), "registry"),
		check("k3s", doctor.Absent("no k3s")),
	})}
	var out bytes.Buffer
	report.Write(&out, func(_ console.Color, text string) string { return text })
	want := `✓ disk      9 GiB free
✗ registry  it does not answer
– images    not checked: it does not answer
– k3s       not here: no k3s

✗ registry: it does not answer
  saw  nothing listens
  why  images come from there
  fix  factory setup-registry

  saw  two
       lines
  why  so
  fix  do

4 checks: 1 passed, 1 failed, 1 not here, 1 not checked
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
