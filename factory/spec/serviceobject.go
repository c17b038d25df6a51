package spec

import "go.yaml.in/yaml/v3"

// The types of a Kubernetes Service.
const (
	ClusterIP    = "ClusterIP"
	NodePort     = "NodePort"
	LoadBalancer = "LoadBalancer"
)

// ServiceObject is the Kubernetes Service beyond its ports.
type ServiceObject struct {
	// Type is ClusterIP, NodePort (each node listens) or LoadBalancer (the cluster gives an address). Default: ClusterIP.
	Type string `spec:"type,enum=ClusterIP|NodePort|LoadBalancer"`
	// Headless gives the addresses of the pods themselves, so the ports are the containers', and none of the Service's own. It
	// cannot change later. Default: false.
	Headless bool `spec:"headless"`
	// SessionAffinity keeps a client with one pod: true, or {timeout}. Default: none.
	SessionAffinity *SessionAffinity `spec:"sessionAffinity"`
	// Annotations go to the Service as they are. Example: {example.com/address-pool: public}.
	Annotations map[string]string `spec:"annotations"`
	// Labels are added to the Service's own. Example: {team: shop}.
	Labels map[string]string `spec:"labels"`
	// ExternalTrafficPolicy is Cluster, or Local: only pods of the node that was called answer, and they see the client's
	// address. NodePort and LoadBalancer only. Default: Cluster.
	ExternalTrafficPolicy string `spec:"externalTrafficPolicy,enum=Cluster|Local"`
	// LoadBalancerClass names the implementation of a LoadBalancer; it cannot change later. Default: the cluster's. Example: example.com/metal.
	LoadBalancerClass string `spec:"loadBalancerClass"`
	// PublishNotReady gives the addresses of pods that are not ready too. Default: false.
	PublishNotReady bool `spec:"publishNotReady"`
}

// SessionAffinity keeps a client, by its address, with one pod. Short form: true, for 3h.
//
//spec:schema {anyOf: [{const: true}, {$ref: long}]}
type SessionAffinity struct {
	// Timeout is how long after its last connection a client is remembered, 1s to 24h. Default: 3h.
	Timeout Duration `spec:"timeout"`
}

// Outside tells whether the Service can be reached from outside of the cluster.
func (o ServiceObject) Outside() bool { return o.Type == NodePort || o.Type == LoadBalancer }

func (a *SessionAffinity) decodeNode(d *decoder, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		if on, ok := d.boolean(n); ok && !on {
			d.problem(n, "leave the line out to have no session affinity")
		}
		return
	}
	type long SessionAffinity
	d.decode(n, (*long)(a))
}

func (l *loader) checkServiceObject(s *Service) {
	o := s.Service
	at := func(path ...string) Position { return s.At(append([]string{"service"}, path...)...) }
	if s.source.has("service") && len(s.Ports) == 0 {
		l.problems.add(at(), "a Service needs a port: add the line port: 8080")
	}
	if o.Headless && o.Outside() {
		l.problems.add(at("headless"), "a headless Service has no address, and a %s is one: keep one of them", o.Type)
	}
	if o.ExternalTrafficPolicy != "" && !o.Outside() {
		l.problems.add(at("externalTrafficPolicy"), "only a Service that is reached from outside has this policy: say type: LoadBalancer or NodePort, or leave it out")
	}
	if o.LoadBalancerClass != "" {
		if o.Type != LoadBalancer {
			l.problems.add(at("loadBalancerClass"), "only a load balancer has a class: say type: LoadBalancer, or leave it out")
		}
		if !isLabel(o.LoadBalancerClass) {
			l.problems.add(at("loadBalancerClass"), "%q is not a load balancer's class: write it as example.com/name", short(o.LoadBalancerClass))
		}
	}
	if a := o.SessionAffinity; a != nil && s.source.has("service", "sessionAffinity", "timeout") && (a.Timeout.Seconds() < 1 || a.Timeout.Seconds() > 86400) {
		l.problems.add(at("sessionAffinity", "timeout"), "a client is remembered for 1s to 24h, not %s", a.Timeout)
	}
	l.checkAnnotations(s, o.Annotations, "service", "annotations")
	l.checkLabels(s, o.Labels, "service", "labels")
	for _, name := range sortedKeys(s.Ports) {
		port := s.Ports[name]
		if o.Headless && port.Service != port.Container {
			l.problems.add(s.At("ports", name, "service"), "a headless Service leads to the pods themselves, which listen on %d: leave service out", port.Container)
		}
		if port.NodePort != 0 && !o.Outside() {
			l.problems.add(s.At("ports", name, "nodePort"), "only a Service that is reached from outside has node ports: add service: {type: NodePort}, or leave it out")
		}
	}
}

// linkNodePorts complains about two ports that want one number on the nodes.
func (l *loader) linkNodePorts(p *Project) {
	type claim struct {
		number   Port
		protocol string
	}
	claims := map[claim]string{}
	for _, s := range p.Released() {
		for _, name := range sortedKeys(s.Ports) {
			port := s.Ports[name]
			if port.NodePort == 0 {
				continue
			}
			key := claim{port.NodePort, port.Protocol}
			if other, taken := claims[key]; taken {
				l.problems.add(s.At("ports", name, "nodePort"), "node port %d is already that of %s: use another number", port.NodePort, other)
			}
			claims[key] = s.Name + "'s port " + name
		}
	}
}
