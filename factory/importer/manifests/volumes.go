package manifests

import (
	"path"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// podVolumes are the volumes of the pods, by name.
type podVolumes struct {
	nodes   map[string]*source.Node // entries of volumes, and of volumeClaimTemplates
	claims  map[string]bool         // those of volumeClaimTemplates
	names   *draft.Names
	written map[string]string // names in the spec, by volume and part in the source
	split   map[string]bool   // temporary ones of which every mount shows a folder: each folder is a volume of its own
}

// readVolumes notes what the pods can mount.
func (c *conversion) readVolumes(s *service, n *source.Node) {
	s.volumes = &podVolumes{nodes: map[string]*source.Node{}, claims: map[string]bool{}, names: draft.NewNames(spec.ConfigFiles, spec.SecretFiles), written: map[string]string{}, split: map[string]bool{}}
	if n.Is(source.Sequence) {
		for _, item := range n.Items {
			if name := item.Get("name"); name.Is(source.Scalar) {
				s.volumes.nodes[name.Text] = item
			}
		}
	}
	if templates := s.workload.spec("volumeClaimTemplates"); templates.Is(source.Sequence) {
		for _, item := range templates.Items {
			if name := item.Get("metadata", "name"); name.Is(source.Scalar) {
				s.volumes.nodes[name.Text] = item
				s.volumes.claims[name.Text] = true
			}
		}
	}
}

// mount is one entry of volumeMounts, or a part of it that a spec says by itself.
type mount struct {
	volume, path, subPath string
	part                  string // of the volume, when that is several in the spec
	readOnly              bool
	from                  *source.Node
}

// id is what the names in the spec are kept by.
func (m mount) id() string { return m.volume + "/" + m.part }

// shows returns where below the mount's path a file of the volume is seen, which is "" for that path itself. It is false for a file
// that is not at or below the sub path.
func (m mount) shows(file string) (inside string, ok bool) {
	inside, ok = strings.CutPrefix(path.Clean("/"+file), strings.TrimSuffix(path.Clean("/"+m.subPath), "/"))
	return inside, ok && (inside == "" || inside[0] == '/')
}

// mounts carries what a container mounts: its own volumes into volumes or files, those of others into mounts.
func (c *conversion) mounts(s *service, n *source.Node, into *draft.Map, main bool) {
	for _, item := range n.Items {
		m := mount{from: item}
		c.keys(s, item, take{
			"name":              func(n *source.Node) { m.volume, _ = c.text(s, n) },
			"mountPath":         func(n *source.Node) { m.path, _ = c.text(s, n) },
			"subPath":           func(n *source.Node) { m.subPath, _ = c.text(s, n) },
			"readOnly":          func(n *source.Node) { m.readOnly = n.Text == "true" },
			"mountPropagation":  c.unless(s, "a spec does not say it; next: leave it out", "None"),
			"subPathExpr":       c.not(s, "a spec mounts one fixed folder of a volume; next: say subPath"),
			"recursiveReadOnly": c.unless(s, "a spec does not say it; next: leave it out", "Disabled"),
		})
		m.path = path.Clean("/" + m.path)
		volume := s.volumes.nodes[m.volume]
		switch {
		case volume == nil:
			c.lost(s, item, "the pod has no volume %q", source.Shorten(m.volume))
			continue
		case c.files(s, m, volume, into):
			continue
		}
		for _, part := range c.parts(s, m, volume) {
			if main {
				c.volume(s, part, volume)
			} else {
				c.sidecarMount(s, part, volume, into)
			}
		}
	}
}

// parts returns what a mount shows as mounts that a spec can say: the folders of a temporary volume are volumes of their own, and so
// are the keys that are listed of a ConfigMap or a Secret.
func (c *conversion) parts(s *service, m mount, volume *source.Node) []mount {
	if s.volumes.split[m.volume] {
		m.part, m.subPath = m.subPath, ""
		return []mount{m}
	}
	for kind, of := range map[string]*source.Node{"ConfigMap": volume.Get("configMap"), "Secret": volume.Get("secret")} {
		if items := of.Get("items"); items.Is(source.Sequence) && len(items.Items) > 0 && !c.listsAll(kind, of) {
			return c.itemParts(s, m, items)
		}
	}
	return []mount{m}
}

// itemParts are the keys that are listed, those at or below the sub path. A key is a file by itself, or one in the folder that is mounted.
func (c *conversion) itemParts(s *service, m mount, items *source.Node) []mount {
	var parts []mount
	folder := false
	for _, item := range items.Items {
		key, to := item.Get("key"), item.Get("path")
		if !key.Is(source.Scalar) || !to.Is(source.Scalar) {
			continue
		}
		inside, ok := m.shows(to.Text)
		if !ok {
			continue
		}
		folder = folder || inside != ""
		part := m
		part.part, part.subPath, part.path = key.Text, key.Text, path.Join(m.path, inside)
		parts = append(parts, part)
	}
	switch {
	case len(parts) == 0:
		c.lost(s, m.from, "none of the keys that the volume lists is at %q; next: mount one that it has", source.Shorten(m.subPath))
	case folder:
		c.changed(s, items, "each of these is mounted by itself, so a change of it is seen when the pods start again")
	}
	return parts
}

// listsAll tells whether the keys that are listed are all that there are, under their own names.
func (c *conversion) listsAll(kind string, mounted *source.Node) bool {
	name := mounted.Get("name")
	if kind == "Secret" {
		name = mounted.Get("secretName")
	}
	if !name.Is(source.Scalar) {
		return false
	}
	o := c.find(kind, name.Text)
	if o == nil {
		return false
	}
	keys := map[string]bool{}
	for _, section := range []string{"data", "stringData", "binaryData"} {
		for key := range labels(o.node.Get(section)) {
			keys[key] = true
		}
	}
	for _, item := range mounted.Get("items").Items {
		key, to := item.Get("key"), item.Get("path")
		if !key.Is(source.Scalar) || !to.Is(source.Scalar) || key.Text != to.Text || !keys[key.Text] {
			return false
		}
		delete(keys, key.Text)
	}
	return len(keys) == 0
}

// isElsewhere tells whether a volume is no more than a reference, which can be said twice.
func (c *conversion) isElsewhere(volume *source.Node) bool {
	claim := volume.Get("persistentVolumeClaim", "claimName")
	return volume.Get("hostPath").Said() || volume.Get("configMap").Said() || volume.Get("secret").Said() ||
		claim.Is(source.Scalar) && c.find("PersistentVolumeClaim", claim.Text) == nil
}

// findSplit notes the temporary volumes whose folders are mounted one by one.
func (s *service) findSplit(pod *source.Node) {
	whole, folders := map[string]bool{}, map[string]map[string]bool{}
	for _, kind := range []string{"containers", "initContainers"} {
		list := pod.Get(kind)
		if !list.Is(source.Sequence) {
			continue
		}
		for _, container := range list.Items {
			mounts := container.Get("volumeMounts")
			if !mounts.Is(source.Sequence) {
				continue
			}
			for _, m := range mounts.Items {
				name, subPath := m.Get("name"), m.Get("subPath")
				switch {
				case !name.Is(source.Scalar):
				case !subPath.Is(source.Scalar) || subPath.Text == "" || m.Get("subPathExpr").Said():
					whole[name.Text] = true
				case folders[name.Text] == nil:
					folders[name.Text] = map[string]bool{subPath.Text: true}
				default:
					folders[name.Text][subPath.Text] = true
				}
			}
		}
	}
	for name, paths := range folders {
		volume := s.volumes.nodes[name]
		s.volumes.split[name] = volume.Get("emptyDir") != nil && !whole[name] && len(paths) > 1
	}
}

// sidecarMount lets another container see a volume.
func (c *conversion) sidecarMount(s *service, m mount, volume *source.Node, into *draft.Map) {
	mounts := into.At("mounts", m.from)
	if name := s.volumes.written[m.id()]; name != "" && mounts.Has(name) && c.isElsewhere(volume) {
		m.part += m.path // the same once more
	}
	name := s.volumes.written[m.id()]
	if name == "" {
		name = c.volume(s, mount{volume: m.volume, part: m.part, from: m.from}, volume)
	}
	if name == "" {
		return
	}
	if mounts.Has(name) {
		c.lost(s, m.from, "a container mounts a volume once; next: let the program look in the folder that is mounted")
		return
	}
	if !m.readOnly && m.subPath == "" {
		mounts.Set(name, draft.Text(m.path), m.from)
		return
	}
	long := draft.NewMap().Set("path", draft.Text(m.path), m.from)
	if m.readOnly {
		long.Set("readOnly", draft.Bool(true), m.from)
	}
	if m.subPath != "" {
		long.Set("subPath", draft.Text(m.subPath), m.from)
	}
	mounts.Set(name, long, m.from)
}

// volume carries a volume as the service's own container mounts it, and returns its name in the spec.
func (c *conversion) volume(s *service, m mount, n *source.Node) string {
	if s.volumes.written[m.id()] != "" && c.isElsewhere(n) {
		m.part += m.path // the same once more
	}
	if s.volumes.written[m.id()] != "" {
		c.lost(s, m.from, "a container mounts a volume once, and %s is mounted already; next: let the program look there, or give it a volume of its own", source.Shorten(m.volume))
		return ""
	}
	made := draft.NewMap()
	if m.path != "" {
		made.Set("path", draft.Text(m.path), m.from)
	}
	if !c.backing(s, m, n, made) {
		return ""
	}
	if m.readOnly && !made.Has("configMap") && !made.Has("secret") {
		made.Set("readOnly", draft.Bool(true), m.from)
	}
	if m.subPath != "" {
		made.Set("subPath", draft.Text(m.subPath), m.from)
	}
	name := m.volume
	if s.volumes.split[m.volume] {
		name = m.part
	}
	name = s.volumes.names.For(name)
	s.volumes.written[m.id()] = name
	value := draft.Value(made)
	if made.Len() == 2 && made.Get("temporary") == draft.Bool(true) && m.path != "" {
		value = draft.Text(m.path)
	}
	s.out.Keys.At("volumes", m.from).Set(name, value, n)
	return name
}

// backing says what a volume is made of. It is false when a spec has no place for it.
func (c *conversion) backing(s *service, m mount, n *source.Node, made *draft.Map) bool {
	if s.volumes.claims[m.volume] {
		c.claim(s, n, made)
		return true
	}
	ok := false
	c.keys(s, n, take{
		"name":     same,
		"emptyDir": func(n *source.Node) { ok = true; c.emptyDir(s, n, made) },
		"persistentVolumeClaim": func(n *source.Node) {
			ok = true
			c.claimByName(s, n, made)
		},
		"configMap": func(n *source.Node) {
			ok = c.objectVolume(s, n, made, "configMap", "name", "ConfigMap")
		},
		"secret": func(n *source.Node) { ok = c.objectVolume(s, n, made, "secret", "secretName", "Secret") },
		"hostPath": func(n *source.Node) {
			c.keys(s, n, take{"path": c.setText(s, made, "hostPath"), "type": c.setText(s, made, "hostPathType")})
			if ok = made.Has("hostPath"); ok {
				s.out.Demand(spec.Privileged, "hostPath")
			}
		},
		"projected":   c.not(s, "a spec mounts one object a volume; next: mount each by itself"),
		"downwardAPI": c.not(s, "a spec gives the pod's fields to variables; next: say env: {NAME: {field: …}}"),
		"csi":         c.not(s, "a spec claims storage by a class; next: say size and class"),
		"ephemeral":   c.not(s, "a spec's volumes are temporary or persistent; next: say temporary: true, or size"),
		"nfs":         c.not(s, "a spec claims storage by a class; next: make a PersistentVolume of it, and name the claim"),
	})
	if !ok && n.Get("emptyDir") != nil { // emptyDir: {} says nothing, and means a lot
		made.Set("temporary", draft.Bool(true), n)
		ok = true
	}
	return ok
}

func (c *conversion) emptyDir(s *service, n *source.Node, made *draft.Map) {
	made.Set("temporary", draft.Bool(true), n)
	c.keys(s, n, take{
		"medium":    func(n *source.Node) { made.Set("medium", draft.Plain(n.Text), n) },
		"sizeLimit": func(n *source.Node) { made.Set("size", draft.Plain(n.Text), n) },
	})
}

// claim carries what a claim asks for.
func (c *conversion) claim(s *service, n *source.Node, made *draft.Map) {
	c.keys(s, n.Get("spec"), take{
		"accessModes": func(n *source.Node) {
			modes := c.texts(s, n)
			if len(modes) > 1 {
				c.changed(s, n, "a spec says one mode: %s", modes[0])
			}
			if len(modes) > 0 && modes[0] != "ReadWriteOnce" {
				made.Set("access", draft.Plain(modes[0]), n)
			}
		},
		"storageClassName": c.setText(s, made, "class"),
		"resources": func(n *source.Node) {
			if size := n.Get("requests", "storage"); size.Is(source.Scalar) {
				made.Set("size", draft.Plain(size.Text), size)
			}
		},
		"volumeMode":    c.unless(s, "a spec mounts file systems, no block devices", "Filesystem"),
		"selector":      c.not(s, "a claim takes the volume that its class gives; next: name an existing claim"),
		"volumeName":    c.not(s, "a claim takes the volume that its class gives; next: name an existing claim"),
		"dataSource":    c.not(s, "a claim begins empty; next: make the claim beforehand, and name it"),
		"dataSourceRef": c.not(s, "a claim begins empty; next: make the claim beforehand, and name it"),
	})
	if !made.Has("size") {
		made.Set("size", draft.Plain("1Gi"), n)
		c.check(s, n, "the claim says no size: 1Gi is assumed")
	}
}

// claimByName carries a claim that is among the manifests as a volume of the service; another one is named.
func (c *conversion) claimByName(s *service, n *source.Node, made *draft.Map) {
	name := n.Get("claimName")
	c.keys(s, n, take{"claimName": same, "readOnly": c.setBool(s, made, "readOnly", false)})
	if !name.Is(source.Scalar) {
		return
	}
	o := c.find("PersistentVolumeClaim", name.Text)
	if o == nil {
		made.Set("claim", draft.Text(name.Text), n)
		return
	}
	if o.placed {
		c.changed(s, n, "the claim %s is that of another service too, and here each has its own; next: let one of them own the data, or name an existing claim", name.Text)
	}
	o.placed = true
	c.claim(s, o.node, made)
	c.changed(s, n, "the claim is made anew, by the name of the service: the data of %s stays where it is; next: copy it, or say claim: %s in the place of size", name.Text, name.Text)
}

// objectVolume mounts a ConfigMap or a Secret of the cluster.
func (c *conversion) objectVolume(s *service, n *source.Node, made *draft.Map, key, nameKey, kind string) bool {
	c.keys(s, n, take{
		nameKey: func(n *source.Node) {
			made.Set(key, draft.Text(n.Text), n)
			c.mention(kind, n.Text)
		},
		"defaultMode": func(n *source.Node) {
			if mode(n.Text) != "0644" {
				c.lost(s, n, "a spec says no mode for what is mounted, so everyone in the container can read it; next: leave it out")
			}
		},
		"optional": c.unless(s, "pods wait for what is mounted until it is there; next: leave the volume out where it is not", "false"),
		"items":    same, // each is a mount by itself
	})
	return made.Has(key)
}
