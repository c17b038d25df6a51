package deploy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/helm-chart-factory/factory/factory/deploy"
)

func history(t *testing.T, opts deploy.Options) []deploy.Revision {
	t.Helper()
	revisions, err := deploy.History(t.Context(), opts.Cluster, opts.Name, opts.Namespace)
	if err != nil {
		t.Fatal(err)
	}
	return revisions
}

func TestHistoryTellsWhatChangedAndWho(t *testing.T) {
	t.Setenv("GITHUB_ACTOR", "alice@example.org")
	opts := previewOptions(t, map[string]string{"web": fmt.Sprintf(settings, "info") + "---\n" + fmt.Sprintf(webDeployment, "web", "1")})
	if revisions := history(t, opts); len(revisions) != 0 {
		t.Errorf("before the first deploy: %+v", revisions)
	}
	apply(t, opts)
	const keys = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData: {token: %s}\n"
	opts.Chart = charts(map[string]string{"web": fmt.Sprintf(webDeployment, "web", "2") + fmt.Sprintf(keys, "first")})
	apply(t, opts)
	opts.Chart = charts(map[string]string{"web": fmt.Sprintf(webDeployment, "web", "2") + fmt.Sprintf(keys, "second")})
	deploy.HelmUpgrade(t, opts)
	var told []string
	for _, revision := range history(t, opts) {
		line := fmt.Sprintf("%d %s %q by %s:", revision.Revision, revision.Status, revision.Description, revision.By.Tool)
		if revision.By.User != "" {
			line += " (" + revision.By.User + ")"
		}
		for _, object := range revision.Objects {
			line += " " + string(object.Action) + " " + object.Ref()
			for _, field := range object.Fields {
				line += " " + field.Brief()
			}
		}
		told = append(told, line)
	}
	want := []string{
		`1 superseded "Install complete" by factory: (alice_example.org)`,
		`2 superseded "Upgrade complete" by factory: (alice_example.org) create secret/keys change deployment/web spec.template.spec.containers[web].image: example.invalid/web:1 -> example.invalid/web:2 delete configmap/settings`,
		`3 deployed "Upgrade complete" by factory: change secret/keys data.token: changed (hidden)`,
	}
	if got := strings.Join(told, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

func TestHistoryTellsOfAFailure(t *testing.T) {
	opts := previewOptions(t, map[string]string{"web": fmt.Sprintf(webDeployment, "web", "1")})
	apply(t, opts)
	opts.Chart = charts(map[string]string{"web": fmt.Sprintf(webDeployment, "other", "1")})
	if _, err := deploy.Apply(t.Context(), opts); err == nil {
		t.Fatal("it was to fail")
	}
	revisions := history(t, opts)
	if len(revisions) != 2 || revisions[1].Status != "failed" || !strings.Contains(revisions[1].Description, "field is immutable") {
		t.Errorf("got %+v", revisions)
	}
}

func TestHistoryOnTheCommandLine(t *testing.T) {
	p := newProject(t)
	p.want(p.run(1, "history"), "next: factory deploy")
	p.run(0, "deploy")
	p.service("2")
	p.run(0, "deploy")
	out := p.run(0, "history")
	p.want(out, "Install complete")
	p.want(out, "deployment/web")
	p.want(out, "example.invalid/web:1 -> example.invalid/web:2")
	p.want(p.run(0, "history", "-o", "json"), `"tool":"factory"`)
}
