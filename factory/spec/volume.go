package spec

import "go.yaml.in/yaml/v3"

// Volume is a writable place. With a size and no `temporary` it is persistent; short form: the path of a temporary one.
//
//spec:schema {anyOf: [{type: string, pattern: ^/}, {$ref: long}]}
type Volume struct {
	// Path is where the container sees it. Example: /var/lib/data.
	Path string `spec:"path,required"`
	// Size is what a persistent volume asks for, or the most that a temporary one may take. Example: 10Gi.
	Size Quantity `spec:"size"`
	// Class is the storage class of a persistent volume. Default: the cluster's. Example: local-path.
	Class string `spec:"class"`
	// Access is ReadWriteOnce, ReadWriteOncePod, ReadWriteMany or ReadOnlyMany. Default: ReadWriteOnce.
	Access string `spec:"access,enum=ReadWriteOnce|ReadWriteOncePod|ReadWriteMany|ReadOnlyMany"`
	// Temporary lives as long as the pod does. Default: false.
	Temporary bool `spec:"temporary"`
	HostPath  string
}

// Persistent tells whether the volume outlives its pod.
func (v Volume) Persistent() bool { return !v.Temporary }

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
	if v.Path == "" {
		d.problem(n, `a volume needs "path", where the container sees it`)
	}
	switch {
	case v.Temporary && (v.Class != "" || v.Access != ""):
		d.problem(n, "a temporary volume has no class and no access: leave them out")
	case !v.Temporary && v.Size == "" && findKey(n.Content, "size") == nil:
		d.problem(n, "a persistent volume needs its size, such as 10Gi; for a temporary one say temporary: true")
	case !v.Temporary && v.Access == "":
		v.Access = "ReadWriteOnce"
	}
}
