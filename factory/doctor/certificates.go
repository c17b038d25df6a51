package doctor

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/spec"
)

// wanted is a certificate that a spec speaks of.
type wanted struct {
	service, secret string
	hosts           []string
	issued          bool          // by cert-manager
	renewBefore     time.Duration // zero: cert-manager's own, a third of the lifetime
}

func certificatesOf(p *spec.Project) []wanted {
	var all []wanted
	for _, service := range p.Released() {
		if i := service.Ingress; i != nil && i.TLS.On {
			all = append(all, wanted{
				service: service.Name, secret: orElse(i.TLS.Secret, service.Name+"-tls"), hosts: i.Hosts, issued: i.TLS.Issued(),
			})
		}
		for _, name := range slices.Sorted(maps.Keys(service.Certificates)) {
			certificate := service.Certificates[name]
			all = append(all, wanted{
				service: service.Name, secret: certificate.Secret, hosts: certificate.Hosts, issued: true,
				renewBefore: time.Duration(certificate.RenewBefore),
			})
		}
	}
	return all
}

// certificates reads the certificate that is served for each host: is it there, valid now, for that host, and renewed in time?
func (e *examination) certificates(ctx context.Context) Verdict {
	all := certificatesOf(e.Project)
	if len(all) == 0 {
		return notHere("no service has a certificate")
	}
	var problems []Problem
	var until time.Time
	for _, want := range all {
		secret, err := e.client.CoreV1().Secrets(e.Project.Namespace).Get(ctx, want.secret, metav1.GetOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			return notAllowed(err)
		}
		var certificate *x509.Certificate
		if err == nil {
			certificate, err = leaf(secret)
		}
		if err != nil {
			problems = append(problems, want.missing(e.Project.Namespace, err))
			continue
		}
		problems = append(problems, want.judge(e.Project.Namespace, certificate, time.Now())...)
		if until.IsZero() || certificate.NotAfter.Before(until) {
			until = certificate.NotAfter
		}
	}
	if len(problems) > 0 {
		return failed("a certificate is not valid", problems...)
	}
	return passed("%s, valid until %s", count(len(all), "certificate"), until.Format(time.DateOnly))
}

func leaf(secret *corev1.Secret) (*x509.Certificate, error) {
	block, _ := pem.Decode(secret.Data[corev1.TLSCertKey])
	if block == nil {
		return nil, errors.New("it holds no certificate under " + corev1.TLSCertKey)
	}
	return x509.ParseCertificate(block.Bytes)
}

func (w wanted) missing(namespace string, err error) Problem {
	saw := fmt.Sprintf("Secret %s, for %s: %v", w.secret, strings.Join(w.hosts, ", "), err)
	if apierrors.IsNotFound(err) {
		saw = fmt.Sprintf("namespace %s has no Secret %s with the certificate for %s", namespace, w.secret, strings.Join(w.hosts, ", "))
	}
	problem := Problem{Saw: saw, Why: "clients are shown a certificate that is not for the host, or none"}
	problem.Fix = fmt.Sprintf("kubectl -n %s create secret tls %s --cert=FILE --key=FILE", namespace, w.secret)
	if w.issued {
		problem.Fix = fmt.Sprintf("kubectl -n %s describe certificate,certificaterequest", namespace)
	}
	return problem
}

// judge says what is wrong with a certificate at a moment.
func (w wanted) judge(namespace string, c *x509.Certificate, now time.Time) []Problem {
	var problems []Problem
	add := func(fix, why, format string, args ...any) {
		problems = append(problems, Problem{Saw: fmt.Sprintf("the certificate in Secret %s "+format, append([]any{w.secret}, args...)...), Why: why, Fix: fix})
	}
	again := fmt.Sprintf("kubectl -n %s delete secret %s   (cert-manager makes it again)", namespace, w.secret)
	if !w.issued {
		again = fmt.Sprintf("put a new certificate into Secret %s of namespace %s", w.secret, namespace)
	}
	const refused = "clients refuse the connection"
	left := c.NotAfter.Sub(now)
	switch {
	case now.Before(c.NotBefore):
		add("set the clock that is wrong: sudo timedatectl set-ntp true", refused+"; the clock that made it is ahead of this machine's",
			"is valid from %s on, and now it is %s", c.NotBefore.UTC().Format(time.DateTime), now.UTC().Format(time.DateTime))
	case left <= 0:
		add(again, refused, "expired at %s", c.NotAfter.UTC().Format(time.DateTime))
	case left < w.late(c):
		add(again, "it should have been renewed by now, and nothing works any more from then on", "expires at %s", c.NotAfter.UTC().Format(time.DateTime))
	}
	for _, host := range w.hosts {
		// A wildcard's host is checked as one of the names that it stands for.
		if err := c.VerifyHostname(strings.Replace(host, "*.", "any.", 1)); err != nil {
			add(again, refused, "is not for %s but for %s", host, strings.Join(c.DNSNames, ", "))
		}
	}
	return problems
}

// late is how long before its end a certificate should be renewed at the latest: half of the time that cert-manager takes for
// it, and a week where a person does it.
func (w wanted) late(c *x509.Certificate) time.Duration {
	switch {
	case !w.issued:
		return 7 * 24 * time.Hour
	case w.renewBefore > 0:
		return w.renewBefore / 2
	}
	return c.NotAfter.Sub(c.NotBefore) / 6
}
