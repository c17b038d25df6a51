package spec

import "go.yaml.in/yaml/v3"

// longestCommonName is what X.509 allows.
const longestCommonName = 64

// Ingress makes ports reachable from outside, by hosts and paths. Short form: true, with every default.
//
//spec:schema {anyOf: [{const: true}, {$ref: long}]}
type Ingress struct {
	// Host is the one host. Default, without hosts: <service>.<domain>. Example: shop.example.com.
	Host string `spec:"host,or=host"`
	// Hosts are several hosts, in the place of host. Example: [shop.example.com, www.example.com].
	Hosts []string `spec:"hosts,or=host"`
	// Path is the prefix that the port http serves. Default: /.
	Path string `spec:"path,or=path"`
	// Paths are several paths and the ports that serve them, in the place of path. Example: {/: http, /api: api}.
	Paths map[string]Backend `spec:"paths,or=path"`
	// TLS asks for a certificate, or names a Secret that holds one. Default: false.
	TLS TLS `spec:"tls"`
	// Class is the ingress class. Default: the project's. Example: nginx.
	Class string `spec:"class"`
	// Annotations go to the Ingress as they are. Example: {example.com/owner: team-a}.
	Annotations map[string]string `spec:"annotations"`
}

// TLS is where the certificate of an ingress comes from. Short form: true, by the project's issuer into the Secret
// <service>-tls.
//
//spec:schema {anyOf: [{type: boolean}, {$ref: long}]}
type TLS struct {
	// Secret holds the certificate. Without issuer it exists already. Default: <service>-tls. Example: shop-certificate.
	Secret string `spec:"secret"`
	// Issuer is the ClusterIssuer that fills the Secret. Default: the project's, when no Secret is named. Example: letsencrypt.
	Issuer string `spec:"issuer"`

	// On tells that TLS is asked for.
	On bool
}

// Issued tells whether cert-manager makes the certificate.
func (t TLS) Issued() bool { return t.On && t.Issuer != "" }

func (t *TLS) decodeNode(d *decoder, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		t.On, _ = d.boolean(n)
		return
	}
	type long TLS
	d.decode(n, (*long)(t))
	t.On = true
}

func (i *Ingress) decodeNode(d *decoder, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		if on, ok := d.boolean(n); ok && !on {
			d.problem(n, "leave the line out to have no ingress")
		}
		return
	}
	type long Ingress
	d.decode(n, (*long)(i))
}

func (i *Ingress) defaults(p *Project, s *Service) {
	i.Hosts = hostsOr(i.Host, i.Hosts, p, s)
	i.Paths = served(i.Path, i.Paths, HTTP)
	if i.TLS.On && i.TLS.Secret == "" && i.TLS.Issuer == "" {
		i.TLS.Issuer = p.Issuer.Name
	}
	if i.Class == "" {
		i.Class = p.Ingress.Class
	}
}

// URLs are the address of each host, with the shortest path that is served.
func (i *Ingress) URLs() []string {
	scheme := "http"
	if i.TLS.On {
		scheme = "https"
	}
	urls := make([]string, len(i.Hosts))
	for n, host := range i.Hosts {
		urls[n] = scheme + "://" + host + sortedKeys(i.Paths)[0]
	}
	return urls
}

func (l *loader) checkIngress(s *Service) {
	i := s.Ingress
	if i == nil {
		return
	}
	if len(s.Ports) == 0 {
		l.problems.add(s.At("ingress"), "an ingress needs an HTTP port: add the line port: 8080, or a port called %s", HTTP)
	}
	l.checkHosts(s, "ingress", i.Host, i.Hosts)
	l.checkPaths(s, "ingress", i.Paths)
	if host := i.Hosts[0]; i.TLS.Issued() && len(host) > longestCommonName {
		l.problems.add(s.At("ingress", "host"), "%s is %d characters long, and a certificate's common name holds %d: put a shorter host first", host, len(host), longestCommonName)
	}
	if i.TLS.Secret != "" && !isObjectName(i.TLS.Secret) {
		l.problems.add(s.At("ingress", "tls", "secret"), "%q cannot be the name of a Secret: use small letters, digits, - and .", short(i.TLS.Secret))
	}
	if i.TLS.Issuer != "" && !isObjectName(i.TLS.Issuer) {
		l.problems.add(s.At("ingress", "tls", "issuer"), "the issuer %q does not fit: use the name of a ClusterIssuer", short(i.TLS.Issuer))
	}
	if i.Class != "" && !subdomain.MatchString(i.Class) {
		l.problems.add(s.At("ingress", "class"), "the ingress class %q does not fit: use the name of an IngressClass", short(i.Class))
	}
	for _, key := range []string{"cert-manager.io/cluster-issuer", "cert-manager.io/common-name"} {
		if _, said := i.Annotations[key]; said && i.TLS.Issued() {
			l.problems.add(s.At("ingress", "annotations", key), "tls says %s already: leave it out, or leave tls out and say everything here", key)
		}
	}
	l.checkAnnotations(s, i.Annotations, "ingress", "annotations")
}

// isObjectName tells whether most kinds of Kubernetes object can have that name.
func isObjectName(s string) bool { return subdomain.MatchString(s) && len(s) <= 253 }
