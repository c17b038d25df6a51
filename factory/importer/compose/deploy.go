package compose

import (
	"strconv"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// deploy carries how many run, and with what.
func (c *conversion) deploy(s *service, n *source.Node) {
	c.keys(s, n, func(key string, value *source.Node) bool {
		switch key {
		case "mode":
			c.deployMode(s, value)
		case "replicas":
			c.scale(s, value)
		case "resources":
			c.keys(s, value, func(key string, value *source.Node) bool { return c.resources(s, key, value) })
		case "restart_policy":
			c.restartPolicy(s, value)
		case "endpoint_mode":
			if value.Text == "dnsrr" {
				s.out.Keys.At("service", value).Set("headless", draft.Bool(true), value)
			}
		case "labels":
			c.lost(s, value, "labels of a swarm's service have no reader in the cluster; next: write them under annotations")
		case "placement":
			c.placement(s, value)
		case "update_config":
			c.lost(s, value, "a release replaces pods by Kubernetes' rules; next: say strategy: {maxSurge, maxUnavailable}")
		case "rollback_config":
			c.lost(s, value, "a failed release is rolled back by factory deploy; next: leave it out")
		default:
			return false
		}
		return true
	})
}

func (c *conversion) deployMode(s *service, n *source.Node) {
	mode, ok := c.text(s, n)
	kinds := map[string]string{"global": "DaemonSet", "replicated-job": "Job", "global-job": "Job"}
	switch {
	case !ok || mode == "replicated":
	case mode == "global-job":
		c.lost(s, n, "a Job runs once, not once on each node")
		fallthrough
	case kinds[mode] != "":
		s.out.Keys.Set("kind", draft.Plain(kinds[mode]), n)
	default:
		c.lost(s, n, "%q is not a mode that Compose knows", source.Shorten(mode))
	}
}

// scale carries the number of pods; one is the default.
func (c *conversion) scale(s *service, n *source.Node) {
	if replicas, ok := c.number(s, n); ok && replicas != 1 {
		s.out.Keys.Set("replicas", draft.Number(replicas), n)
	}
}

func (c *conversion) resources(s *service, key string, n *source.Node) bool {
	side := map[string]string{"limits": "limits", "reservations": "requests"}[key]
	if side == "" {
		return false
	}
	c.keys(s, n, func(key string, value *source.Node) bool {
		switch key {
		case "cpus":
			c.processors(s, side, value)
		case "memory":
			c.memoryOf(s, side, value)
		case "pids":
			c.lost(s, value, "%s", notTaken["pids_limit"])
		case "devices", "generic_resources":
			c.lost(s, value, "pods get devices from a device plugin; next: say resources: {limits: {nvidia.com/gpu: 1}}")
		default:
			return false
		}
		return true
	})
	return true
}

func (c *conversion) cpus(s *service, n *source.Node)        { c.processors(s, "limits", n) }
func (c *conversion) memoryLimit(s *service, n *source.Node) { c.memoryOf(s, "limits", n) }
func (c *conversion) memoryReservation(s *service, n *source.Node) {
	c.memoryOf(s, "requests", n)
}

func (c *conversion) processors(s *service, side string, n *source.Node) {
	text, ok := c.text(s, n)
	if !ok {
		return
	}
	number, err := strconv.ParseFloat(text, 64)
	if err != nil || !(number >= 0.001 && number <= 10000) {
		if number != 0 || err != nil { // 0 is no limit
			c.lost(s, n, "%q is not a number of processors; next: write it as 0.5", source.Shorten(text))
		}
		return
	}
	quantity := strconv.FormatInt(int64(number*1000+0.5), 10) + "m"
	if whole := int64(number); float64(whole) == number {
		quantity = strconv.FormatInt(whole, 10)
	}
	s.out.Keys.At("resources", n).At(side, n).Set("cpu", draft.Plain(quantity), n)
}

func (c *conversion) memoryOf(s *service, side string, n *source.Node) {
	text, ok := c.text(s, n)
	if !ok || text == "0" {
		return
	}
	quantity, ok := bytesQuantity(text)
	if !ok {
		c.lost(s, n, "%q is not a size; next: write it as 512m or 1g", source.Shorten(text))
		return
	}
	s.out.Keys.At("resources", n).At(side, n).Set("memory", draft.Plain(quantity), n)
}

// restart: Kubernetes starts a service's containers again whatever they end with.
func (c *conversion) restart(s *service, n *source.Node) {
	text, ok := c.text(s, n)
	if policy, _, _ := strings.Cut(text, ":"); ok && (policy == "no" || policy == "on-failure" || policy == "false") {
		c.oneRun(s, n)
	}
}

func (c *conversion) restartPolicy(s *service, n *source.Node) {
	c.keys(s, n, func(key string, value *source.Node) bool {
		switch key {
		case "condition":
			if text, ok := c.text(s, value); ok && text != "any" {
				c.oneRun(s, value)
			}
		case "delay", "max_attempts", "window":
			c.lost(s, value, "Kubernetes waits longer after each failure, up to five minutes; next: leave it out")
		default:
			return false
		}
		return true
	})
}

// oneRun notes that a container that ended does not start again. That alone makes no Job: many say it for work on one machine.
func (c *conversion) oneRun(s *service, n *source.Node) {
	s.restartFrom = n
}

// placement carries constraints on a node's labels.
func (c *conversion) placement(s *service, n *source.Node) {
	c.keys(s, n, func(key string, value *source.Node) bool {
		if key != "constraints" {
			c.lost(s, value, "a spec spreads pods by other words; next: say spread: {host: {skew: 1}}")
			return true
		}
		c.each(s, value, func(item *source.Node) {
			text, ok := c.text(s, item)
			if !ok {
				return
			}
			name, label, equal := strings.Cut(text, "==")
			label = strings.TrimSpace(label)
			name = strings.TrimSpace(name)
			known := map[string]string{"node.platform.arch": "kubernetes.io/arch", "node.platform.os": "kubernetes.io/os", "node.hostname": "kubernetes.io/hostname"}
			if key, is := strings.CutPrefix(name, "node.labels."); is {
				known[name] = key
			}
			if !equal || known[name] == "" || label == "" {
				c.lost(s, item, "nodes are chosen by their labels; next: say nodeSelector or affinity")
				return
			}
			s.out.Keys.At("nodeSelector", item).Set(known[name], draft.Text(label), item)
		})
		return true
	})
}
