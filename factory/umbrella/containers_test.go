package umbrella_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// podOf renders a Deployment called web and returns its pod.
func podOf(t *testing.T, text string, values map[string]any) corev1.PodSpec {
	t.Helper()
	return decode[appsv1.Deployment](t, one(t, text, values), "web/Deployment/web").Spec.Template.Spec
}

// TestContainersOfAPod: the order of the containers, and the image of those that name none, whatever a release pins it to.
func TestContainersOfAPod(t *testing.T) {
	text := `
port: 8080
volumes: {shared: /shared}
init: {zeta: {args: [z]}, alpha: {image: "tool:1", pullPolicy: Never}}
sidecars:
  native: {image: "proxy:1", native: true, mounts: {shared: {path: /in, readOnly: true}}}
  beside: {ports: {admin: 9901}, health: {live: {http: {path: /, port: admin}}}}
`
	digest := "sha256:" + strings.Repeat("a", 64)
	pod := podOf(t, text, map[string]any{"web": map[string]any{"image": map[string]any{"digest": digest}}})
	var names []string
	for _, c := range slices.Concat(pod.InitContainers, pod.Containers) {
		names = append(names, c.Name+"="+c.Image+"="+string(c.ImagePullPolicy))
		security := c.SecurityContext
		if security == nil || *security.AllowPrivilegeEscalation || !*security.ReadOnlyRootFilesystem || security.Capabilities.Drop[0] != "ALL" {
			t.Errorf("%s may do too much: %+v", c.Name, security)
		}
		if c.Resources.Limits.Memory().String() != "256Mi" {
			t.Errorf("%s has no limit: %+v", c.Name, c.Resources)
		}
	}
	own := "localhost:5000/web@" + digest + "=IfNotPresent"
	if want := []string{"native=proxy:1=", "zeta=" + own, "alpha=tool:1=Never", "web=" + own, "beside=" + own}; !slices.Equal(names, want) {
		t.Errorf("got  %q\nwant %q", names, want)
	}
	if native := pod.InitContainers[0]; *native.RestartPolicy != corev1.ContainerRestartPolicyAlways || !native.VolumeMounts[0].ReadOnly {
		t.Errorf("the native sidecar: %+v", native)
	}
}

// TestTextArrivesInOtherContainers: no text of an init container or a sidecar is anything but that text.
func TestTextArrivesInOtherContainers(t *testing.T) {
	texts := []string{"{{ .Values.x }}", "no", "010", "a: b\n- c", `"'`, "$(A)", "🙂", " ", ""}
	env := map[string]string{"A": texts[0], "B": texts[3], "C": "$(A) no"}
	container := map[string]any{"args": texts, "command": texts, "env": env}
	text, err := json.Marshal(map[string]any{
		"init": map[string]any{"first": container}, "sidecars": map[string]any{"second": container},
		"lifecycle": map[string]any{"postStart": map[string]any{"exec": texts}},
	})
	if err != nil {
		t.Fatal(err)
	}
	pod := podOf(t, string(text), nil)
	for _, c := range []corev1.Container{pod.InitContainers[0], pod.Containers[1]} {
		if !slices.Equal(c.Args, texts) || !slices.Equal(c.Command, texts) {
			t.Errorf("%s: %q %q", c.Name, c.Args, c.Command)
		}
		for _, v := range c.Env {
			if v.Value != env[v.Name] {
				t.Errorf("%s: %s is %q", c.Name, v.Name, v.Value)
			}
		}
	}
	if got := pod.Containers[0].Lifecycle.PostStart.Exec.Command; !slices.Equal(got, texts) {
		t.Errorf("postStart: %q", got)
	}
}

// TestPauseBeforeTheEnd: a Service's clients hear of the end first, and the program keeps a part of a short grace period.
func TestPauseBeforeTheEnd(t *testing.T) {
	for text, want := range map[string]int64{
		"port: 80\n": 5, "port: 80\ngracePeriod: 6s\n": 3, "port: 80\ngracePeriod: 1s\n": 0, "args: [x]\n": 0,
		"port: 80\nlifecycle: {preStop: {sleep: 0s}}\n": 0, "port: 80\nlifecycle: {preStop: {sleep: 20s}}\n": 20,
	} {
		var got int64
		if lifecycle := podOf(t, text, nil).Containers[0].Lifecycle; lifecycle != nil && lifecycle.PreStop != nil {
			got = lifecycle.PreStop.Sleep.Seconds
		}
		if got != want {
			t.Errorf("%q: %ds, want %ds", text, got, want)
		}
	}
}

// TestLevelsOfPodSecurity holds the levels that a spec has to claim against those of Kubernetes itself: what is rendered is let in
// at the claimed level, and kept out by the one below, unless that is what the row says.
func TestLevelsOfPodSecurity(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	allowed := func(level string, pod *corev1.PodSpec) bool {
		parsed, err := api.ParseLevel(level)
		if err != nil {
			t.Fatal(err)
		}
		for _, result := range evaluator.EvaluatePod(api.LevelVersion{Level: parsed, Version: api.LatestVersion()}, &metav1.ObjectMeta{}, pod) {
			if !result.Allowed {
				return false
			}
		}
		return true
	}
	levels := []string{"restricted", "baseline", "privileged"}
	for said, level := range map[string]string{
		"readOnlyRootFilesystem: false":           "restricted",
		"capabilities: {add: [NET_BIND_SERVICE]}": "restricted",
		"supplementalGroups: [0], runAsGroup: 0":  "restricted",
		"seccomp: localhost/x.json":               "restricted",
		"appArmor: RuntimeDefault":                "restricted",
		"runAsUser: 0":                            "baseline",
		"allowPrivilegeEscalation: true":          "baseline",
		"capabilities: {drop: [NET_RAW]}":         "baseline",
		"capabilities: {drop: []}":                "baseline",
		"capabilities: {add: [CHOWN, SETUID]}":    "baseline",
		"capabilities: {add: [NET_ADMIN]}":        "privileged",
		"capabilities: {add: [SYS_ADMIN]}":        "privileged",
		"privileged: true":                        "privileged",
		"hostNetwork: true":                       "privileged",
		"hostPID: true":                           "privileged",
		"hostIPC: true":                           "privileged",
		"seccomp: Unconfined":                     "privileged",
		"appArmor: Unconfined":                    "privileged",
	} {
		pod := podOf(t, "security: {level: "+level+", "+said+"}\n", nil)
		if !allowed(level, &pod) {
			t.Errorf("%s: Pod Security %s keeps it out", said, level)
		}
		if below := slices.Index(levels, level) - 1; below >= 0 && allowed(levels[below], &pod) {
			t.Errorf("%s: Pod Security %s lets it in", said, levels[below])
		}
	}
}
