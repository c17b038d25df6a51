package manifests

import (
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// workloadKinds are the kinds of object that become a service.
var workloadKinds = []string{"Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job"}

// workloads makes a service of every workload. It is named after its Service where it has one, so that the address stays.
func (c *conversion) workloads() {
	names := draft.NewNames("global", "tags", "project")
	for _, o := range c.objects {
		if !o.is(workloadKinds...) {
			continue
		}
		o.placed = true
		s := &service{workload: o, pod: o.spec("template"), portName: draft.NewNames(), copies: map[string]string{}, mounted: map[string]*source.Node{}}
		if o.kind == "CronJob" {
			s.pod = o.spec("jobTemplate", "spec", "template")
		}
		s.labels = labels(s.pod.Get("metadata", "labels"))
		s.object = c.ownService(s)
		name := o.name
		if own := labels(o.meta("labels"))["app.kubernetes.io/name"]; o.kind == "Job" && own != "" && strings.HasPrefix(name, own+"-") {
			name = own // what follows tells one run from another
		}
		if s.object != nil {
			name = s.object.name
		}
		s.name = names.For(name)
		s.out = draft.NewService(s.name, o.node)
		if s.name != o.name {
			c.changed(s, o.meta("name"), "the %s %s becomes the service %s", o.kind, o.name, s.name)
		}
		if containers := s.pod.Get("spec", "containers"); containers.Is(source.Sequence) && len(containers.Items) > 0 {
			s.main = containers.Items[0]
		} else {
			c.lost(s, o.node, "the %s has no containers", o.kind)
		}
		c.services = append(c.services, s)
	}
}

// ownService returns the Service that selects the pods of a workload: the one with its name, or else the first one with an address.
func (c *conversion) ownService(s *service) *object {
	var own *object
	for _, o := range c.objects {
		if !o.is("Service") || !selects(o.spec("selector"), s.labels) {
			continue
		}
		headless := o.spec("clusterIP").Is(source.Scalar) && o.spec("clusterIP").Text == "None"
		switch {
		case o.name == s.workload.name:
			return o
		case own == nil || !headless && own.spec("clusterIP").Is(source.Scalar) && own.spec("clusterIP").Text == "None":
			own = o
		}
	}
	return own
}

// selects tells whether a selector of a Service, which is not empty, matches labels.
func selects(selector *source.Node, own map[string]string) bool {
	if !selector.Is(source.Mapping) || len(selector.Pairs) == 0 {
		return false
	}
	for key, value := range labels(selector) {
		if own[key] != value {
			return false
		}
	}
	return true
}

// selectsBy tells whether a label selector (matchLabels and matchExpressions) matches labels. An empty one matches everything.
func selectsBy(selector *source.Node, own map[string]string) bool {
	for key, value := range labels(selector.Get("matchLabels")) {
		if own[key] != value {
			return false
		}
	}
	if expressions := selector.Get("matchExpressions"); expressions.Is(source.Sequence) {
		for _, e := range expressions.Items {
			if !matches(e, own) {
				return false
			}
		}
	}
	return true
}

func matches(e *source.Node, own map[string]string) bool {
	if !e.Get("key").Is(source.Scalar) || !e.Get("operator").Is(source.Scalar) {
		return false
	}
	value, there := own[e.Get("key").Text]
	in := false
	if values := e.Get("values"); values.Is(source.Sequence) {
		for _, v := range values.Items {
			in = in || v.Text == value
		}
	}
	switch e.Get("operator").Text {
	case "In":
		return there && in
	case "NotIn":
		return !there || !in
	case "Exists":
		return there
	case "DoesNotExist":
		return !there
	}
	return false
}

// selected returns the services whose pods a label selector matches.
func (c *conversion) selected(selector *source.Node) []*service {
	var found []*service
	for _, s := range c.services {
		if selectsBy(selector, s.labels) {
			found = append(found, s)
		}
	}
	return found
}

// hosts notes every name by which a service can be called.
func (c *conversion) hosts() {
	for _, s := range c.services {
		for _, o := range c.objects {
			if !o.is("Service") || o != s.object && !selects(o.spec("selector"), s.labels) {
				continue
			}
			names := []string{o.name}
			if o.namespace != "" {
				names = append(names, o.name+"."+o.namespace)
			}
			for _, name := range names {
				for _, end := range []string{"", ".svc", ".svc.cluster.local"} {
					host := name + end
					if end != "" && !strings.Contains(name, ".") {
						continue
					}
					if c.byHost[host] == nil {
						c.byHost[host] = s
					}
				}
			}
		}
	}
}

// byWorkload returns the service that an object refers to by kind and name, or nil.
func (c *conversion) byWorkload(reference *source.Node) *service {
	kind, name := reference.Get("kind"), reference.Get("name")
	for _, s := range c.services {
		if kind.Is(source.Scalar) && name.Is(source.Scalar) && s.workload.kind == kind.Text && s.workload.name == name.Text {
			return s
		}
	}
	return nil
}

// byService returns the service whose Service has that name, or nil.
func (c *conversion) byService(name *source.Node) *service {
	if !name.Is(source.Scalar) {
		return nil
	}
	return c.byHost[name.Text]
}

// find returns the object of a kind with that name, or nil.
func (c *conversion) find(kind, name string) *object {
	for _, o := range c.objects {
		if o.is(kind) && o.name == name {
			return o
		}
	}
	return nil
}
