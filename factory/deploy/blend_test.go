package deploy_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/deploy/rollout"
)

// TestWhatOnlyAFailedRevisionSaidIsTakenBackByTheNext changes what Helm, which compares with the last good revision alone, would
// leave, and one thing that it could not write then: a probe has one handler.
func TestWhatOnlyAFailedRevisionSaidIsTakenBackByTheNext(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, broken('b', noName))
	web := func(letter byte, pod, data string) deploy.Chart {
		return chartOf(map[string]string{
			"web.yaml": strings.ReplaceAll(deploymentWith(pod), "web:1", "web@"+digest(letter)),
			"map.yaml": strings.NewReplacer("NAME", "web", "color: blue", data).Replace(colors),
		})
	}
	const http = "        readinessProbe: {httpGet: {path: /, port: 80}}\n"
	opts.Values, opts.Chart = nil, web('a', http, "color: blue")
	apply(t, opts)
	opts.Chart = web('b', "        readinessProbe: {exec: {command: [sh]}}\n        env: [{name: WRONG, value: x}]\n        workingDir: /wrong\n", "color: blue, wrong: x")
	for range 2 {
		if _, err := deploy.Apply(t.Context(), opts); !errors.As(err, new(*rollout.NotReadyError)) {
			t.Fatalf("the deploy of what cannot get ready ended with %v", err)
		}
	}
	opts.Chart = web('c', http+"        env: [{name: RIGHT, value: ok}]\n", "color: blue")
	if p := preview(t, opts); p.Counts.Refused != 0 || !strings.Contains(tell(p), "env[WRONG]") || !strings.Contains(tell(p), "data.wrong:x-><nil>") {
		t.Errorf("the plan is\n%s", shown(p))
	}
	apply(t, opts)
	wantReleases(t, opts, "1 superseded, 2 failed, 3 failed, 4 deployed")
	live, err := client(t, opts).AppsV1().Deployments(opts.Namespace).Get(t.Context(), "web", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	container := live.Spec.Template.Spec.Containers[0]
	env, err := json.Marshal(container.Env)
	if err != nil {
		t.Fatal(err)
	}
	if string(env) != `[{"name":"RIGHT","value":"ok"}]` || container.WorkingDir != "" || container.ReadinessProbe.Exec != nil || container.ReadinessProbe.HTTPGet == nil {
		t.Errorf("env %s, working directory %q, probe %v", env, container.WorkingDir, container.ReadinessProbe)
	}
	if data := configMap(t, opts, "web").Data; len(data) != 1 {
		t.Errorf("the ConfigMap holds %v", data)
	}
	if result := apply(t, opts); result.Changed {
		t.Error("the next deploy of the same writes again")
	}
}
