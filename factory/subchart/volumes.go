package subchart

import (
	"maps"
	"slices"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/values"
)

// volumeValues are the volumes of a pod, without those that a StatefulSet makes of its claim templates.
func volumeValues(s *spec.Service, placed []placedFile) []any {
	var volumes []any
	for _, name := range slices.Sorted(maps.Keys(s.Volumes)) {
		v := s.Volumes[name]
		if v.Persistent() && s.Kind == spec.StatefulSet {
			continue
		}
		volumes = append(volumes, append(values.Map{{Key: "name", Value: name}}, volumeSource(s, name, v)))
	}
	return append(volumes, fileVolumes(s, placed)...)
}

// volumeSource is what a volume is made of.
func volumeSource(s *spec.Service, name string, v spec.Volume) values.Entry {
	claim := func(name string) values.Entry {
		return values.Entry{Key: "persistentVolumeClaim", Value: values.Map{{Key: "claimName", Value: name}}}
	}
	switch {
	case v.Claim != "":
		return claim(v.Claim)
	case v.HostPath != "":
		path := values.Map{{Key: "path", Value: v.HostPath}}
		if v.HostPathType != "" {
			path = append(path, values.Entry{Key: "type", Value: v.HostPathType})
		}
		return values.Entry{Key: "hostPath", Value: path}
	case v.ConfigMap != "":
		return values.Entry{Key: "configMap", Value: values.Map{{Key: "name", Value: v.ConfigMap}}}
	case v.Secret != "":
		return values.Entry{Key: "secret", Value: values.Map{{Key: "secretName", Value: v.Secret}}}
	case v.Persistent():
		return claim(s.Name + "-" + name)
	}
	m := values.Map{}
	if v.Medium != "" {
		m = append(m, values.Entry{Key: "medium", Value: v.Medium})
	}
	if v.Size != "" {
		m = append(m, values.Entry{Key: "sizeLimit", Value: string(v.Size)})
	}
	return values.Entry{Key: "emptyDir", Value: m}
}

// claimValues are specs of Kubernetes persistent volume claims, by volume.
func claimValues(s *spec.Service) values.Map {
	var claims values.Map
	for _, name := range slices.Sorted(maps.Keys(s.Volumes)) {
		v := s.Volumes[name]
		if !v.Persistent() {
			continue
		}
		claim := values.Map{{Key: "accessModes", Value: []any{v.Access}}}
		if v.Class != "" {
			claim = append(claim, values.Entry{Key: "storageClassName", Value: v.Class})
		}
		claim = append(claim, values.Entry{Key: "resources", Value: values.Map{
			{Key: "requests", Value: values.Map{{Key: "storage", Value: string(v.Size)}}}}})
		claims = append(claims, values.Entry{Key: name, Value: claim})
	}
	return claims
}

// mountValues are what a container sees: volumes at a path of its own, and files.
func mountValues(s *spec.Service, c *spec.Container, placed []placedFile) []any {
	var mounts []any
	if c.IsMain() {
		for _, name := range slices.Sorted(maps.Keys(s.Volumes)) {
			if v := s.Volumes[name]; v.Path != "" {
				mounts = append(mounts, mount(name, spec.Mount{Path: v.Path, ReadOnly: v.ReadOnly, SubPath: v.SubPath}))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Mounts)) {
		mounts = append(mounts, mount(name, c.Mounts[name]))
	}
	for _, f := range placed {
		if f.container == c.Name {
			mounts = append(mounts, mount(f.volume(), spec.Mount{Path: f.path, ReadOnly: true, SubPath: f.key}))
		}
	}
	return mounts
}

func mount(volume string, at spec.Mount) values.Map {
	m := values.Map{{Key: "name", Value: volume}, {Key: "mountPath", Value: at.Path}}
	if at.ReadOnly {
		m = append(m, values.Entry{Key: "readOnly", Value: true})
	}
	if at.SubPath != "" {
		m = append(m, values.Entry{Key: "subPath", Value: at.SubPath})
	}
	return m
}
