package importer_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/helm-chart-factory/factory/factory/importer"
)

// TestLargeAndDeep holds that no source keeps the import busy: each of these is refused or converted within seconds.
func TestLargeAndDeep(t *testing.T) {
	many := func(count int, format string) string {
		var b strings.Builder
		for i := range count {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	service := func(text string) string { return "services:\n  web:\n    image: x\n" + text }
	pod := func(text string) string {
		return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n      - name: web\n        image: x\n" + text
	}
	bomb := "a: &a0 [x,x,x,x,x,x,x,x]\n"
	for i := range 20 {
		bomb += fmt.Sprintf("b%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i+1, i, i, i, i, i, i)
	}
	for name, text := range map[string]string{
		"brackets":        strings.Repeat("[", 1<<20),
		"dashes":          strings.Repeat("- ", 1<<19),
		"aliases":         bomb,
		"too long":        strings.Repeat("# x\n", 1<<20+1),
		"dollars":         service("    command: '" + strings.Repeat("$$", 1<<19) + "'\n"),
		"open references": service("    command: '" + strings.Repeat("${A:-", 1<<18) + "'\n"),
		"deep references": service("    command: '" + strings.Repeat("${A:-", 10000) + strings.Repeat("}", 10000) + "'\n"),
		"a long command":  service("    command: '" + strings.Repeat("word \" a b \" ", 1<<16) + "'\n"),
		"variables":       service("    environment:\n" + many(4000, "      V%d: $$x\n")),
		"a list":          service("    environment:\n" + many(10000, "      - V%d=http://web:80\n")),
		"secrets":         service("    environment:\n" + many(10000, "      V%d_PASSWORD: s%[1]d\n")),
		"hidden":          service("    environment:\n" + many(4000, "      V%d: \"x${P%[1]d_PASSWORD:-s%[1]d}\"\n")),
		"ports":           service("    ports:\n" + many(2000, "      - \"%d00-%[1]d99\"\n")),
		"volumes":         service("    volumes:\n" + many(3000, "      - v%d:/v%[1]d\n")),
		"labels":          service("    labels:\n" + many(5000, "      l%d: x\n")),
		"unknown":         service(many(8000, "    u%d: x\n")),
		"services":        "services:\n" + many(200, "  s%d: {image: x, depends_on: [s1], environment: {A: 'http://s1:80', B_PASSWORD: x}}\n"),
		"extends":         "services:\n  s0: {image: x}\n" + many(150, "  t%d: {extends: {service: s0}}\n"),
		"pod variables":   pod("        env:\n" + many(8000, "        - {name: V%d, value: \"http://web:80\"}\n")),
		"pod ports":       pod("        ports:\n" + many(5000, "        - {containerPort: %d, name: p%[1]d}\n")),
		"pod volumes":     pod("        volumeMounts:\n" + many(5000, "        - {name: v, mountPath: /v%d}\n") + "      volumes: [{name: v, emptyDir: {}}]\n"),
		"objects":         many(1000, "---\napiVersion: v1\nkind: Service\nmetadata: {name: s%d}\nspec: {selector: {a: b}}\n") + "---\n" + pod(""),
		"workloads":       many(200, "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: s%d}\nspec: {template: {metadata: {labels: {a: \"%[1]d\"}}, spec: {containers: [{name: x, image: x}]}}}\n"),
	} {
		t.Run(name, func(t *testing.T) {
			dir := unpack(t, files(map[string]string{"in.yaml": text}))
			start := time.Now()
			_, err := importer.Run(importer.Request{Paths: []string{filepath.Join(dir, "in.yaml")}, Into: filepath.Join(dir, "out")})
			took := time.Since(start)
			t.Logf("%v", took)
			if took > 30*time.Second {
				t.Errorf("took %v (%.80v)", took, err)
			}
		})
	}
}
