package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The levels of Pod Security (https://kubernetes.io/docs/concepts/security/pod-security-standards/), each of which lets in what the
// one before it does, and more.
const (
	Restricted = "restricted"
	Baseline   = "baseline"
	Privileged = "privileged"
)

var levels = []string{Restricted, Baseline, Privileged}

// Security is the identity of the containers and what they may do on their node.
type Security struct {
	// RunAsUser is the user id; 0, root, is beyond the level restricted. Default: 1000.
	RunAsUser ID `spec:"runAsUser"`
	// RunAsGroup is the group id. Default: the user id.
	RunAsGroup ID `spec:"runAsGroup"`
	// FSGroup is the group that owns volumes. Default: the group id.
	FSGroup ID `spec:"fsGroup"`
	// SupplementalGroups are more groups of the user. Default: none. Example: [2000].
	SupplementalGroups []ID `spec:"supplementalGroups"`
	// ReadOnlyRootFilesystem keeps the image's files from being written. Default: true.
	ReadOnlyRootFilesystem bool `spec:"readOnlyRootFilesystem"`
	// Level is the level of Pod Security that the service claims; what is beyond it is refused. Default: restricted.
	Level string `spec:"level,enum=restricted|baseline|privileged"`
	// AllowPrivilegeEscalation lets a program get more rights than the one that starts it, as setuid does; it is beyond the level
	// restricted. Default: false, but true with privileged or SYS_ADMIN, with which Kubernetes knows nothing else.
	AllowPrivilegeEscalation bool `spec:"allowPrivilegeEscalation"`
	// Capabilities are the parts of root's power, without CAP_. Default: none. Example: {add: [NET_BIND_SERVICE]}.
	Capabilities Capabilities `spec:"capabilities"`
	// Privileged gives a container all that its node can do, for which the level is privileged. Default: false.
	Privileged bool `spec:"privileged"`
	// HostNetwork puts the pod on its node's network, for which the level is privileged. Default: false.
	HostNetwork bool `spec:"hostNetwork"`
	// HostPID shows the pod all processes of its node, for which the level is privileged. Default: false.
	HostPID bool `spec:"hostPID"`
	// HostIPC shares the memory between processes of the node, for which the level is privileged. Default: false.
	HostIPC bool `spec:"hostIPC"`
	// Seccomp is RuntimeDefault, localhost/PROFILE with a file of the node, or Unconfined, for which the level is privileged. Default: RuntimeDefault. Example: localhost/audit.json.
	Seccomp Profile `spec:"seccomp"`
	// AppArmor is RuntimeDefault, localhost/PROFILE with a profile of the node, or Unconfined, for which the level is privileged. Default: the node's. Example: RuntimeDefault.
	AppArmor Profile `spec:"appArmor"`
}

// ContainerSecurity is what one container has otherwise than the service's own.
type ContainerSecurity struct {
	// RunAsUser is the user id; 0, root, is beyond the level restricted. Default: the service's. Example: 101.
	RunAsUser *ID `spec:"runAsUser"`
	// RunAsGroup is the group id. Default: the service's, or with runAsUser that id. Example: 101.
	RunAsGroup *ID `spec:"runAsGroup"`
	// ReadOnlyRootFilesystem keeps the image's files from being written. Default: true.
	ReadOnlyRootFilesystem *bool `spec:"readOnlyRootFilesystem"`
	// AllowPrivilegeEscalation lets a program get more rights than the one that starts it. Default: false.
	AllowPrivilegeEscalation *bool `spec:"allowPrivilegeEscalation"`
	// Capabilities are the parts of root's power, without CAP_. Default: none. Example: {add: [NET_ADMIN]}.
	Capabilities *Capabilities `spec:"capabilities"`
	// Privileged gives the container all that its node can do. Default: false.
	Privileged *bool `spec:"privileged"`
	// Seccomp is RuntimeDefault, localhost/PROFILE or Unconfined. Default: RuntimeDefault. Example: localhost/audit.json.
	Seccomp Profile `spec:"seccomp"`
	// AppArmor is RuntimeDefault, localhost/PROFILE or Unconfined. Default: the node's. Example: RuntimeDefault.
	AppArmor Profile `spec:"appArmor"`
}

// Capabilities are those of Linux, without CAP_.
type Capabilities struct {
	// Add are those that a container gets. Default: none. Example: [NET_BIND_SERVICE].
	Add []Capability `spec:"add"`
	// Drop are those that it loses of the runtime's defaults; less than ALL is beyond the level restricted. Default: ALL. Example: [NET_RAW].
	Drop []Capability `spec:"drop"`
}

// Capability is the name of one, without CAP_, or ALL.
//
//spec:schema {type: string, pattern: "^[A-Z][A-Z_0-9]*$"}
type Capability string

func (c *Capability) decodeNode(d *decoder, n *yaml.Node) {
	word, ok := d.text(n)
	if ok && (word == "" || strings.HasPrefix(word, "CAP_") || strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") != "") {
		d.problem(n, "%q is not a capability: write it in capitals and without CAP_, as in NET_ADMIN", short(word))
		return
	}
	*c = Capability(word)
}

// Profile is RuntimeDefault, Unconfined, or localhost/ and the name of one that the node has. Empty when nothing is said.
//
//spec:schema {type: string, pattern: "^(RuntimeDefault|Unconfined|localhost/.+)$"}
type Profile string

// Local returns the name of the node's profile, if it is one.
func (p Profile) Local() (string, bool) { return strings.CutPrefix(string(p), "localhost/") }

func (p *Profile) decodeNode(d *decoder, n *yaml.Node) {
	text, ok := d.text(n)
	if !ok {
		return
	}
	name, local := strings.CutPrefix(text, "localhost/")
	if local && (name == "" || strings.HasPrefix(name, "/") || slices.Contains(strings.Split(name, "/"), "..")) {
		d.problem(n, "the profile %q does not fit: write its path below the node's folder of profiles, as localhost/audit.json", short(text))
		return
	}
	if !local {
		d.word(n, "profile", "RuntimeDefault", "Unconfined", "localhost/NAME")
	}
	*p = Profile(text)
}

// Confinement is what a container may do, with everything settled.
type Confinement struct {
	User, Group                                           ID
	ReadOnlyRootFilesystem, AllowEscalation, IsPrivileged bool
	Add, Drop                                             []Capability
	Seccomp, AppArmor                                     Profile
}

// Confinement returns what a container of the service may do.
func (s *Service) Confinement(c *Container) Confinement {
	own := &s.Security
	out := Confinement{User: own.RunAsUser, Group: own.RunAsGroup, ReadOnlyRootFilesystem: true, Drop: []Capability{"ALL"}}
	if c.path == nil {
		out.ReadOnlyRootFilesystem, out.AllowEscalation, out.IsPrivileged = own.ReadOnlyRootFilesystem, own.AllowPrivilegeEscalation, own.Privileged
		out.Seccomp, out.AppArmor = own.Seccomp, own.AppArmor
		out.capabilities(&own.Capabilities)
	}
	other := &c.Security
	if other.RunAsUser != nil {
		out.User, out.Group = *other.RunAsUser, *other.RunAsUser
	}
	if other.RunAsGroup != nil {
		out.Group = *other.RunAsGroup
	}
	settle := func(to *bool, said *bool) {
		if said != nil {
			*to = *said
		}
	}
	settle(&out.ReadOnlyRootFilesystem, other.ReadOnlyRootFilesystem)
	settle(&out.AllowEscalation, other.AllowPrivilegeEscalation)
	settle(&out.IsPrivileged, other.Privileged)
	if other.Capabilities != nil {
		out.capabilities(other.Capabilities)
	}
	if other.Seccomp != "" {
		out.Seccomp = other.Seccomp
	}
	if other.AppArmor != "" {
		out.AppArmor = other.AppArmor
	}
	if out.alwaysEscalates() {
		out.AllowEscalation = true
	}
	return out
}

func (c *Confinement) capabilities(said *Capabilities) {
	c.Add = said.Add
	if said.Drop != nil {
		c.Drop = said.Drop
	}
}

// alwaysEscalates tells whether Kubernetes refuses to hear that privileges do not grow.
func (c *Confinement) alwaysEscalates() bool {
	return c.IsPrivileged || slices.Contains(c.Add, "SYS_ADMIN")
}

// PodSecurity returns the level that the namespace of the project's release has to let in.
func (p *Project) PodSecurity() string {
	highest := 0
	for _, s := range p.Services {
		highest = max(highest, slices.Index(levels, s.Security.Level))
	}
	return levels[highest]
}

// demand is something in a spec that only a level of Pod Security and those above it let in.
type demand struct {
	at    Position
	what  string
	level string
}

// baselineCapabilities are those that the level baseline lets containers add.
var baselineCapabilities = []Capability{"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE",
	"SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"}

// Level returns the lowest level of Pod Security that lets a container add the capability. An empty one was refused.
func (c Capability) Level() string {
	switch {
	case c == "NET_BIND_SERVICE", c == "":
		return Restricted
	case slices.Contains(baselineCapabilities, c):
		return Baseline
	}
	return Privileged
}

// demands lists what goes beyond the level restricted.
func (s *Service) demands() []demand {
	var all []demand
	add := func(is bool, at Position, level, format string, args ...any) {
		if is {
			all = append(all, demand{at: at, what: fmt.Sprintf(format, args...), level: level})
		}
	}
	add(s.Security.HostNetwork, s.At("security", "hostNetwork"), Privileged, "hostNetwork")
	add(s.Security.HostPID, s.At("security", "hostPID"), Privileged, "hostPID")
	add(s.Security.HostIPC, s.At("security", "hostIPC"), Privileged, "hostIPC")
	for _, name := range sortedKeys(s.Volumes) {
		add(s.Volumes[name].HostPath != "", s.At("volumes", name, "hostPath"), Privileged, "a hostPath")
	}
	containers := s.Containers()
	for i := range containers {
		c := &containers[i]
		confined := s.Confinement(c)
		at := func(key ...string) Position { return s.at(c, append([]string{"security"}, key...)...) }
		if c.path == nil || c.Security.RunAsUser != nil {
			add(confined.User == 0, at("runAsUser"), Baseline, "the user 0, root,")
		}
		add(confined.AllowEscalation && !confined.alwaysEscalates(), at("allowPrivilegeEscalation"), Baseline, "allowPrivilegeEscalation")
		add(confined.IsPrivileged, at("privileged"), Privileged, "privileged")
		add(!slices.Contains(confined.Drop, "ALL"), at("capabilities", "drop"), Baseline, "to drop less than ALL")
		for j, capability := range confined.Add {
			add(capability.Level() != Restricted, at("capabilities", "add", strconv.Itoa(j)), capability.Level(), "the capability %s", capability)
		}
		add(confined.Seccomp == "Unconfined", at("seccomp"), Privileged, "seccomp Unconfined")
		add(confined.AppArmor == "Unconfined", at("appArmor"), Privileged, "appArmor Unconfined")
	}
	return all
}

// saysSecurity tells whether the spec says anything that could go beyond the level restricted.
func (s *Service) saysSecurity() bool {
	if s.source.has("security") || len(s.Init)+len(s.Sidecars) > 0 {
		return true
	}
	for _, v := range s.Volumes {
		if v.HostPath != "" {
			return true
		}
	}
	return false
}

// checkSecurity refuses what is beyond the level that the service claims, and what Kubernetes would.
func (l *loader) checkSecurity(s *Service) {
	claimed := slices.Index(levels, s.Security.Level)
	if claimed < 0 || !s.saysSecurity() {
		return // the decoder said what a level is
	}
	for _, d := range s.demands() {
		if slices.Index(levels, d.level) > claimed {
			l.problems.add(d.at, "%s is beyond Pod Security %s, which the service claims: say security: {level: %s}, or leave it out", d.what, s.Security.Level, d.level)
		}
	}
	containers := s.Containers()
	for i := range containers {
		c := &containers[i]
		refuses := c.Security.AllowPrivilegeEscalation != nil && !*c.Security.AllowPrivilegeEscalation
		if c.path == nil {
			refuses = s.source.has("security", "allowPrivilegeEscalation") && !s.Security.AllowPrivilegeEscalation
		}
		if confined := s.Confinement(c); refuses && confined.alwaysEscalates() {
			l.problems.add(s.at(c, "security", "allowPrivilegeEscalation"), "Kubernetes lets privileged and SYS_ADMIN have nothing but true here: leave it out")
		}
	}
	if !s.Security.HostNetwork {
		return
	}
	for _, name := range sortedKeys(s.Ports) {
		if port := s.Ports[name].Container; port < 1024 && s.Security.RunAsUser != 0 {
			l.problems.add(s.At("security", "hostNetwork"), "on the node's network port %d is root's: listen on one from 1024, or say runAsUser: 0", port)
		}
	}
}
