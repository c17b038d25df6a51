package spec

import "go.yaml.in/yaml/v3"

// PortSpec is one port. Short form: a number, the same for container and Service.
//
//spec:schema {anyOf: [{$ref: Port}, {$ref: long}]}
type PortSpec struct {
	// Container is the number that the container listens on. Example: 8080.
	Container Port `spec:"container,required"`
	// Service is the number that the Service listens on. Default: the container's. Example: 80.
	Service Port `spec:"service"`
	// Protocol is TCP, UDP or SCTP. Default: TCP.
	Protocol string `spec:"protocol,enum=TCP|UDP|SCTP"`
	// AppProtocol names what is spoken, as Kubernetes does (http, kubernetes.io/h2c, …). Default: none. Example: kubernetes.io/h2c.
	AppProtocol string `spec:"appProtocol"`
	// NodePort is the number that each node listens on, with a Service of type NodePort or LoadBalancer; Kubernetes' own range
	// is 30000 to 32767. Default: one that is free. Example: 30080.
	NodePort Port `spec:"nodePort"`
}

func (p *PortSpec) decodeNode(d *decoder, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		p.Container.decodeNode(d, n)
	} else {
		type long PortSpec
		d.decode(n, (*long)(p))
		if p.Container == 0 && n.Kind == yaml.MappingNode && findKey(n.Content, "container") == nil {
			d.problem(n, `a port needs "container", the number that the container listens on`)
		}
	}
	if p.Service == 0 {
		p.Service = p.Container
	}
	if p.Protocol == "" {
		p.Protocol = "TCP"
	}
}
