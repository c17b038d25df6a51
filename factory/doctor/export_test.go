package doctor

import (
	"context"
	"slices"
)

// ExamineOnly runs these checks and no others, each after those before it.
func ExamineOnly(ctx context.Context, o Options, ids ...string) []Result {
	e := &examination{Options: o}
	chosen := slices.DeleteFunc(e.checks(), func(c Check) bool { return !slices.Contains(ids, c.ID) })
	for i := range chosen {
		chosen[i].Needs = nil
		for _, before := range chosen[:i] {
			chosen[i].Needs = append(chosen[i].Needs, before.ID)
		}
	}
	return e.run(ctx, chosen)
}

// Checks lists every check.
func Checks() []Check { return (&examination{}).checks() }

// Pass, Fail and Absent are verdicts for tests of the runner.
func Pass(detail string) Verdict               { return passed("%s", detail) }
func Fail(detail string, p ...Problem) Verdict { return failed(detail, p...) }
func Absent(detail string) Verdict             { return notHere("%s", detail) }
