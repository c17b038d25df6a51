// Package plan says what a deploy would change: object by object, field by field, and what each change does to what
// runs. It compares and judges; what to compare is asked of the cluster by package deploy.
package plan

import (
	"slices"
	"strings"
	"time"
)

// Action is what happens to an object.
type Action string

const (
	Create  Action = "create"
	Change  Action = "change"
	Replace Action = "replace" // deleted and created again
	Delete  Action = "delete"
	// Keep is an object that the chart no longer has and that stays, by its annotation helm.sh/resource-policy: keep.
	Keep Action = "keep"
	None Action = "none"
)

// Plan is what a deploy or a rollback would do. It holds no secret value.
type Plan struct {
	Release   string `json:"release"`
	Namespace string `json:"namespace"`
	// NewNamespace is true when the namespace would be created. What is in it cannot be tried out before it is there.
	NewNamespace bool `json:"newNamespace"`
	// From is the revision that is there now, 0 when there is none; To the one that would be written, 0 when none is.
	From int `json:"from"`
	To   int `json:"to"`
	// Objects are those that change, are refused or have drifted, by service and in the order of the chart.
	Objects []Object `json:"objects"`
	// Hooks are the jobs that would run before and after.
	Hooks []Hook `json:"hooks"`
	Size  Size   `json:"size"`
	// Notes are what a person should know besides, each one sentence.
	Notes []string `json:"notes"`
	// Counts sums up the objects.
	Counts Counts `json:"counts"`
}

// Object is one object and what happens to it.
type Object struct {
	// Service is the subchart that renders it; empty for an object of the umbrella itself.
	Service   string  `json:"service,omitempty"`
	Kind      string  `json:"kind"`
	Name      string  `json:"name"`
	Namespace string  `json:"namespace,omitempty"`
	Action    Action  `json:"action"`
	Fields    []Field `json:"fields,omitempty"`
	// Restarts are the fields for which running pods are replaced by new ones.
	Restarts []Path `json:"restarts,omitempty"`
	// Effect says in words what the change does besides: "scales from 2 to 4".
	Effect string `json:"effect,omitempty"`
	// Refused is set when the cluster would not take the change.
	Refused *Refusal `json:"refused,omitempty"`
	// Drift is what is not as the last release left it.
	Drift []Drift `json:"drift,omitempty"`
	// Warnings are the API server's.
	Warnings []string `json:"warnings,omitempty"`
}

// Ref is kind/name in lower case, as a person writes it to kubectl.
func (o *Object) Ref() string { return strings.ToLower(o.Kind) + "/" + o.Name }

// Drift is a field that somebody changed after the last release.
type Drift struct {
	Path Path `json:"path"`
	// Released is what the last release said, Live what is there now; both are left out of a Secret.
	Released any  `json:"released,omitempty"`
	Live     any  `json:"live,omitempty"`
	Hidden   bool `json:"hidden,omitempty"`
	// By is the field manager that wrote it last; empty when the field was removed and nobody owns it.
	By string    `json:"by,omitempty"`
	At time.Time `json:"at,omitzero"`
	// Stays is true when the deploy leaves it as it is.
	Stays bool `json:"stays"`
}

// Hook is an object that Helm creates at a moment of the deploy and, unless it says otherwise, leaves behind.
type Hook struct {
	Service string   `json:"service,omitempty"`
	Kind    string   `json:"kind"`
	Name    string   `json:"name"`
	Events  []string `json:"events"`
	Weight  int      `json:"weight"`
}

// Size is how large the stored release would be.
type Size struct {
	Bytes int `json:"bytes"`
	Limit int `json:"limit"`
}

// Counts sums up a plan.
type Counts struct {
	Created   int `json:"created"`
	Changed   int `json:"changed"`
	Replaced  int `json:"replaced"`
	Deleted   int `json:"deleted"`
	Kept      int `json:"kept"`
	Restarted int `json:"restarted"`
	Refused   int `json:"refused"`
	Drifted   int `json:"drifted"`
}

// Count fills in the counts.
func (p *Plan) Count() {
	p.Counts = Counts{}
	for i := range p.Objects {
		p.Counts.add(&p.Objects[i])
	}
}

func (c *Counts) add(object *Object) {
	switch object.Action {
	case Create:
		c.Created++
	case Change:
		c.Changed++
	case Replace:
		c.Replaced++
	case Delete:
		c.Deleted++
	case Keep:
		c.Kept++
	}
	if len(object.Restarts) > 0 {
		c.Restarted++
	}
	if object.Refused != nil {
		c.Refused++
	}
	if len(object.Drift) > 0 {
		c.Drifted++
	}
}

// Changes tells whether the deploy would write anything.
func (p *Plan) Changes() bool { return p.To != 0 }

// Drifted tells whether the cluster is not what the chart says, or would not stay what it is.
func (p *Plan) Drifted() bool { return p.Changes() || p.Counts.Drifted > 0 }

// Sort orders the objects by service, keeping the chart's order within one.
func (p *Plan) Sort() {
	slices.SortStableFunc(p.Objects, func(a, b Object) int { return strings.Compare(a.Service, b.Service) })
	slices.SortStableFunc(p.Hooks, func(a, b Hook) int { return a.Weight - b.Weight })
}
