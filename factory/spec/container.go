package spec

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Sidecars are the containers beside the service's own, in the order of the file.
//
//spec:schema {type: object, additionalProperties: {$ref: Container}}
type Sidecars []Container

// InitContainers are those that run before the service's own, in the order of the file.
//
//spec:schema {type: object, additionalProperties: {$ref: InitContainer}}
type InitContainers []Container

// InitContainer is what can be said of a container that ends before the service's own starts.
type InitContainer struct {
	// Image is a ready image, as [host/]path[:tag][@digest]. Default: the service's own. Example: postgres:15.
	Image string `spec:"image"`
	// PullPolicy is Always, IfNotPresent or Never. Default: Always for the tag latest, else IfNotPresent.
	PullPolicy string `spec:"pullPolicy,enum=Always|IfNotPresent|Never"`
	// Command replaces the image's entrypoint. Example: [/bin/migrate].
	Command []string `spec:"command"`
	// Args replace the arguments of the image's entrypoint. Example: [migrate, --wait].
	Args []string `spec:"args"`
	// Env are the environment variables, in the order of the file. Example: {LOG_LEVEL: info}.
	Env Env `spec:"env"`
	// EnvFrom are ConfigMaps and Secrets each of whose keys becomes a variable. Example: [{configMap: settings}].
	EnvFrom []EnvSource `spec:"envFrom"`
	// Resources are requests and limits. Default: those of a service that says none.
	Resources Resources `spec:"resources"`
	// Mounts are the volumes that it sees, by the name of the volume: the path, or {path, readOnly, subPath}. Example: {data: /data}.
	Mounts map[string]Mount `spec:"mounts"`
	// Files are files of the service's folder that it sees, by the path at which it does. Example: {/etc/proxy.conf: proxy.conf}.
	Files map[string]File `spec:"files"`
	// Security is what the container may do. Default: user and group of the service, and nothing that the level restricted keeps out.
	Security ContainerSecurity `spec:"security"`
}

// Container is a sidecar, or any container of a pod with what is known of it.
type Container struct {
	// Image is a ready image, as [host/]path[:tag][@digest]. Default: the service's own. Example: envoyproxy/envoy:v1.31.0.
	Image string `spec:"image"`
	// PullPolicy is Always, IfNotPresent or Never. Default: Always for the tag latest, else IfNotPresent.
	PullPolicy string `spec:"pullPolicy,enum=Always|IfNotPresent|Never"`
	// Command replaces the image's entrypoint. Example: [/bin/migrate].
	Command []string `spec:"command"`
	// Args replace the arguments of the image's entrypoint. Example: [--config, /etc/proxy.yaml].
	Args []string `spec:"args"`
	// Env are the environment variables, in the order of the file. Example: {LOG_LEVEL: info}.
	Env Env `spec:"env"`
	// EnvFrom are ConfigMaps and Secrets each of whose keys becomes a variable. Example: [{configMap: settings}].
	EnvFrom []EnvSource `spec:"envFrom"`
	// Ports are those that it listens on, by name, for its probes; the Service's are the service's own. Example: {admin: 9901}.
	Ports map[string]ContainerPort `spec:"ports"`
	// Health holds the probes. Default: none.
	Health Health `spec:"health"`
	// Lifecycle is what happens after it starts and before it ends. Default: nothing.
	Lifecycle *Lifecycle `spec:"lifecycle"`
	// Resources are requests and limits. Default: those of a service that says none.
	Resources Resources `spec:"resources"`
	// Mounts are the volumes that it sees, by the name of the volume: the path, or {path, readOnly, subPath}. Example: {data: /data}.
	Mounts map[string]Mount `spec:"mounts"`
	// Files are files of the service's folder that it sees, by the path at which it does. Example: {/etc/proxy.conf: proxy.conf}.
	Files map[string]File `spec:"files"`
	// Security is what the container may do. Default: user and group of the service, and nothing that the level restricted keeps out.
	Security ContainerSecurity `spec:"security"`
	// Native makes it a sidecar as Kubernetes knows them since 1.29: it starts before the init containers, and ends after the service's
	// own container, also where that ends by itself. Default: false.
	Native bool `spec:"native"`

	// Name is the container's name in the pod.
	Name string

	path []string // where it is said in the spec; the service's own container is at the top
}

// ContainerPort is a port of a container that is not the Service's. Short form: the number.
//
//spec:schema {anyOf: [{$ref: Port}, {$ref: long}]}
type ContainerPort struct {
	// Container is the number that the container listens on. Example: 9901.
	Container Port `spec:"container,required"`
	// Protocol is TCP, UDP or SCTP. Default: TCP.
	Protocol string `spec:"protocol,enum=TCP|UDP|SCTP"`
}

// Mount is where a container sees a volume. Short form: the path.
//
//spec:schema {anyOf: [{type: string, pattern: ^/}, {$ref: long}]}
type Mount struct {
	// Path is where the container sees it. Example: /data.
	Path string `spec:"path,required"`
	// ReadOnly keeps the container from writing. Default: false.
	ReadOnly bool `spec:"readOnly"`
	// SubPath is the folder or file of the volume that is seen, relative to its top. Default: all of it. Example: certs.
	SubPath string `spec:"subPath"`
}

// entry is what layers of containers merge by.
func (Sidecars) entry() reflect.Type { return reflect.TypeFor[Container]() }

// entry is what layers of containers merge by.
func (InitContainers) entry() reflect.Type { return reflect.TypeFor[InitContainer]() }

func (c *Sidecars) decodeNode(d *decoder, n *yaml.Node) {
	d.containers(n, func(name string, value *yaml.Node) {
		container := Container{Name: name, Resources: newResources()}
		d.decode(value, &container)
		*c = append(*c, container)
	})
}

func (c *InitContainers) decodeNode(d *decoder, n *yaml.Node) {
	d.containers(n, func(name string, value *yaml.Node) {
		said := InitContainer{Resources: newResources()}
		d.decode(value, &said)
		*c = append(*c, Container{
			Name: name, Image: said.Image, PullPolicy: said.PullPolicy, Command: said.Command, Args: said.Args, Env: said.Env,
			EnvFrom: said.EnvFrom, Resources: said.Resources, Mounts: said.Mounts, Files: said.Files, Security: said.Security,
		})
	})
}

// containers calls each for every container of a mapping.
func (d *decoder) containers(n *yaml.Node, each func(name string, value *yaml.Node)) {
	if !d.kind(n, yaml.MappingNode) {
		return
	}
	d.pairs(n, func(key, value *yaml.Node) {
		if !rfc1035.MatchString(key.Value) || len(key.Value) > longestName {
			d.problem(key, "%q cannot be the name of a container: use 1 to %d small letters, digits and dashes, beginning with a letter", short(key.Value), longestName)
		}
		each(key.Value, value)
	})
}

// settleContainers notes where containers are said, and the ports that are meant.
func settleContainers(key string, c []Container) {
	for i := range c {
		c[i].path = []string{key, c[i].Name}
		settlePorts(&c[i].Health, c[i].Lifecycle, c[i].MainPort())
	}
}

func (p *ContainerPort) decodeNode(d *decoder, n *yaml.Node) {
	p.Protocol = "TCP"
	if n.Kind == yaml.ScalarNode {
		p.Container.decodeNode(d, n)
		return
	}
	type long ContainerPort
	d.decode(n, (*long)(p))
	if p.Container == 0 && n.Kind == yaml.MappingNode && findKey(n.Content, "container") == nil {
		d.problem(n, `a port needs "container", the number that the container listens on`)
	}
}

func (m *Mount) decodeNode(d *decoder, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		m.Path, _ = d.text(n)
		return
	}
	type long Mount
	d.decode(n, (*long)(m))
	if m.Path == "" && n.Kind == yaml.MappingNode && findKey(n.Content, "path") == nil {
		d.problem(n, `a mount needs "path", where the container sees the volume`)
	}
}

// IsMain tells whether the container is the service's own.
func (c *Container) IsMain() bool { return c.path == nil }

// Main returns the service's own container.
func (s *Service) Main() Container {
	c := Container{
		Name: s.Name, Image: s.Image, PullPolicy: s.PullPolicy, Command: s.Command, Args: s.Args, Env: s.Env, EnvFrom: s.EnvFrom,
		Health: s.Health, Lifecycle: s.Lifecycle, Resources: s.Resources, Files: s.Files,
	}
	if len(s.Ports) > 0 {
		c.Ports = make(map[string]ContainerPort, len(s.Ports))
		for name, port := range s.Ports {
			c.Ports[name] = ContainerPort{Container: port.Container, Protocol: port.Protocol}
		}
	}
	return c
}

// Containers returns every container of the service, its own first.
func (s *Service) Containers() []Container {
	all := make([]Container, 0, 1+len(s.Init)+len(s.Sidecars))
	return append(append(append(all, s.Main()), s.Init...), s.Sidecars...)
}

// at returns where a key of a container was written.
func (s *Service) at(c *Container, path ...string) Position {
	return s.At(append(c.path[:len(c.path):len(c.path)], path...)...)
}

// checkContainers judges what every container can say, and how they go together.
func (l *loader) checkContainers(s *Service) {
	all := s.Containers()
	for i := range all {
		c := &all[i]
		l.checkEnv(s, c)
		l.checkHealth(s, c)
		l.checkLifecycle(s, c)
		if s.source.has(append(c.path[:len(c.path):len(c.path)], "resources")...) {
			l.checkResources(c.Resources, func(path ...string) Position { return s.at(c, path...) })
		}
		if c.path != nil {
			l.checkOther(s, c)
		}
		if slices.ContainsFunc(all[:i], func(other Container) bool { return other.Name == c.Name }) {
			l.problems.add(s.at(c), "another container of the pod is called %q: give each its own name", c.Name)
		}
	}
	l.checkPullSecrets(s)
}

// checkOther judges an init container or a sidecar.
func (l *loader) checkOther(s *Service, c *Container) {
	l.checkImage(s, c)
	for _, name := range sortedKeys(c.Ports) {
		if !isPortName(name) {
			l.problems.add(s.at(c, "ports", name), wrongPortName, short(name))
		}
		if _, twice := s.Ports[name]; twice {
			l.problems.add(s.at(c, "ports", name), "the service's own port is called %q, too: give each its own name", name)
		}
	}
	l.checkMounts(s, c)
	if c.path[0] == "sidecars" && s.Ends() && !c.Native {
		l.problems.add(s.at(c), "a %s ends when all of its containers have ended, which a sidecar does not: say native: true", s.Kind)
	}
}

func (l *loader) checkImage(s *Service, c *Container) {
	if c.Image != "" && !isImage(c.Image) {
		l.problems.add(s.at(c, "image"), "%q is not an image: write it as [host/]path[:tag][@sha256:…]", short(c.Image))
	}
}

func (l *loader) checkMounts(s *Service, c *Container) {
	paths := filePaths(c)
	for _, name := range sortedKeys(c.Mounts) {
		m, at := c.Mounts[name], s.at(c, "mounts", name)
		if _, ok := s.Volumes[name]; !ok {
			l.problems.add(at, "there is no volume %q: %s", short(name), didYouMean(name, sortedKeys(s.Volumes)))
		}
		l.checkMountPath(at, m.Path)
		l.checkSubPath(s.at(c, "mounts", name, "subPath"), m.SubPath)
		if other, twice := paths[m.Path]; twice {
			l.problems.add(at, "the path %s is also that of the %s: give each its own", m.Path, other)
		}
		paths[m.Path] = `volume "` + name + `"`
	}
}

func (l *loader) checkMountPath(at Position, path string) {
	if path != "" && (!strings.HasPrefix(path, "/") || strings.Contains(path, ":")) {
		l.problems.add(at, "the path %q does not fit: it begins with a slash and holds no colon", short(path))
	} else if path != "" && strings.Trim(path, "/.") == "" {
		l.problems.add(at, "the path / would hide the image: mount it at a folder below")
	}
}

func (l *loader) checkSubPath(at Position, path string) {
	if strings.HasPrefix(path, "/") || slices.Contains(strings.Split(path, "/"), "..") {
		l.problems.add(at, "the subPath %q leads out of the volume: write it relative to the volume's top", short(path))
	}
}

func (l *loader) checkPullSecrets(s *Service) {
	for i, name := range s.PullSecrets {
		if !isSubdomain(name) {
			l.problems.add(s.At("pullSecrets", strconv.Itoa(i)), "%q cannot be the name of a Secret: use small letters, digits, - and .", short(name))
		}
	}
}
