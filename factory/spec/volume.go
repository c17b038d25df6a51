package spec

import (
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Volume is a place for files: a persistent one with a size, a temporary one, or one that exists. Short form: the path of a temporary one.
//
//spec:schema {anyOf: [{type: string, pattern: ^/}, {$ref: long}]}
type Volume struct {
	// Path is where the service's own container sees it. Default: nowhere, when another container mounts it. Example: /var/lib/data.
	Path string `spec:"path"`
	// ReadOnly keeps the service's own container from writing. Default: false.
	ReadOnly bool `spec:"readOnly"`
	// SubPath is the folder or file of the volume that the service's own container sees. Default: all of it. Example: data.
	SubPath string `spec:"subPath"`
	// Size is what a persistent volume asks for, or the most that a temporary one may take. Example: 10Gi.
	Size Quantity `spec:"size"`
	// Class is the storage class of a persistent volume. Default: the cluster's. Example: local-path.
	Class string `spec:"class"`
	// Access is ReadWriteOnce, ReadWriteOncePod, ReadWriteMany or ReadOnlyMany, of a persistent volume. Default: ReadWriteOnce.
	Access string `spec:"access,enum=ReadWriteOnce|ReadWriteOncePod|ReadWriteMany|ReadOnlyMany"`
	// Temporary lives as long as the pod does. Default: false.
	Temporary bool `spec:"temporary"`
	// Medium keeps a temporary volume in memory, which counts as that of the containers. Default: the node's disk. Example: Memory.
	Medium string `spec:"medium,enum=Memory"`
	// Claim is the name of a PersistentVolumeClaim that exists. Example: shared-data.
	Claim string `spec:"claim,or"`
	// HostPath is a path of the node, for which the level of Pod Security is privileged. Example: /var/log.
	HostPath string `spec:"hostPath,or"`
	// HostPathType is what has to be there. Default: nothing is looked at. Example: Directory.
	HostPathType string `spec:"hostPathType,enum=Directory|DirectoryOrCreate|File|FileOrCreate|Socket|CharDevice|BlockDevice"`
	// ConfigMap is the name of a ConfigMap that is made elsewhere: each key is a file. Example: settings.
	ConfigMap string `spec:"configMap,or"`
	// Secret is the name of a Secret that is made elsewhere: each key is a file. Example: server-tls.
	Secret string `spec:"secret,or"`
}

// Persistent tells whether the chart makes a claim for the volume, which outlives its pod.
func (v Volume) Persistent() bool { return v.Size != "" && !v.Temporary && v.elsewhere() == "" }

// elsewhere returns the key that says where the volume is, when it is not the chart that makes it.
func (v Volume) elsewhere() string {
	for _, ref := range v.references() {
		if ref.name != "" {
			return ref.key
		}
	}
	return ""
}

type reference struct{ key, name string }

func (v Volume) references() []reference {
	return []reference{{"claim", v.Claim}, {"hostPath", v.HostPath}, {"configMap", v.ConfigMap}, {"secret", v.Secret}}
}

func (v *Volume) decodeNode(d *decoder, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		v.Path, _ = d.text(n)
		v.Temporary = true
		return
	}
	type long Volume
	d.decode(n, (*long)(v))
	if n.Kind != yaml.MappingNode {
		return
	}
	said := func(key string) bool { return findKey(n.Content, key) != nil }
	v.Temporary = v.Temporary || v.Medium != ""
	where := v.elsewhere()
	for _, ref := range v.references() {
		if ref.name != "" && ref.key != where {
			d.problem(n, "%q and %q both say where the volume is: keep one of them", where, ref.key)
		}
	}
	foreign := func(what string, keys ...string) {
		for _, key := range keys {
			if said(key) {
				d.problem(n, "%s has no %q: leave it out", what, key)
			}
		}
	}
	switch {
	case where != "":
		foreign("a volume with "+where, "size", "class", "access", "temporary", "medium")
	case v.Temporary && said("temporary") || v.Medium != "":
		foreign("a temporary volume", "class", "access")
	case v.Size == "" && !said("size"):
		d.problem(n, "a persistent volume needs its size, such as 10Gi; for a temporary one say temporary: true")
	case v.Access == "":
		v.Access = "ReadWriteOnce"
	}
	if where != "hostPath" && said("hostPathType") {
		d.problem(n, `"hostPathType" is for a volume with hostPath: leave it out`)
	}
}

func (l *loader) checkVolumes(s *Service) {
	main := s.Main()
	paths := filePaths(&main)
	for _, name := range sortedKeys(s.Volumes) {
		v, at := s.Volumes[name], s.At("volumes", name)
		if !rfc1035.MatchString(name) || len(name) > longestName {
			l.problems.add(at, "%q cannot be the name of a volume: use 1 to %d small letters, digits and dashes, beginning with a letter", short(name), longestName)
		}
		if v.Path == "" {
			l.checkUnmounted(s, name, v)
		} else if other, ok := paths[v.Path]; ok {
			l.problems.add(at, "the path %s is also that of the %s: give each its own", v.Path, other)
		} else {
			paths[v.Path] = `volume "` + name + `"`
		}
		l.checkMountPath(at, v.Path)
		if v.Size != "" {
			l.checkBytes(s.At("volumes", name, "size"), "size", v.Size)
		}
		l.checkSubPath(s.At("volumes", name, "subPath"), v.SubPath)
		if v.Class != "" && !subdomain.MatchString(v.Class) {
			l.problems.add(s.At("volumes", name, "class"), "%q is not a storage class: use the name of a StorageClass", short(v.Class))
		}
		l.checkSource(s, name, v)
		l.checkSharing(s, name, v)
	}
}

// checkUnmounted complains about a volume that no container sees.
func (l *loader) checkUnmounted(s *Service, name string, v Volume) {
	for _, c := range s.Containers() {
		if _, ok := c.Mounts[name]; ok {
			for _, key := range []string{"readOnly", "subPath"} {
				if s.source.has("volumes", name, key) {
					l.problems.add(s.At("volumes", name, key), "%q is for the service's own container, which does not see the volume: say it where the volume is mounted", key)
				}
			}
			return
		}
	}
	l.problems.add(s.At("volumes", name), `a volume needs "path", where the container sees it, unless an init container or a sidecar mounts it`)
}

// checkSource judges the names of what exists elsewhere.
func (l *loader) checkSource(s *Service, name string, v Volume) {
	for _, ref := range v.references() {
		at := s.At("volumes", name, ref.key)
		switch {
		case ref.name == "":
		case ref.key != "hostPath" && !isSubdomain(ref.name):
			l.problems.add(at, "%q cannot be the name of what a volume is made of: use small letters, digits, - and .", short(ref.name))
		case ref.key == "hostPath" && (!strings.HasPrefix(ref.name, "/") || slices.Contains(strings.Split(ref.name, "/"), "..")):
			l.problems.add(at, "the path %q of the node does not fit: it begins with a slash and goes nowhere back", short(path.Clean(ref.name)))
		}
	}
}

// checkSharing refuses to let pods of several nodes wait for a volume that only one of them can have.
func (l *loader) checkSharing(s *Service, name string, v Volume) {
	if !v.Persistent() || !strings.HasPrefix(v.Access, "ReadWriteOnce") {
		return
	}
	at := s.At("volumes", name)
	switch {
	case s.Kind == Deployment && s.mostPods() > 1:
		l.problems.add(at, "%d replicas of a Deployment cannot share a volume with %s: say kind: StatefulSet for a volume each, or access: ReadWriteMany", s.mostPods(), v.Access)
	case s.Kind == DaemonSet:
		l.problems.add(at, "the nodes of a DaemonSet cannot share a volume with %s: say access: ReadWriteMany, or hostPath for one of each node's own", v.Access)
	case s.Job != nil && s.Job.Parallelism != nil && *s.Job.Parallelism > 1:
		l.problems.add(at, "%d pods of a %s cannot share a volume with %s: say access: ReadWriteMany", *s.Job.Parallelism, s.Kind, v.Access)
	}
}
