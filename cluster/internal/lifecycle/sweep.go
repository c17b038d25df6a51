package lifecycle

import (
	"errors"

	"github.com/helm-chart-factory/factory/cluster/internal/cgroup"
	"github.com/helm-chart-factory/factory/cluster/internal/instance"
	"github.com/helm-chart-factory/factory/cluster/internal/network"
)

// sweep removes what outlives a killed supervisor: the node's control group, and its link for as long as the kernel still
// takes its namespace apart.
func sweep(inst instance.Instance) error {
	record, err := inst.Load()
	if err != nil || !record.Options.Node {
		return err
	}
	groups, err := cgroup.Detect()
	if err != nil {
		return err
	}
	if err := errors.Join(groups.Remove(inst.Group(), record.Controllers), network.Detach(inst.Link())); err != nil {
		return err
	}
	if record.Controllers == nil {
		return nil
	}
	// Given back: what others are handed from now on is theirs.
	record.Controllers = nil
	return inst.Save(record)
}
