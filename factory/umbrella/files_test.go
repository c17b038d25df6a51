package umbrella_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// seen returns what a container sees at a path, as the kubelet would put it there, and the mode of the file.
func seen(t *testing.T, objects map[string]string, pod corev1.PodSpec, container, path string) ([]byte, *int32) {
	t.Helper()
	for _, c := range append(pod.InitContainers, pod.Containers...) {
		for _, m := range c.VolumeMounts {
			if c.Name != container || m.MountPath != path {
				continue
			}
			if !m.ReadOnly {
				t.Errorf("%s can be written to", path)
			}
			for _, v := range pod.Volumes {
				var items []corev1.KeyToPath
				var content []byte
				switch {
				case v.Name != m.Name:
					continue
				case v.ConfigMap != nil:
					configMap := decode[corev1.ConfigMap](t, objects, "web/ConfigMap/"+v.ConfigMap.Name)
					items, content = v.ConfigMap.Items, configMap.BinaryData[m.SubPath]
					if text, ok := configMap.Data[m.SubPath]; ok {
						content = []byte(text)
					}
				case v.Secret != nil:
					secret := decode[corev1.Secret](t, objects, "web/Secret/"+v.Secret.SecretName)
					items, content = v.Secret.Items, secret.Data[m.SubPath]
				}
				for _, item := range items {
					if item.Path == m.SubPath {
						return content, item.Mode
					}
				}
				if items != nil {
					t.Errorf("%s is not among the items", m.SubPath)
				}
				return content, nil
			}
		}
	}
	t.Fatalf("%s sees nothing at %s", container, path)
	return nil, nil
}

// TestFilesArrive sends contents that break templates, YAML and encodings through everything.
func TestFilesArrive(t *testing.T) {
	everyByte := make([]byte, 256)
	for i := range everyByte {
		everyByte[i] = byte(i)
	}
	contents := [][]byte{
		{}, []byte("\n"), []byte(" "), []byte("no"), []byte("010"), []byte("{{ .Values.image }}\n{{- include \"labels\" . }}\n{{/*"), []byte("a: b\n---\n...\n# c\n- \"d\" 'e' `f`\n"),
		[]byte("a\r\nb\r\n"), []byte("\ta\n  b \n\n\n"), []byte("🙂\u00a0\u2028é\n"), []byte("\ufeffbom\n"), []byte("\x7f"), []byte("\u0085\n"), []byte("a\x00b"), []byte("\x1b[0m"),
		{0xff, 0xfe, 0x00}, []byte("\xed\xa0\x80"), everyByte, []byte(strings.Repeat("{{ long }} \"line\"\n", 6_000)), bytes.Repeat(everyByte, 400), []byte("$(A) ${web.host} $$ %s"),
	}
	files := map[string]string{"factory.yaml": "version: 1\n"}
	main, beside := map[string]any{}, map[string]any{}
	for i, content := range contents {
		name := fmt.Sprintf("data/f%d", i)
		files["services/web/"+name] = string(content)
		main[fmt.Sprintf("/etc/main/f%d", i)] = name
		beside[fmt.Sprintf("/etc/main/f%d", i)] = map[string]any{"source": name, "secret": true, "mode": "0400"}
	}
	text, err := json.Marshal(map[string]any{"files": main, "sidecars": map[string]any{"beside": map[string]any{"files": beside}}})
	if err != nil {
		t.Fatal(err)
	}
	files["services/web/service.yaml"] = string(text)
	objects := rendered(t, synced(t, project(t, files)), map[string]any{})
	pod := decode[appsv1.Deployment](t, objects, "web/Deployment/web").Spec.Template.Spec
	for i, want := range contents {
		path := fmt.Sprintf("/etc/main/f%d", i)
		if got, mode := seen(t, objects, pod, "web", path); !bytes.Equal(got, want) || mode != nil {
			t.Errorf("%s is %.60q, want %.60q", path, got, want)
		}
		if got, mode := seen(t, objects, pod, "beside", path); !bytes.Equal(got, want) || mode == nil || *mode != 0o400 {
			t.Errorf("beside, %s is %.60q %v, want %.60q", path, got, mode, want)
		}
	}
	if pod.SecurityContext.FSGroup == nil {
		t.Error("only root could read files of mode 0400")
	}
}

// TestAChangedFileRollsThePods: the pods change with a file's content, and with nothing else of the service's folder.
func TestAChangedFileRollsThePods(t *testing.T) {
	template := func(content, other string, values map[string]any) corev1.PodTemplateSpec {
		files := map[string]string{
			"factory.yaml": "version: 1\n", "services/web/service.yaml": "files: {/a: a.txt, /b: {source: b.txt, secret: true}}\n",
			"services/web/a.txt": content, "services/web/b.txt": "b", "services/web/c.txt": other,
		}
		return decode[appsv1.Deployment](t, rendered(t, synced(t, project(t, files)), values), "web/Deployment/web").Spec.Template
	}
	first := template("a", "c", nil)
	if again := template("a", "d", nil); again.String() != first.String() {
		t.Error("a file that nobody sees rolls the pods")
	}
	if changed := template("A", "c", nil); changed.String() == first.String() {
		t.Error("a changed file rolls nothing")
	}
	values := map[string]any{"web": map[string]any{"files": map[string]any{"text": map[string]any{"a": "from above"}}}}
	if changed := template("a", "c", values); changed.String() == first.String() {
		t.Error("a file that is changed by a value rolls nothing")
	}
}

// TestFilesOfAHook: what a hook sees is there before it runs.
func TestFilesOfAHook(t *testing.T) {
	files := map[string]string{
		"factory.yaml": "version: 1\n", "services/web/a.txt": "a",
		"services/web/service.yaml": "kind: Job\nhook: [pre-install]\nfiles: {/a: a.txt, /b: {source: a.txt, secret: true}}\n",
	}
	objects := rendered(t, synced(t, project(t, files)), map[string]any{})
	configMap, secret := decode[corev1.ConfigMap](t, objects, "web/ConfigMap/web.files"), decode[corev1.Secret](t, objects, "web/Secret/web.files")
	for _, annotations := range []map[string]string{configMap.Annotations, secret.Annotations} {
		if annotations["helm.sh/hook"] != "pre-install" || annotations["helm.sh/hook-weight"] != "-1" {
			t.Errorf("not there in time: %v", annotations)
		}
	}
	if job := decode[batchv1.Job](t, objects, "web/Job/web"); job.Annotations["helm.sh/hook-weight"] != "0" {
		t.Errorf("the hook: %v", job.Annotations)
	}
}
