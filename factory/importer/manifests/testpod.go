package manifests

import (
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// isTest tells whether an object is a pod of helm test.
func (o *object) isTest() bool {
	hook := o.meta("annotations", "helm.sh/hook")
	return o.is("Pod") && hook.Is(source.Scalar) && strings.HasPrefix(hook.Text, "test")
}

// testPod carries a pod of helm test into the service that it belongs to. The one that only connects is every chart's already.
func (c *conversion) testPod(o *object) {
	containers := o.spec("containers")
	if !o.isTest() || len(c.services) == 0 || !containers.Is(source.Sequence) || len(containers.Items) == 0 {
		return
	}
	o.placed = true
	s := c.owner(o)
	name := strings.TrimPrefix(strings.TrimPrefix(o.name, s.name+"-"), "test-")
	if name == spec.BuiltinTest {
		c.changed(s, o.node, "every chart has a test of its own, which asks the service; next: say more of them under tests")
		return
	}
	name = draft.Label(name, 52)
	made := draft.NewMap()
	c.testContainer(s, containers.Items[0], made)
	for _, other := range containers.Items[1:] {
		c.lost(s, other, "a test is one container; next: make it a test of its own, under tests")
	}
	c.keys(s, o.node.Get("spec"), take{
		"containers": same, "restartPolicy": same, "volumes": same, "securityContext": same, "automountServiceAccountToken": same, "enableServiceLinks": same,
		"imagePullSecrets":   same, // those of the service
		"initContainers":     c.not(s, "a test is one container; next: let its command do all of it"),
		"serviceAccountName": c.not(s, "a test has no rights in the cluster; next: ask the service, not the Kubernetes API"),
		"serviceAccount":     same,
	})
	s.out.Keys.At("tests", o.node).Set(name, made, o.node)
}

// testContainer carries what a test runs. How it is confined is settled: as Pod Security restricted asks.
func (c *conversion) testContainer(s *service, n *source.Node, into *draft.Map) {
	c.keys(s, n, take{
		"name": same, "securityContext": same, "restartPolicy": same, "terminationMessagePath": same, "terminationMessagePolicy": same,
		"image":           c.setText(s, into, "image"),
		"imagePullPolicy": func(n *source.Node) { c.pullPolicy(s, n, into) },
		"command":         func(n *source.Node) { c.command(s, n, into, "command", false) },
		"args":            func(n *source.Node) { c.command(s, n, into, "args", false) },
		"env":             func(n *source.Node) { c.environment(s, n, into, false) },
		"envFrom":         func(n *source.Node) { c.envFrom(s, n, into, false) },
		"resources":       func(n *source.Node) { c.resources(s, n, into) },
		"volumeMounts":    func(n *source.Node) { c.testMounts(s, n) },
		"workingDir":      c.not(s, "a spec does not say the working folder; next: write absolute paths into command"),
		"ports":           c.not(s, "nobody calls a test; next: leave it out"),
		"livenessProbe":   c.not(s, "a test ends by itself; next: leave it out"),
		"readinessProbe":  c.not(s, "a test ends by itself; next: leave it out"),
		"startupProbe":    c.not(s, "a test ends by itself; next: leave it out"),
		"lifecycle":       c.not(s, "a test ends by itself; next: let its command do all of it"),
	})
	s.sameImage(into)
}

// testMounts reports what a test sees beside its empty /tmp.
func (c *conversion) testMounts(s *service, n *source.Node) {
	for _, item := range n.Items {
		if path := item.Get("mountPath"); !path.Is(source.Scalar) || path.Text != "/tmp" {
			c.lost(s, item, "a test has an empty /tmp and no other volume; next: write what it needs into its command or its image")
		}
	}
}
