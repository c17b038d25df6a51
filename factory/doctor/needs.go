package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/deploy/diagnose"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// needs wants a Service for each service that another needs, and a pod that is ready behind each of its ports.
func (e *examination) needs(ctx context.Context) Verdict {
	services, err := e.client.CoreV1().Services(e.Project.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return notAllowed(err)
	}
	behind, err := e.endpointsIn(ctx, e.Project.Namespace)
	if err != nil {
		return notAllowed(err)
	}
	var problems []Problem
	checked := 0
	for _, needed := range e.Project.Released() {
		if len(needed.NeededBy) == 0 || len(needed.Ports) == 0 {
			continue
		}
		checked++
		problem := Problem{Why: fmt.Sprintf("%s cannot reach it", strings.Join(needed.NeededBy, ", "))}
		if !slices.ContainsFunc(services.Items, func(s corev1.Service) bool { return s.Name == needed.Name }) {
			problem.Saw = fmt.Sprintf("namespace %s has no Service %s", e.Project.Namespace, needed.Name)
			problem.Fix = "factory deploy"
			problems = append(problems, problem)
			continue
		}
		for _, port := range slices.Sorted(maps.Keys(needed.Ports)) {
			ready, total := behind.of(needed.Name, port)
			if ready > 0 {
				continue
			}
			problem.Saw = fmt.Sprintf("nothing is ready behind port %s of Service %s (%s)", port, needed.Name, count(total, "pod"))
			problem.Fix = fmt.Sprintf("kubectl -n %s get pods -l %s=%s; factory logs %[3]s --tail 20", e.Project.Namespace, nameLabel, needed.Name)
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

// parallelQuestions bounds the pods that are asked at once.
const parallelQuestions = 8

// readiness asks a pod of each service what its readiness probe asks, through the API server. A probe whose query leaves
// something out, as ?without=database does, is asked without the query too: the pod stays in its Service, and what is left
// out may be what is wrong.
func (e *examination) readiness(ctx context.Context) Verdict {
	pods, err := e.podsByService(ctx)
	if err != nil {
		return notAllowed(err)
	}
	services := slices.DeleteFunc(slices.Clone(e.Project.Released()), func(s *spec.Service) bool {
		return s.Health.Ready == nil || s.Health.Ready.HTTP == nil
	})
	codes, said := make([]int, len(services)), make([]*Problem, len(services))
	var group errgroup.Group
	group.SetLimit(parallelQuestions)
	for i, service := range services {
		if pod := running(pods[service.Name]); pod != "" { // where none runs, the check of the pods says why
			group.Go(func() error {
				codes[i], said[i] = e.probe(ctx, service, pod)
				return nil
			})
		}
	}
	_ = group.Wait() // nothing in it fails
	var problems []Problem
	var answers []string
	for i, service := range services {
		if codes[i] > 0 {
			answers = append(answers, fmt.Sprintf("%s %d", service.Name, codes[i]))
		}
		if said[i] != nil {
			problems = append(problems, *said[i])
		}
	}
	switch {
	case len(problems) > 0:
		return failed("a service says that it is not ready", problems...)
	case len(services) == 0:
		return notHere("no service has a readiness probe by HTTP")
	case len(answers) == 0:
		return notChecked("no pod could be asked through the API server")
	}
	return passed("%s", strings.Join(answers, ", "))
}

// probe asks one pod; the code is 0 where it could not be asked.
func (e *examination) probe(ctx context.Context, service *spec.Service, pod string) (int, *Problem) {
	asked := service.Health.Ready.HTTP.Path
	code, text := e.ask(ctx, service, pod, asked)
	if code >= 400 {
		return code, notReady(service, pod, asked, code, text, "its pods are taken out of its Service: nobody reaches it")
	}
	if path, query, _ := strings.Cut(asked, "?"); query != "" && code > 0 {
		if whole, told := e.ask(ctx, service, pod, path); whole >= 500 {
			return code, notReady(service, pod, path, whole, told,
				fmt.Sprintf("its probe asks %s and keeps it in its Service, but part of it does not work", asked))
		}
	}
	return code, nil
}

func (e *examination) ask(ctx context.Context, s *spec.Service, pod, path string) (int, string) {
	probe := s.Health.Ready.HTTP
	port := strconv.Itoa(int(s.Ports[probe.Port].Container))
	return diagnose.GetFromPod(ctx, e.client, e.Project.Namespace, pod, strings.ToLower(probe.Scheme), port, path)
}

func notReady(s *spec.Service, pod, path string, code int, text, why string) *Problem {
	var mask *diagnose.Mask
	return &Problem{
		Saw: fmt.Sprintf("pod %s answers GET %s with %d: %s", pod, path, code, mask.Text(orElse(text, "nothing"))),
		Why: why,
		Fix: "factory logs " + strings.Join(append([]string{s.Name}, s.Needs...), " ") + " --tail 20",
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
