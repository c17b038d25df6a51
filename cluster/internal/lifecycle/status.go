package lifecycle

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/helm-chart-factory/factory/cluster/internal/api"
	"github.com/helm-chart-factory/factory/cluster/internal/instance"
)

// Status is what an instance looks like from the outside.
type Status struct {
	Name       string            `json:"name"`
	Running    bool              `json:"running"`
	Ready      bool              `json:"ready"` // started completely, and the API server answers now
	Node       bool              `json:"node"`
	Kubeconfig string            `json:"kubeconfig"`
	Server     string            `json:"server,omitempty"`
	PID        int               `json:"pid,omitempty"`
	NodePID    int               `json:"nodePID,omitempty"`
	NodeIP     string            `json:"nodeIP,omitempty"`
	Ingress    string            `json:"ingress,omitempty"` // the address that serves ports 80 and 443 of the ingress
	Registries string            `json:"registries,omitempty"`
	State      string            `json:"state"`
	Logs       string            `json:"logs"`
	Network    *instance.Network `json:"network,omitempty"`
	LeftOut    []string          `json:"leftOut,omitempty"`
}

// Inspect looks at the instance.
func Inspect(ctx context.Context, inst instance.Instance) (Status, error) {
	record, err := inst.Load()
	if err != nil {
		return Status{}, err
	}
	status := Status{
		Name:       inst.Name,
		Running:    inst.IsRunning(),
		Node:       record.Options.Node,
		Kubeconfig: inst.Kubeconfig(),
		Registries: record.Options.Registries,
		State:      inst.Dir,
		Logs:       inst.Path("logs"),
	}
	if !status.Running {
		return status, nil
	}
	status.Server = record.Server
	status.PID, status.NodePID = record.PID, record.NodePID
	status.Ingress = record.Ingress
	status.LeftOut = record.LeftOut
	if record.Network != nil {
		status.Network = record.Network
		status.NodeIP = record.Network.NodeIP
	}
	if record.Ready {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		_, client, err := api.Connect(inst.Kubeconfig())
		status.Ready = err == nil && api.IsReady(ctx, client) == nil
	}
	return status, nil
}

// Text renders the status for a person.
func (s Status) Text() string {
	if !s.Running {
		return fmt.Sprintf("cluster %q is not running (start it: %s)\n", s.Name, instance.Instance{Name: s.Name}.Command("start"))
	}
	state := "not ready"
	if s.Ready {
		state = "ready"
	}
	var text strings.Builder
	fmt.Fprintf(&text, "cluster %q runs %s and is %s\n", s.Name, kind(s.Node), state)
	for _, line := range [][2]string{
		{"server", s.Server}, {"kubeconfig", s.Kubeconfig}, {"node", s.NodeIP}, {"ingress", s.Ingress},
		{"registries", s.Registries}, {"logs", s.Logs}, {"left out", strings.Join(s.LeftOut, ", ")},
	} {
		if line[1] != "" {
			fmt.Fprintf(&text, "  %-11s %s\n", line[0], line[1])
		}
	}
	return text.String()
}
