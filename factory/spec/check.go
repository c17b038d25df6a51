package spec

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// The scopes of an access rule.
const (
	ScopeNamespace = "namespace"
	ScopeCluster   = "cluster"
)

var (
	rfc1035    = regexp.MustCompile(`^[a-z]([-a-z0-9]*[a-z0-9])?$`)
	subdomain  = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)
	hostname   = regexp.MustCompile(`^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)
	portName   = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)
	envName    = regexp.MustCompile(`^[-._a-zA-Z][-._a-zA-Z0-9]*$`)
	secretKey  = regexp.MustCompile(`^[-._a-zA-Z0-9]+$`)
	label      = regexp.MustCompile(`^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`)
	imageRef   = regexp.MustCompile(`^((localhost|[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+|[a-zA-Z0-9.-]+:[0-9]+)(:[0-9]+)?/)?[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?(@sha256:[a-f0-9]+)?$`)
	registryAt = regexp.MustCompile(`^[a-zA-Z0-9.-]+(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$`)
	fieldPath  = regexp.MustCompile(`^(metadata\.(name|namespace|uid|labels\['[^']+'\]|annotations\['[^']+'\])|spec\.(nodeName|serviceAccountName)|status\.(hostIPs?|podIPs?))$`)
	resourceID = regexp.MustCompile(`^([a-z0-9-]+(\.[a-z0-9.-]+)?|\*)(/([a-z]+|\*))?$`)
)

// Names are bounded so that every name derived from them fits, a CronJob's pods and a StatefulSet's label included.
const longestName = 52

// reservedNames cannot be a service's: Helm reads global and tags in values, and ${project.…} is a reference.
var reservedNames = map[string]string{
	"global":  "Helm owns this name in values",
	"tags":    "Helm owns this name in values",
	"project": "${project.…} refers to the project",
}

// check judges each service by itself, and the project.
func (l *loader) check(p *Project) {
	l.checkProject(p)
	for _, s := range p.Services {
		before := len(l.problems)
		l.checkName(s)
		l.checkWorkload(s)
		l.checkPorts(s)
		l.checkContainers(s)
		l.checkTests(s)
		l.checkSecurity(s)
		l.checkScheduling(s)
		l.checkAccount(s)
		l.checkMetrics(s)
		l.checkAlerts(s)
		l.checkCertificates(s)
		l.checkAccess(s)
		l.checkServiceObject(s)
		l.checkIngress(s)
		l.checkGateway(s)
		l.checkNetwork(s)
		l.checkAutoscale(s)
		l.checkBudget(s)
		l.checkVolumes(s)
		l.readFiles(s)
		l.checkWaivers(s.Lint.Waive, s.At)
		l.checkMetadata(s)
		l.blame(s, before)
	}
}

func (l *loader) checkProject(p *Project) {
	at := func(path ...string) Position { return p.source.at(path...) }
	names := []struct{ key, value string }{{"name", p.Name}, {"namespace", p.Namespace}}
	for _, n := range names {
		if !rfc1035.MatchString(n.value) || len(n.value) > longestName {
			l.problems.add(at(n.key), "the %s %q does not fit: use 1 to %d small letters, digits and dashes, beginning with a letter", n.key, short(n.value), longestName)
		}
	}
	if !registryAt.MatchString(p.Registry) {
		l.problems.add(at("registry"), "the registry %q does not fit: write it as host[:port][/path], without https://", short(p.Registry))
	}
	if !subdomain.MatchString(p.Domain) {
		l.problems.add(at("domain"), "the domain %q does not fit: write it as example.com", short(p.Domain))
	}
	if !subdomain.MatchString(p.Issuer.Name) || len(p.Issuer.Name) > 253 {
		l.problems.add(at("issuer", "name"), "the issuer %q does not fit: use the name of a ClusterIssuer", short(p.Issuer.Name))
	}
	if p.Ingress.Class != "" && !subdomain.MatchString(p.Ingress.Class) {
		l.problems.add(at("ingress", "class"), "the ingress class %q does not fit: use the name of an IngressClass", short(p.Ingress.Class))
	}
	l.checkParents(p.Gateway.Parents, func(path ...string) Position { return at(append([]string{"gateway", "parents"}, path...)...) })
	if !isImage(p.Test.Image) {
		l.problems.add(at("test", "image"), "%q is not an image: write it as [host/]path[:tag]", short(p.Test.Image))
	}
	l.checkWaivers(p.Lint.Waive, at)
	l.checkKubeVersions(p.Lint.Kubernetes, at)
}

func (l *loader) checkName(s *Service) {
	at := Position{File: s.source.file}
	if reason, reserved := reservedNames[s.Name]; reserved {
		l.problems.add(at, "a service cannot be called %q, because %s: rename its folder", s.Name, reason)
		return
	}
	if CheckName(s.Name) != nil {
		l.problems.add(at, "the name %q does not fit: name the folder with 1 to %d small letters, digits and dashes, beginning with a letter", short(s.Name), longestName)
	}
}

// CheckName returns what keeps a text from being a name in a project, or nil.
func CheckName(name string) error {
	if !rfc1035.MatchString(name) || len(name) > longestName {
		return fmt.Errorf("use 1 to %d small letters, digits and dashes, beginning with a letter", longestName)
	}
	return nil
}

// CheckServiceName returns what keeps a text from being the name of a service, or nil.
func CheckServiceName(name string) error {
	if reason, reserved := reservedNames[name]; reserved {
		return errors.New(reason)
	}
	return CheckName(name)
}

func (l *loader) replicas(at Position, n int) {
	if n < 0 || n > 10000 {
		l.problems.add(at, "replicas %d is out of range: use 0 to 10000", n)
	}
}

func (l *loader) checkWorkload(s *Service) {
	l.checkKind(s)
	if s.source.has("replicas") {
		l.replicas(s.At("replicas"), s.Replicas)
	}
	switch {
	case s.Build == nil && !isImage(s.Image):
		l.problems.add(s.At("image"), "%q is not an image: write it as [host/]path[:tag][@sha256:…]", short(s.Image))
	case s.Build != nil && s.source.has("build", "image") && !isImage(s.Image):
		l.problems.add(s.At("build", "image"), "%q is not an image: write it as [host/]path[:tag]", short(s.Image))
	}
	l.checkSecrets(s)
}

func (l *loader) checkPorts(s *Service) {
	containers, services := map[string]string{}, map[string]string{}
	for _, name := range sortedKeys(s.Ports) {
		port, at := s.Ports[name], s.At("ports", name)
		if name == HTTP && s.Port != 0 {
			at = s.At("port")
		}
		if !isPortName(name) {
			l.problems.add(at, wrongPortName, short(name))
		}
		if port.AppProtocol != "" && !isLabel(port.AppProtocol) {
			l.problems.add(s.At("ports", name, "appProtocol"), "%q is not an application protocol: write it as http or kubernetes.io/h2c", short(port.AppProtocol))
		}
		if port.Container == 0 {
			continue
		}
		taken := func(numbers map[string]string, side string, number Port) {
			key := fmt.Sprint(number, port.Protocol)
			if other, ok := numbers[key]; ok {
				l.problems.add(at, "%s port %d is also that of %q: give each its own number", side, number, other)
			}
			numbers[key] = name
		}
		taken(containers, "container", port.Container)
		taken(services, "Service", port.Service)
	}
}

func (l *loader) checkAccess(s *Service) {
	verbs := []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"}
	for i, rule := range s.Access {
		at := func(path ...string) Position { return s.At(append([]string{"access", strconv.Itoa(i)}, path...)...) }
		if len(rule.Resources) == 0 || len(rule.Verbs) == 0 {
			l.problems.add(at(), "an access rule needs resources and verbs, such as {resources: [pods], verbs: [get, list, watch]}")
		}
		for j, resource := range rule.Resources {
			if !resourceID.MatchString(resource) {
				l.problems.add(at("resources", strconv.Itoa(j)), "%q is not a resource: write its plural with group and subresource, as in pods, pods/log or deployments.apps", short(resource))
			}
		}
		for j, verb := range rule.Verbs {
			if slices.Contains(verbs, verb) || verb == "*" {
				continue
			}
			suggestion := didYouMean(verb, verbs)
			if !rfc1035.MatchString(verb) || strings.HasPrefix(suggestion, "did you mean") {
				l.problems.add(at("verbs", strconv.Itoa(j)), "unknown verb %q: %s", short(verb), suggestion)
			}
		}
	}
}

// The lengths are counted apart: as a part of the expressions they make them large.

func isImage(s string) bool {
	_, digest, pinned := strings.Cut(s, "@sha256:")
	return imageRef.MatchString(s) && len(s) <= 255 && (!pinned || len(digest) == 64)
}

const wrongPortName = "%q cannot be the name of a port: use 1 to 15 small letters, digits and single dashes, at least one of them a letter"

func isPortName(s string) bool {
	return portName.MatchString(s) && len(s) <= 15 && !strings.Contains(s, "--") && strings.ContainsAny(s, "abcdefghijklmnopqrstuvwxyz")
}

func isSubdomain(s string) bool { return subdomain.MatchString(s) && len(s) <= 253 }

func isSecretKey(s string) bool { return secretKey.MatchString(s) && len(s) <= 253 }

func isLabel(s string) bool {
	prefix, name, qualified := strings.Cut(s, "/")
	if !qualified {
		name, prefix = prefix, ""
	}
	return label.MatchString(s) && len(name) <= 63 && len(prefix) <= 253
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
