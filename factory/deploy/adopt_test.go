package deploy_test

import (
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/deploy"
)

const colors = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata: {color: blue}\n"

func configMaps(names ...string) deploy.Chart {
	templates := map[string]string{}
	for _, name := range names {
		templates[name+".yaml"] = strings.ReplaceAll(colors, "NAME", name)
	}
	return chartOf(templates)
}

// byHand makes a ConfigMap as somebody with kubectl does.
func byHand(t *testing.T, opts deploy.Options, name string, annotations map[string]string) {
	t.Helper()
	made := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: annotations}, Data: map[string]string{"color": "red", "own": "yes"}}
	if _, err := client(t, opts).CoreV1().ConfigMaps(opts.Namespace).Create(t.Context(), made, metav1.CreateOptions{FieldManager: "kubectl-create"}); err != nil {
		t.Fatal(err)
	}
}

func configMap(t *testing.T, opts deploy.Options, name string) *corev1.ConfigMap {
	t.Helper()
	found, err := client(t, opts).CoreV1().ConfigMaps(opts.Namespace).Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestObjectsMadeByHandAreTakenOverOnlyWhenToldTo(t *testing.T) {
	for name, first := range map[string]bool{"by the first deploy": true, "by a later one": false} {
		t.Run(name, func(t *testing.T) {
			opts := options(t)
			opts.Namespace = clustertest.Namespace(t, opts.Cluster)
			opts.Values, opts.Chart = nil, configMaps("first", "one", "two")
			before := ""
			if !first {
				start := opts
				start.Chart = configMaps("first")
				apply(t, start)
				before = "1 deployed"
			}
			byHand(t, opts, "one", nil)
			byHand(t, opts, "two", nil)
			_, err := deploy.Apply(t.Context(), opts)
			var refused *deploy.NotOursError
			if !errors.As(err, &refused) || len(refused.Objects) != 2 || refused.Objects[0].By != "kubectl-create" {
				t.Fatalf("got %v, want a refusal of both", err)
			}
			for _, want := range []string{"\n  configmap/one was made by kubectl-create at 2", "\n  configmap/two was made by", "\nnext: factory deploy --adopt"} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in it: %v", want, err)
				}
			}
			wantReleases(t, opts, before)
			opts.Adopt = true
			apply(t, opts)
			adopted := configMap(t, opts, "one")
			if adopted.Data["color"] != "blue" || adopted.Annotations["meta.helm.sh/release-name"] != "shop" {
				t.Errorf("adopted: %v %v", adopted.Data, adopted.Annotations)
			}
			opts.Adopt = false
			if result := apply(t, opts); result.Changed {
				t.Errorf("got %+v, want nothing to do", result)
			}
		})
	}
}

func TestWhatAnotherReleaseHasIsNeverTakenOver(t *testing.T) {
	opts := options(t)
	opts.Namespace = clustertest.Namespace(t, opts.Cluster)
	opts.Values, opts.Chart, opts.Adopt = nil, configMaps("one"), true
	byHand(t, opts, "one", map[string]string{"meta.helm.sh/release-name": "old", "meta.helm.sh/release-namespace": "elsewhere"})
	_, err := deploy.Apply(t.Context(), opts)
	want := "\n  configmap/one belongs to release old in namespace elsewhere\nnext: take it out of the other release first"
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "--adopt takes") {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if configMap(t, opts, "one").Data["color"] != "red" {
		t.Error("it was written over")
	}
}

func TestWhatOnlyAFailedRevisionMadeIsRemovedByTheNext(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, broken('b', noName))
	web := func(letter byte, names ...string) deploy.Chart {
		templates := map[string]string{"web.yaml": strings.ReplaceAll(deploymentWith(""), "web:1", "web@"+digest(letter))}
		for _, name := range names {
			templates[name+".yaml"] = strings.ReplaceAll(colors, "NAME", name)
		}
		return chartOf(templates)
	}
	opts.Values, opts.Chart = nil, web('a', "stays")
	apply(t, opts)
	opts.Chart = web('b', "stays", "extra")
	if _, err := deploy.Apply(t.Context(), opts); err == nil {
		t.Fatal("it cannot have gone well")
	}
	configMap(t, opts, "extra")
	opts.Chart = web('c', "stays")
	apply(t, opts)
	wantReleases(t, opts, "1 superseded, 2 failed, 3 deployed")
	list, err := client(t, opts).CoreV1().ConfigMaps(opts.Namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/managed-by=Helm"})
	if err != nil || len(list.Items) != 1 || list.Items[0].Name != "stays" {
		t.Errorf("%d are left: %v", len(list.Items), list.Items)
	}
}
