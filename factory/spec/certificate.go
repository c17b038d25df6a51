package spec

import (
	"net/netip"
	"slices"
	"strconv"
	"time"
)

// Certificate is one that cert-manager makes, puts into a Secret and renews.
type Certificate struct {
	// Hosts are the names and IP addresses that the certificate is for; the first name is its common name, too. Default: the
	// Service's names in the cluster. Example: [broker.example.com, 10.0.0.7].
	Hosts []string `spec:"hosts"`
	// Secret is the Secret that holds it. Default: <service>-<name>. Example: broker-tls.
	Secret string `spec:"secret"`
	// Duration is how long a certificate is valid, at least 1h. Default: cert-manager's 2160h. Example: 8760h.
	Duration Duration `spec:"duration"`
	// RenewBefore is how long before its end it is renewed, at least 5m. Default: a third of the duration. Example: 720h.
	RenewBefore Duration `spec:"renewBefore"`
	// Issuer is the ClusterIssuer. Default: the project's. Example: letsencrypt.
	Issuer string `spec:"issuer"`
	// Usages are what the key may do, in cert-manager's words. Default: digital signature, key encipherment. Example: [server auth, client auth].
	Usages []string `spec:"usages"`
}

// keyUsages are those of cert-manager.io/v1.
func keyUsages() []string {
	return []string{"signing", "digital signature", "content commitment", "key encipherment", "key agreement", "data encipherment", "cert sign",
		"crl sign", "encipher only", "decipher only", "any", "server auth", "client auth", "code signing", "email protection", "s/mime",
		"ipsec end system", "ipsec tunnel", "ipsec user", "timestamping", "ocsp signing", "microsoft sgc", "netscape sgc"}
}

// Names returns the hosts that are names, and those that are IP addresses.
func (c Certificate) Names() (names, addresses []string) {
	for _, host := range c.Hosts {
		if _, err := netip.ParseAddr(host); err == nil {
			addresses = append(addresses, host)
		} else {
			names = append(names, host)
		}
	}
	return names, addresses
}

func certificateDefaults(p *Project, s *Service) {
	for name, c := range s.Certificates {
		if len(c.Hosts) == 0 {
			c.Hosts = []string{s.Name, s.Name + "." + p.Namespace + ".svc", s.Name + "." + p.Namespace + ".svc.cluster.local"}
		}
		if c.Secret == "" {
			c.Secret = s.Name + "-" + name
		}
		if c.Issuer == "" {
			c.Issuer = p.Issuer.Name
		}
		s.Certificates[name] = c
	}
}

func (l *loader) checkCertificates(s *Service) {
	for _, name := range sortedKeys(s.Certificates) {
		c := s.Certificates[name]
		at := func(path ...string) Position { return s.At(append([]string{"certificates", name}, path...)...) }
		if !rfc1035.MatchString(name) || len(name) > longestName {
			l.problems.add(at(), "%q cannot be the name of a certificate: use 1 to %d small letters, digits and dashes, beginning with a letter", short(name), longestName)
		}
		names, _ := c.Names()
		for i, host := range c.Hosts {
			_, isAddress := netip.ParseAddr(host)
			if isAddress != nil && (!hostname.MatchString(host) || len(host) > 253) {
				l.problems.add(at("hosts", strconv.Itoa(i)), "%q is neither a host nor an IP address: write it as shop.example.com, in small letters, or as 10.0.0.7", short(host))
			}
		}
		if len(names) > 0 && len(names[0]) > longestCommonName {
			l.problems.add(at("hosts"), "%s is %d characters long, and a certificate's common name holds %d: put a shorter host first", short(names[0]), len(names[0]), longestCommonName)
		}
		if s.source.has("certificates", name, "secret") && !isObjectName(c.Secret) {
			l.problems.add(at("secret"), "%q cannot be the name of a Secret: use small letters, digits, - and .", short(c.Secret))
		}
		if !isObjectName(c.Issuer) {
			l.problems.add(at("issuer"), "the issuer %q does not fit: use the name of a ClusterIssuer", short(c.Issuer))
		}
		l.checkLifetime(c, at)
		for i, usage := range c.Usages {
			if !slices.Contains(keyUsages(), usage) {
				l.problems.add(at("usages", strconv.Itoa(i)), "unknown usage %q: %s", short(usage), didYouMean(usage, keyUsages()))
			}
		}
	}
}

func (l *loader) checkLifetime(c Certificate, at func(path ...string) Position) {
	duration := c.Duration
	if duration == 0 {
		duration = Duration(2160 * time.Hour)
	}
	switch {
	case duration < Duration(time.Hour):
		l.problems.add(at("duration"), "cert-manager makes certificates for at least 1h, not %s", duration)
	case c.RenewBefore != 0 && c.RenewBefore < Duration(5*time.Minute):
		l.problems.add(at("renewBefore"), "cert-manager renews at least 5m before the end, not %s", c.RenewBefore)
	case c.RenewBefore >= duration:
		l.problems.add(at("renewBefore"), "renewed %s before its end, a certificate of %s would be renewed all the time: lower renewBefore", c.RenewBefore, duration)
	}
}
