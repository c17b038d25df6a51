package subchart

import (
	"maps"
	"slices"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/values"
)

// schedulingValues are fields of a pod that say where it runs.
func schedulingValues(s *spec.Service) values.Map {
	var m values.Map
	if len(s.NodeSelector) > 0 {
		m = append(m, values.Entry{Key: "nodeSelector", Value: textMap(s.NodeSelector)})
	}
	var tolerations []any
	for _, t := range s.Tolerations {
		tolerations = append(tolerations, toleration(t))
	}
	if tolerations != nil {
		m = append(m, values.Entry{Key: "tolerations", Value: tolerations})
	}
	if s.Affinity.Said() {
		m = append(m, values.Entry{Key: "affinity", Value: raw(s.Affinity)})
	}
	return m
}

func toleration(t spec.Toleration) values.Map {
	var m values.Map
	add := func(key, value string) {
		if value != "" {
			m = append(m, values.Entry{Key: key, Value: value})
		}
	}
	operator := t.Operator
	if operator == "" && t.Value == "" {
		operator = "Exists"
	}
	if operator == "Equal" {
		operator = "" // which is Kubernetes' own default
	}
	add("key", t.Key)
	add("operator", operator)
	add("value", t.Value)
	add("effect", t.Effect)
	if t.For != nil {
		m = append(m, values.Entry{Key: "tolerationSeconds", Value: t.For.Seconds()})
	}
	return m
}

// spreadValues spread the service's own pods over what labels of the nodes tell apart. Those of a Deployment are counted among the
// pods of the same version only, since the older ones leave.
func spreadValues(s *spec.Service) values.Map {
	if s.Kind == spec.DaemonSet {
		return nil
	}
	var m values.Map
	for _, key := range slices.Sorted(maps.Keys(s.Spread)) {
		when := "ScheduleAnyway"
		if s.Spread[key].When == "hard" {
			when = "DoNotSchedule"
		}
		constraint := values.Map{{Key: "maxSkew", Value: int64(s.Spread[key].Skew)}, {Key: "whenUnsatisfiable", Value: when}}
		if s.Kind == spec.Deployment {
			constraint = append(constraint, values.Entry{Key: "matchLabelKeys", Value: []any{"pod-template-hash"}})
		}
		m = append(m, values.Entry{Key: spec.SpreadLabel(key), Value: constraint})
	}
	return m
}

// accountValues are what differs from an account of the service's name that the release makes.
func accountValues(s *spec.Service) values.Map {
	a := s.Account
	if a == nil {
		return nil
	}
	var m values.Map
	if s.AccountName() != s.Name {
		m = append(m, values.Entry{Key: "name", Value: s.AccountName()})
	}
	if !s.OwnsAccount() {
		m = append(m, values.Entry{Key: "exists", Value: true})
	}
	if len(a.Annotations) > 0 {
		m = append(m, values.Entry{Key: "annotations", Value: textMap(a.Annotations)})
	}
	return m
}

// tokenValues are fields of a pod that gets a token without access of its own to the Kubernetes API.
func tokenValues(s *spec.Service) values.Map {
	if s.Account == nil || s.Account.Token == nil || !*s.Account.Token || len(s.Access) > 0 {
		return nil
	}
	return values.Map{{Key: "automountServiceAccountToken", Value: true}}
}
