package doctor

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/helm-chart-factory/factory/factory/kube"
	"github.com/helm-chart-factory/factory/factory/machine"
	"github.com/helm-chart-factory/factory/factory/paths"
)

// hosts wants every ingress' host to resolve here, and for a cluster of this machine to where its ingress answers.
func (e *examination) hosts(ctx context.Context) Verdict {
	var hosts []string
	for _, service := range withIngress(e.Project) {
		hosts = append(hosts, service.Ingress.Hosts...)
	}
	// What a wildcard stands for is not a name.
	hosts = slices.DeleteFunc(hosts, func(host string) bool { return strings.HasPrefix(host, "*.") })
	if len(hosts) == 0 {
		return notHere("no service has an ingress with a host of its own")
	}
	local := e.cluster.Kind == kube.Embedded || e.cluster.Kind == kube.K3s
	address, unknown := "", error(nil)
	if local {
		address, unknown = e.IngressAddress(ctx, e.cluster)
	}
	var problems []Problem
	var seen []string
	addresses := resolve(ctx, hosts)
	for i, host := range hosts {
		found := addresses[i]
		if len(found) > 0 && (address == "" || slices.Contains(found, address)) {
			seen = append(seen, host+" is "+found[0])
			continue
		}
		problems = append(problems, e.unresolved(host, found, address, unknown))
	}
	if len(problems) > 0 {
		return failed("a host does not resolve to the ingress", problems...)
	}
	return passed("%s", strings.Join(seen, ", "))
}

// unresolved says what is wrong with a host that this machine finds elsewhere or not at all. address is where the ingress
// answers, empty where that is not known; unknown says why.
func (e *examination) unresolved(host string, found []string, address string, unknown error) Problem {
	problem := Problem{Why: "a browser on this machine does not find the page"}
	if len(found) == 0 {
		problem.Saw = host + " does not resolve on this machine"
	} else {
		problem.Saw = fmt.Sprintf("%s is %s on this machine, and the ingress answers on %s", host, strings.Join(found, ", "), address)
	}
	switch {
	case address != "":
		problem.Fix = fmt.Sprintf("echo %q | sudo tee -a %s", address+" "+host, e.Hosts)
		if len(found) > 0 {
			problem.Fix = fmt.Sprintf("change its line in %s, or its DNS record, to: %s %s", e.Hosts, address, host)
		}
		problem.remedy = e.nameHost(host, address)
	case unknown != nil:
		problem.Fix = fmt.Sprintf("add a line to %s once the ingress has an address (%v)", e.Hosts, firstLine(unknown.Error()))
	default:
		problem.Fix = fmt.Sprintf("a DNS record for %s, or a line in %s with the address of the ingress: kubectl -n %s get ingress", host, e.Hosts, e.Project.Namespace)
	}
	return problem
}

// resolveLimit is how long this machine's resolver may take for a name.
const resolveLimit = 3 * time.Second

// resolve returns the addresses of each host, none where it does not resolve.
func resolve(ctx context.Context, hosts []string) [][]string {
	addresses := make([][]string, len(hosts))
	var all sync.WaitGroup
	for i, host := range hosts {
		all.Go(func() {
			limited, cancel := context.WithTimeout(ctx, resolveLimit)
			defer cancel()
			if found, err := net.DefaultResolver.LookupHost(limited, host); err == nil {
				addresses[i] = found
			}
		})
	}
	all.Wait()
	return addresses
}

func (e *examination) nameHost(host, address string) remedy {
	return func(context.Context) (string, error) {
		if _, err := machine.NameHost(e.Hosts, paths.Instance(), host, address); err != nil {
			return "", err
		}
		return fmt.Sprintf("%s is %s in %s", host, address, e.Hosts), nil
	}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
