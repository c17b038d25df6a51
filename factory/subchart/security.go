package subchart

import (
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/values"
)

// securityValues are fields of a pod's securityContext beyond what every pod has.
func securityValues(s *spec.Service, placed []placedFile) values.Map {
	var m values.Map
	if outlives(s) || needGroup(placed) || s.Security.FSGroup != s.Security.RunAsGroup {
		// Only a volume that outlives its pod can belong to somebody else; what already fits is not walked through again.
		m = values.Map{{Key: "fsGroup", Value: int64(s.Security.FSGroup)}, {Key: "fsGroupChangePolicy", Value: "OnRootMismatch"}}
	}
	if len(s.Security.SupplementalGroups) > 0 {
		groups := make([]any, len(s.Security.SupplementalGroups))
		for i, group := range s.Security.SupplementalGroups {
			groups[i] = int64(group)
		}
		m = append(m, values.Entry{Key: "supplementalGroups", Value: groups})
	}
	if listensBelow1024(s) && !s.Security.HostNetwork && s.Security.RunAsUser != 0 {
		// Below 1024 a port is root's, unless this sysctl, which Pod Security counts as safe, says otherwise.
		m = append(m, values.Entry{Key: "sysctls", Value: []any{values.Map{
			{Key: "name", Value: "net.ipv4.ip_unprivileged_port_start"}, {Key: "value", Value: "0"}}}})
	}
	return m
}

// outlives tells whether a volume of the service outlives its pod.
func outlives(s *spec.Service) bool {
	for _, v := range s.Volumes {
		if v.Persistent() || v.Claim != "" {
			return true
		}
	}
	return false
}

func listensBelow1024(s *spec.Service) bool {
	for _, port := range s.Ports {
		if port.Container < 1024 {
			return true
		}
	}
	for _, c := range s.Sidecars {
		for _, port := range c.Ports {
			if port.Container < 1024 {
				return true
			}
		}
	}
	return false
}

// hostValues are fields of a pod that share what is its node's.
func hostValues(s *spec.Service) values.Map {
	var m values.Map
	if s.Security.HostNetwork {
		// With the node's own resolver no Service would have a name.
		m = values.Map{{Key: "hostNetwork", Value: true}, {Key: "dnsPolicy", Value: "ClusterFirstWithHostNet"}}
	}
	if s.Security.HostPID {
		m = append(m, values.Entry{Key: "hostPID", Value: true})
	}
	if s.Security.HostIPC {
		m = append(m, values.Entry{Key: "hostIPC", Value: true})
	}
	return m
}

// confinementValues are a container's securityContext, or nil when it is the one that the templates give to every container.
func confinementValues(s *spec.Service, c *spec.Container) values.Map {
	own := s.Confinement(c)
	var more values.Map
	add := func(key string, value any) { more = append(more, values.Entry{Key: key, Value: value}) }
	if own.IsPrivileged {
		add("privileged", true)
	}
	if own.User != s.Security.RunAsUser {
		add("runAsUser", int64(own.User))
		if root := own.User == 0; root || s.Security.RunAsUser == 0 {
			add("runAsNonRoot", !root)
		}
	}
	if own.Group != s.Security.RunAsGroup {
		add("runAsGroup", int64(own.Group))
	}
	if own.Seccomp != "" && own.Seccomp != "RuntimeDefault" {
		add("seccompProfile", profile(own.Seccomp))
	}
	if own.AppArmor != "" {
		add("appArmorProfile", profile(own.AppArmor))
	}
	isUsual := len(own.Add) == 0 && len(own.Drop) == 1 && own.Drop[0] == "ALL" && own.ReadOnlyRootFilesystem && !own.AllowEscalation
	if isUsual && more == nil {
		return nil
	}
	capabilities := values.Map{}
	if len(own.Drop) > 0 {
		capabilities = append(capabilities, values.Entry{Key: "drop", Value: words(own.Drop)})
	}
	if len(own.Add) > 0 {
		capabilities = append(capabilities, values.Entry{Key: "add", Value: words(own.Add)})
	}
	return append(values.Map{
		{Key: "allowPrivilegeEscalation", Value: own.AllowEscalation},
		{Key: "capabilities", Value: capabilities},
		{Key: "readOnlyRootFilesystem", Value: own.ReadOnlyRootFilesystem},
	}, more...)
}

func profile(p spec.Profile) values.Map {
	if name, local := p.Local(); local {
		return values.Map{{Key: "type", Value: "Localhost"}, {Key: "localhostProfile", Value: name}}
	}
	return values.Map{{Key: "type", Value: string(p)}}
}

func words[T ~string](words []T) []any {
	out := make([]any, len(words))
	for i, word := range words {
		out[i] = string(word)
	}
	return out
}
