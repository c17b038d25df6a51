package subchart

import (
	"maps"
	"slices"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/values"
)

// containerValues are fields of the service's own Kubernetes container.
func containerValues(s *spec.Service, c *spec.Container, placed []placedFile) values.Map {
	m := runValues(c)
	if from := envFromValues(c); from != nil {
		m = append(m, values.Entry{Key: "envFrom", Value: from})
	}
	m = append(append(m, probeValues(c)...), values.Entry{Key: "resources", Value: resourceValues(c)})
	if moreThanDrains(c.Lifecycle) {
		m = append(m, values.Entry{Key: "lifecycle", Value: lifecycleValues(c, sleep(drain(s)))})
	}
	if mounts := mountValues(s, c, placed); mounts != nil {
		m = append(m, values.Entry{Key: "volumeMounts", Value: mounts})
	}
	return m
}

// otherValues are the containers before the service's own, or those beside it. A native sidecar is one of the former to
// Kubernetes, and starts first, so that the others can use it.
func otherValues(s *spec.Service, placed []placedFile, before bool) []any {
	var native, list []any
	for i := range s.Sidecars {
		switch c := &s.Sidecars[i]; {
		case c.Native && before:
			native = append(native, append(other(s, c, placed), values.Entry{Key: "restartPolicy", Value: "Always"}))
		case !c.Native && !before:
			list = append(list, other(s, c, placed))
		}
	}
	if before {
		for i := range s.Init {
			list = append(list, other(s, &s.Init[i], placed))
		}
	}
	return append(native, list...)
}

// other is an init container or a sidecar. Without an image it runs the service's.
func other(s *spec.Service, c *spec.Container, placed []placedFile) values.Map {
	m := append(values.Map{{Key: "name", Value: c.Name}}, program(c)...)
	if mounts := mountValues(s, c, placed); mounts != nil {
		m = append(m, values.Entry{Key: "volumeMounts", Value: mounts})
	}
	if security := confinementValues(s, c); security != nil {
		m = append(m, values.Entry{Key: "securityContext", Value: security})
	}
	return m
}

// program is a container that is not the service's own, apart from what it has of the pod.
func program(c *spec.Container) values.Map {
	var m values.Map
	add := func(key string, value any) { m = append(m, values.Entry{Key: key, Value: value}) }
	if c.Image != "" {
		add("image", c.Image)
	}
	if c.PullPolicy != "" {
		add("imagePullPolicy", c.PullPolicy)
	}
	m = append(m, runValues(c)...)
	var ports, env []any
	for _, name := range slices.Sorted(maps.Keys(c.Ports)) {
		port := values.Map{{Key: "name", Value: name}, {Key: "containerPort", Value: int64(c.Ports[name].Container)}}
		if protocol := c.Ports[name].Protocol; protocol != "TCP" {
			port = append(port, values.Entry{Key: "protocol", Value: protocol})
		}
		ports = append(ports, port)
	}
	if ports != nil {
		add("ports", ports)
	}
	for _, v := range c.Env {
		switch from := envSource(&v); {
		case from != nil:
			env = append(env, values.Map{{Key: "name", Value: v.Name}, {Key: "valueFrom", Value: from}})
		default:
			env = append(env, values.Map{{Key: "name", Value: v.Name}, {Key: "value", Value: v.Value}})
		}
	}
	if env != nil {
		add("env", env)
	}
	if from := envFromValues(c); from != nil {
		add("envFrom", from)
	}
	m = append(append(m, probeValues(c)...), values.Entry{Key: "resources", Value: resourceValues(c)})
	if lifecycle := lifecycleValues(c, nil); lifecycle != nil {
		add("lifecycle", lifecycle)
	}
	return m
}

// runValues are what a container runs.
func runValues(c *spec.Container) values.Map {
	var m values.Map
	if len(c.Command) > 0 {
		m = append(m, values.Entry{Key: "command", Value: list(c.Command)})
	}
	if len(c.Args) > 0 {
		m = append(m, values.Entry{Key: "args", Value: list(c.Args)})
	}
	return m
}

func resourceValues(c *spec.Container) values.Map {
	side := func(quantities map[string]spec.Quantity) values.Map {
		out := values.Map{}
		for _, name := range slices.Sorted(maps.Keys(quantities)) {
			out = append(out, values.Entry{Key: name, Value: string(quantities[name])})
		}
		return out
	}
	return values.Map{{Key: "requests", Value: side(c.Resources.Requests)}, {Key: "limits", Value: side(c.Resources.Limits)}}
}
