package diagnose

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/client-go/kubernetes"
)

// sign is what a program's log says when something outside it is wrong, with the cause and the next step that it stands for.
// The expression's first group, if it takes part, is named in both in place of %s.
type sign struct {
	expression  *regexp.Regexp
	cause, next string
}

// unresolved are the words of common resolvers for a name that they cannot find: Go, libc and Postgres, Node, Java.
var unresolved = regexp.MustCompile(`(?i)lookup ([a-z0-9.-]+)[^:]*:.*(?:no such host|server misbehaving|i/o timeout|temporary failure)` +
	`|could not translate host name "([^"]+)"` +
	`|(?:ENOTFOUND|EAI_AGAIN) ([a-z0-9.-]+)` +
	`|UnknownHostException: ([a-z0-9.-]+)` +
	`|([a-z0-9.-]*)(?:: |\W)(?:name or service not known|temporary failure in name resolution|name does not resolve|host not found in upstream)`)

// refusedByAPI is what the API server says to a service that asks for what it may not have.
var refusedByAPI = regexp.MustCompile(`User "system:serviceaccount:([^:"]+):([^"]+)" cannot (\w+) resource "([^"]+)"(?: in API group "([^"]*)")?`)

var signs = []sign{
	{regexp.MustCompile(`(?i)(?:password authentication failed for user "([^"]+)"|access denied for user)`),
		"the database refuses its password",
		"a database sets its password when its volume is made; compare the Secret with the volume's age: kubectl get secret,pvc"},
	{regexp.MustCompile(`(?i)dial tcp ([^ ]+:\d+): connect: connection refused`), "what it calls at %s refuses the connection", "kubectl get pods,endpointslices: is the service that it calls ready?"},
	{regexp.MustCompile(`(?i)connection to server at "([^"]+)".*(?:refused|timed out|timeout)`), "the database at %s does not answer", "kubectl get pods,endpointslices: is the database ready?"},
	{regexp.MustCompile(`ECONNREFUSED ([^ ]+:\d+)`), "what it calls at %s refuses the connection", "kubectl get pods,endpointslices: is the service that it calls ready?"},
	{regexp.MustCompile(`(?i)access is forbidden|is forbidden: user`), "the Kubernetes API refuses what it asks for",
		"say what it needs under access: in the service's service.yaml, then factory sync, factory deploy"},
	{regexp.MustCompile(`(?i)read-only file system`), "it writes to the image's file system, which is read-only",
		"give it a place to write in the service's service.yaml, such as volumes: {tmp: /tmp}"},
	{regexp.MustCompile(`(?i)no space left on device`), "the disk or volume that it writes to is full", "kubectl get pvc, and raise size: in the service's service.yaml"},
	{regexp.MustCompile(`(?i)address already in use`), "the port that it wants is taken", "let each container of the pod listen on a port of its own"},
	{regexp.MustCompile(`(?i)bind\S*:? \S*permission denied|bind\(\) to \S+ failed \(13`), "it may not listen on its port", "let it listen on a port above 1023, and say that one as port: in the service's service.yaml"},
	{regexp.MustCompile(`(?i)x509: |certificate verify failed|self.signed certificate`), "it does not trust the certificate of what it calls", "give it the CA's certificate, for instance by files: in the service's service.yaml"},
	{regexp.MustCompile(`(?i)permission denied`), "it may not read or write a file", "let the image's user own the file, or give it a volume; the user is security.runAsUser"},
}

// toldByLog adds what the program itself says, in its log or to the probe, to the cause: the newest line that means something counts.
func toldByLog(ctx context.Context, client kubernetes.Interface, finding Finding, answer *Answer) {
	lines := slices.Concat(answer.Previous, answer.Logs, answer.details)
	for _, line := range slices.Backward(lines) {
		if cause, next := meaning(ctx, client, finding.Namespace, line); cause != "" {
			answer.cause, answer.next = "; it says why itself: "+cause, next
			return
		}
	}
}

// meaning is what one line of a log stands for, or nothing.
func meaning(ctx context.Context, client kubernetes.Interface, namespace, line string) (cause, next string) {
	if found := refusedByAPI.FindStringSubmatch(line); found != nil {
		resource := found[4]
		if found[5] != "" {
			resource += "." + found[5]
		}
		return fmt.Sprintf("its service account %s may not %s %s", found[2], found[3], resource),
			fmt.Sprintf("add {resources: [%s], verbs: [%s]} to access: in the service's service.yaml, then factory sync, factory deploy", resource, found[3])
	}
	if found := unresolved.FindStringSubmatch(line); found != nil {
		return nameTrouble(ctx, client, namespace, firstOf(found[1:]))
	}
	for _, sign := range signs {
		if found := sign.expression.FindStringSubmatch(line); found != nil {
			return strings.Replace(sign.cause, "%s", firstOf(found[1:]), 1), sign.next
		}
	}
	return "", ""
}

// nameTrouble tells a name that is wrong from a DNS that does not answer.
func nameTrouble(ctx context.Context, client kubernetes.Interface, namespace, name string) (cause, next string) {
	name = strings.Trim(name, ".")
	if name == "" {
		return "a name that it calls does not resolve", "check the names in env: of the service's service.yaml"
	}
	service, of, _ := strings.Cut(name, ".")
	if of, _, _ = strings.Cut(of, "."); of != "" && (strings.Contains(name, ".svc") || strings.Count(name, ".") == 1) {
		namespace = of
	}
	within := !strings.Contains(name, ".") || strings.Contains(name, ".svc")
	exists, known := serviceExists(ctx, client, namespace, service)
	switch {
	case exists:
		return fmt.Sprintf("the name %s does not resolve although Service %s is there: the cluster's DNS does not answer", name, service),
			"kubectl -n kube-system get pods -l k8s-app=kube-dns"
	case known && within:
		return fmt.Sprintf("the name %s does not resolve: namespace %s has no Service %s", name, namespace, service),
			"correct the name in env: of the service's service.yaml, best as ${SERVICE.host}"
	}
	return fmt.Sprintf("the name %s does not resolve", name), "correct the name in env: of the service's service.yaml, or the cluster's DNS"
}

func firstOf(groups []string) string {
	for _, group := range groups {
		if group != "" {
			return group
		}
	}
	return ""
}
