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
	return errors.Join(groups.Remove(inst.Group(), record.Enabled), network.Detach(inst.Link()))
}
