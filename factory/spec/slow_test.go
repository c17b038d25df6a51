package spec_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestLargeAndDeep holds that no file keeps the loader busy: each of these is refused or read within seconds.
func TestLargeAndDeep(t *testing.T) {
	many := func(text string) string { return strings.Repeat(text, (1<<20)/len(text)) }
	for name, text := range map[string]string{
		"brackets":   many("["),
		"dashes":     many("- "),
		"questions":  many("? "),
		"braces":     many("{a: "),
		"keys":       many("a: 1\n"),
		"anchors":    many("&a "),
		"quotes":     many("\""),
		"spaces":     many(" "),
		"comments":   many("#\n"),
		"documents":  many("---\n"),
		"references": "env: {A: '" + many("${a") + "'}",
		"long":       "env: {A: '" + many("x") + "'}",
		"deeper":     indented(2000),
		"variables":  variables(50000),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := load(t, map[string]string{"web": text})
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %v (%.80v)", took, err)
			}
		})
	}
}

func variables(count int) string {
	var b strings.Builder
	b.WriteString("env:\n")
	for i := range count {
		fmt.Fprintf(&b, "  V%d: x\n", i)
	}
	return b.String()
}

func indented(levels int) string {
	var b strings.Builder
	for i := range levels {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}
