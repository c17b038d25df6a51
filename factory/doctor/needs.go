package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/deploy/diagnose"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// needs wants a Service for each service that another needs, and a pod that is ready behind each of its ports.
func (e *examination) needs(ctx context.Context) Verdict {
	var problems []Problem
	checked := 0
	for _, needed := range e.Project.Services {
		if len(needed.NeededBy) == 0 || len(needed.Ports) == 0 {
			continue
		}
		checked++
		problem := Problem{Why: fmt.Sprintf("%s cannot reach it", strings.Join(needed.NeededBy, ", "))}
		_, err := e.client.CoreV1().Services(e.Project.Namespace).Get(ctx, needed.Name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			problem.Saw = fmt.Sprintf("namespace %s has no Service %s", e.Project.Namespace, needed.Name)
			problem.Fix = "factory deploy"
			problems = append(problems, problem)
			continue
		}
		if err != nil {
			return notAllowed(err)
		}
		for _, port := range slices.Sorted(maps.Keys(needed.Ports)) {
			ready, total, err := e.endpoints(ctx, e.Project.Namespace, needed.Name, port)
			if err != nil {
				return notAllowed(err)
			}
			if ready > 0 {
				continue
			}
			problem.Saw = fmt.Sprintf("nothing is ready behind port %s of Service %s (%s)", port, needed.Name, count(total, "pod"))
			problem.Fix = fmt.Sprintf("kubectl -n %s get pods -l app.kubernetes.io/name=%s; kubectl -n %[1]s logs -l app.kubernetes.io/name=%[2]s",
				e.Project.Namespace, needed.Name)
			problems = append(problems, problem)
		}
	}
	switch {
	case len(problems) > 0:
		return failed("a service that others need does not answer", problems...)
	case checked == 0:
		return notHere("no service needs another")
	}
	return passed("%s that others need", count(checked, "service"))
}

// readiness asks a pod of each service what its readiness probe asks, through the API server, and shows the answer. A probe
// whose query leaves something out, as ?without=database does, is asked without the query too: the pod stays in its Service,
// and what is left out may be what is wrong.
func (e *examination) readiness(ctx context.Context) Verdict {
	var problems []Problem
	var answers []string
	probes := 0
	for _, service := range e.Project.Services {
		if service.Health.Ready == nil || service.Health.Ready.HTTP == nil {
			continue
		}
		probes++
		probe := service.Health.Ready.HTTP
		pods, err := e.podsOf(ctx, service)
		if err != nil {
			return notAllowed(err)
		}
		pod := running(pods)
		if pod == "" {
			continue // pods says why
		}
		code, text := e.ask(ctx, service, pod, probe.Path)
		if code == 0 {
			continue
		}
		answers = append(answers, fmt.Sprintf("%s %d", service.Name, code))
		if path, query, _ := strings.Cut(probe.Path, "?"); query != "" && code < 400 {
			if whole, told := e.ask(ctx, service, pod, path); whole >= 500 {
				problems = append(problems, notReady(service, pod, path, whole, told,
					fmt.Sprintf("its probe asks %s and keeps it in its Service, but part of it does not work", probe.Path)))
			}
		} else if code >= 400 {
			problems = append(problems, notReady(service, pod, probe.Path, code, text, "its pods are taken out of its Service: nobody reaches it"))
		}
	}
	switch {
	case len(problems) > 0:
		return failed("a service says that it is not ready", problems...)
	case probes == 0:
		return notHere("no service has a readiness probe by HTTP")
	case len(answers) == 0:
		return notChecked("no pod could be asked through the API server")
	}
	return passed("%s", strings.Join(answers, ", "))
}

func (e *examination) ask(ctx context.Context, s *spec.Service, pod, path string) (int, string) {
	probe := s.Health.Ready.HTTP
	port := strconv.Itoa(int(s.Ports[probe.Port].Container))
	return diagnose.GetFromPod(ctx, e.client, e.Project.Namespace, pod, strings.ToLower(probe.Scheme), port, path)
}

func notReady(s *spec.Service, pod, path string, code int, text, why string) Problem {
	var mask *diagnose.Mask
	return Problem{
		Saw: fmt.Sprintf("pod %s answers GET %s with %d: %s", pod, path, code, mask.Text(orElse(text, "nothing"))),
		Why: why,
		Fix: fmt.Sprintf("read its reason, then look at what it needs (%s)", orElse(strings.Join(s.Needs, ", "), "nothing in its spec")),
	}
}

// running is the name of a pod that runs; empty where none does.
func running(pods []corev1.Pod) string {
	for i := range pods {
		if pods[i].Status.Phase == corev1.PodRunning {
			return pods[i].Name
		}
	}
	return ""
}
