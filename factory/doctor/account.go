package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/spec"
)

// podsByService lists the pods of each service, by its name, that have not ended and are not about to.
func (e *examination) podsByService(ctx context.Context) (map[string][]corev1.Pod, error) {
	list, err := e.client.CoreV1().Pods(e.Project.Namespace).List(ctx, metav1.ListOptions{
		LabelSelector: instanceLabel + "=" + e.Project.Name,
		FieldSelector: "status.phase!=Succeeded,status.phase!=Failed",
	})
	if err != nil {
		return nil, err
	}
	pods := map[string][]corev1.Pod{}
	for _, pod := range list.Items {
		if name := pod.Labels[nameLabel]; pod.DeletionTimestamp == nil {
			pods[name] = append(pods[name], pod)
		}
	}
	return pods, nil
}

// standing are the services whose account and rights stay: those of a hook go when it has succeeded.
func (e *examination) standing() []*spec.Service {
	return slices.DeleteFunc(slices.Clone(e.Project.Released()), func(s *spec.Service) bool { return s.Hook != nil })
}

// serviceAccounts wants each service's account to be there and its pods to run as it, with a token where access asks for one.
func (e *examination) serviceAccounts(ctx context.Context) Verdict {
	accounts, err := e.client.CoreV1().ServiceAccounts(e.Project.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return notAllowed(err)
	}
	pods, err := e.podsByService(ctx)
	if err != nil {
		return notAllowed(err)
	}
	var problems []Problem
	total := 0
	for _, service := range e.standing() {
		account := service.AccountName()
		if !slices.ContainsFunc(accounts.Items, func(a corev1.ServiceAccount) bool { return a.Name == account }) {
			problem := Problem{
				Saw: fmt.Sprintf("namespace %s has no service account %s", e.Project.Namespace, account),
				Why: "no pod of " + service.Name + " can be made, and what its rights are bound to is gone", Fix: "factory deploy",
			}
			if !service.OwnsAccount() {
				problem.Fix = fmt.Sprintf("kubectl -n %s create serviceaccount %s", e.Project.Namespace, account)
			}
			problems = append(problems, problem)
			continue
		}
		total += len(pods[service.Name])
		problems = append(problems, e.wrongAccounts(service, pods[service.Name])...)
	}
	if len(problems) > 0 {
		return failed("a service does not run as its account", problems...)
	}
	return passed("%s", count(total, "pod"))
}

// bringBack makes the release what the specs say. A deploy writes nothing where only somebody else changed something since.
func (e *examination) bringBack() string {
	return fmt.Sprintf("factory deploy   (where that writes nothing: factory rollback %d)", e.release.Revision)
}

// wrongAccounts names the first pod of a service that runs as somebody else, and the first that lacks its token.
func (e *examination) wrongAccounts(service *spec.Service, pods []corev1.Pod) []Problem {
	var foreign, mute *Problem
	for i := range pods {
		pod := &pods[i]
		switch token := pod.Spec.AutomountServiceAccountToken; {
		case pod.Spec.ServiceAccountName != service.AccountName() && foreign == nil:
			foreign = &Problem{
				Saw: fmt.Sprintf("pod %s runs as %s, and %s is the account of %s", pod.Name, pod.Spec.ServiceAccountName, service.AccountName(), service.Name),
				Why: "the Kubernetes API gives it the rights of that account instead", Fix: e.bringBack(),
			}
		case len(service.Access) > 0 && (token == nil || !*token) && mute == nil:
			mute = &Problem{
				Saw: fmt.Sprintf("pod %s has no token of its account, and %s has access", pod.Name, service.Name),
				Why: "the Kubernetes API does not know who asks", Fix: e.bringBack(),
			}
		}
	}
	var problems []Problem
	for _, problem := range []*Problem{foreign, mute} {
		if problem != nil {
			problems = append(problems, *problem)
		}
	}
	return problems
}

// parallelReviews bounds the questions that are asked at once.
const parallelReviews = 8

// access asks the API server, for each declared rule, whether it lets the service's account do that.
func (e *examination) access(ctx context.Context) Verdict {
	var asked []review
	for _, service := range e.standing() {
		asked = append(asked, e.reviews(service)...)
	}
	if len(asked) == 0 {
		return notHere("no service has access to the Kubernetes API")
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelReviews)
	for i := range asked {
		group.Go(func() error {
			answer, err := e.client.AuthorizationV1().SubjectAccessReviews().Create(ctx, asked[i].question(), metav1.CreateOptions{})
			if err == nil {
				asked[i].allowed = answer.Status.Allowed
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return notAllowed(err)
	}
	problems := e.refused(asked)
	if len(problems) > 0 {
		return failed("a service may not do what its access says", problems...)
	}
	return passed("%s", count(len(asked), "right"))
}

// review is one verb on one resource that a service may use.
type review struct {
	service, namespace, account string
	verb, resource              string // resource as the spec writes it
	scope                       string // a namespace, or empty for the whole cluster
	allowed                     bool
}

func (e *examination) reviews(s *spec.Service) []review {
	var all []review
	for _, access := range s.Access {
		scope := e.Project.Namespace
		if access.Scope == "cluster" {
			scope = ""
		}
		for _, resource := range access.Resources {
			for _, verb := range access.Verbs {
				all = append(all, review{
					service: s.Name, namespace: e.Project.Namespace, account: s.AccountName(), verb: verb, resource: resource, scope: scope,
				})
			}
		}
	}
	return all
}

func (r review) user() string { return "system:serviceaccount:" + r.namespace + ":" + r.account }

func (r review) question() *authorizationv1.SubjectAccessReview {
	resource, sub, _ := strings.Cut(r.resource, "/")
	resource, group, _ := strings.Cut(resource, ".")
	if resource == "*" {
		group = "*"
	}
	return &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User:   r.user(),
		Groups: []string{"system:serviceaccounts", "system:serviceaccounts:" + r.namespace, "system:authenticated"},
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: r.scope, Verb: r.verb, Group: group, Resource: resource, Subresource: sub,
		},
	}}
}

// refused makes one problem of all that a service may not do.
func (e *examination) refused(asked []review) []Problem {
	var problems []Problem
	for i, r := range asked {
		if i > 0 && asked[i-1].service == r.service {
			continue
		}
		var verbs []string
		var first review
		for _, other := range asked {
			if other.service == r.service && !other.allowed {
				if len(verbs) == 0 {
					first = other
				}
				verbs = append(verbs, other.verb+" "+other.resource)
			}
		}
		if len(verbs) == 0 {
			continue
		}
		where := "-n " + first.scope
		if first.scope == "" {
			where = "--all-namespaces"
		}
		problems = append(problems, Problem{
			Saw: fmt.Sprintf("%s may not: %s", first.user(), strings.Join(verbs, ", ")),
			Why: "the Kubernetes API refuses what " + r.service + " asks for: its Role or the binding is missing or was changed",
			Fix: fmt.Sprintf("%s\nthen look: kubectl auth can-i %s %s %s --as %s", e.bringBack(), first.verb, first.resource, where, first.user()),
		})
	}
	return problems
}
