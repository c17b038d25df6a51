package manifests

import (
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// accounts carries service accounts and what is bound to them.
func (c *conversion) accounts() {
	users := map[string][]*service{}
	for _, s := range c.services {
		if name := s.accountName(); name != nil && name.Text != "default" {
			users[name.Text] = append(users[name.Text], s)
		}
	}
	for _, s := range c.services {
		asked := s.pod.Get("spec", "automountServiceAccountToken")
		token := asked.Is(source.Scalar) && asked.Text == "true"
		account, granted := draft.NewMap(), false
		if name := s.accountName(); name != nil && name.Text != "default" {
			switch c.account(s, name, account, users[name.Text]) {
			case owned:
				granted = c.bindings(s, name.Text)
			case shared: // what is bound to it is said by its owner
				token = token || slices.ContainsFunc(c.objects, func(o *object) bool { return o.is("RoleBinding", "ClusterRoleBinding") && boundTo(o, name.Text) })
			}
		}
		if token && !granted {
			account.Set("token", draft.Bool(true), asked)
		}
		value := draft.Value(account)
		if account.Len() == 2 && account.Has("create") && account.Has("name") {
			value = account.Get("name") // the short form
		}
		if account.Len() > 0 {
			s.out.Keys.Set("account", value, account.From(account.Keys()[0]))
		}
	}
}

// accountName returns what names the service account of the pods, or nil.
func (s *service) accountName() *source.Node {
	for _, key := range []string{"serviceAccountName", "serviceAccount"} {
		if name := s.pod.Get("spec", key); name.Is(source.Scalar) && name.Text != "" {
			return name
		}
	}
	return nil
}

// share is what a service has to do with its account.
type share int

const (
	owned  share = iota // the service says the account and what is bound to it
	shared              // another service does
)

// account carries a ServiceAccount by its name. The service that is called like it, or else the first one, makes it; the others name
// it. A hook runs when nothing else of the release is there, so it makes its own.
func (c *conversion) account(s *service, name *source.Node, account *draft.Map, users []*service) share {
	o := c.find("ServiceAccount", name.Text)
	if o == nil {
		account.Set("create", draft.Bool(false), name).Set("name", draft.Text(name.Text), name)
		c.check(s, name, "the service account %s is not among the manifests: it has to be there before the release", source.Shorten(name.Text))
		return owned
	}
	owner := c.accountOwner(name.Text, users)
	switch {
	case owner == nil || owner != s && s.out.Keys.Has("hook"):
		if name.Text != s.name {
			c.changed(s, name, "the service account is called %s, as the service", s.name)
		}
	case owner != s:
		account.Set("create", draft.Bool(false), name).Set("name", draft.Text(name.Text), name)
		return shared
	case name.Text != s.name:
		account.Set("name", draft.Text(name.Text), name)
	}
	o.placed = true
	c.keys(s, o.node, take{
		"apiVersion": same, "kind": same, "secrets": same,
		"metadata": func(n *source.Node) {
			if annotations := n.Get("annotations"); annotations.Is(source.Mapping) {
				c.plainAnnotations(s, annotations, account, "annotations")
			}
			c.alike(s, "labels", n.Get("labels"))
		},
		"automountServiceAccountToken": same, // access decides
		"imagePullSecrets": func(n *source.Node) {
			if !s.out.Keys.Has("pullSecrets") {
				c.pullSecrets(s, n)
			}
		},
	})
	return owned
}

// accountOwner returns the service whose account it is, nil when each has to make its own: the name is taken by another service, or only
// hooks use it.
func (c *conversion) accountOwner(account string, users []*service) *service {
	for _, s := range c.services {
		if s.name == account {
			if slices.Contains(users, s) {
				return s
			}
			return nil
		}
	}
	for _, s := range users {
		if !s.out.Keys.Has("hook") || len(users) == 1 {
			return s
		}
	}
	return nil
}

// bindings carries the rules of every role that is bound to a service account. It tells whether there are any.
func (c *conversion) bindings(s *service, account string) bool {
	var rules draft.List
	var from *source.Node
	for _, o := range c.objects {
		if !o.is("RoleBinding", "ClusterRoleBinding") || !boundTo(o, account) {
			continue
		}
		scope := "namespace"
		if o.kind == "ClusterRoleBinding" {
			scope = "cluster"
		}
		reference := o.node.Get("roleRef")
		role := c.role(reference)
		if role == nil {
			c.lost(s, reference, "the rules of this role are not here; next: say them under access, or bind the role to the service account %s by a manifest of your own", account)
			continue
		}
		o.placed, role.placed = true, true
		if from == nil {
			from = role.node.Get("rules")
		}
		if list := role.node.Get("rules"); list.Is(source.Sequence) {
			for _, rule := range list.Items {
				rules = append(rules, c.rule(s, rule, scope)...)
			}
		}
		if role.node.Get("aggregationRule").Said() {
			c.lost(s, role.node.Get("aggregationRule"), "a spec says the rules; next: write them under access")
		}
	}
	if len(rules) > 0 {
		s.out.Keys.Set("access", rules, from)
	}
	return len(rules) > 0
}

func boundTo(o *object, account string) bool {
	subjects := o.node.Get("subjects")
	if !subjects.Is(source.Sequence) {
		return false
	}
	for _, subject := range subjects.Items {
		if kind, name := subject.Get("kind"), subject.Get("name"); kind.Is(source.Scalar) && kind.Text == "ServiceAccount" && name.Is(source.Scalar) && name.Text == account {
			return true
		}
	}
	return false
}

func (c *conversion) role(reference *source.Node) *object {
	kind, name := reference.Get("kind"), reference.Get("name")
	if !kind.Is(source.Scalar) || !name.Is(source.Scalar) {
		return nil
	}
	return c.find(kind.Text, name.Text)
}

// rule carries one rule of RBAC. One that names objects, or resources of any group, would grant more in a spec: it is reported.
func (c *conversion) rule(s *service, n *source.Node, scope string) draft.List {
	for _, key := range []string{"resourceNames", "nonResourceURLs"} {
		if names := n.Get(key); names.Said() && !empty(names) {
			c.lost(s, names, "a rule of a spec is about all objects of a kind, so this one is left out; next: add the role by a manifest of your own")
			return nil
		}
	}
	groups, resources, verbs := n.Get("apiGroups"), n.Get("resources"), n.Get("verbs")
	if !groups.Is(source.Sequence) || !resources.Is(source.Sequence) || !verbs.Is(source.Sequence) {
		c.lost(s, n, "a rule needs apiGroups, resources and verbs")
		return nil
	}
	var names []string
	for _, group := range groups.Items {
		for _, resource := range resources.Items {
			kind, sub, subresource := strings.Cut(resource.Text, "/")
			switch {
			case group.Text == "*" || kind == "*":
				c.lost(s, n, "a rule about resources of any kind would let the service do anything, so it is left out; next: say the resources under access")
				return nil
			case group.Text != homeOf(kind) && homeOf(kind) != "?":
				continue // there is no such resource: groups and resources of a rule are all combined
			case group.Text != "":
				kind += "." + group.Text
			}
			if subresource {
				kind += "/" + sub
			}
			names = append(names, kind)
		}
	}
	rule := draft.NewMap().Set("resources", draft.Texts(names...), resources).Set("verbs", draft.Texts(c.texts(s, verbs)...), verbs)
	if scope != "namespace" {
		rule.Set("scope", draft.Plain(scope), n)
	}
	return draft.List{rule}
}

// homeOf returns the group of a resource that everybody knows, "" for the core, and "?" for others.
func homeOf(resource string) string {
	for group, resources := range map[string][]string{
		"":      {"pods", "services", "configmaps", "secrets", "nodes", "namespaces", "endpoints", "persistentvolumeclaims", "persistentvolumes", "serviceaccounts", "replicationcontrollers"},
		"apps":  {"deployments", "statefulsets", "daemonsets", "replicasets", "controllerrevisions"},
		"batch": {"jobs", "cronjobs"},
	} {
		if slices.Contains(resources, resource) {
			return group
		}
	}
	return "?"
}
