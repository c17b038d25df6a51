package diagnose

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"
)

// answerLetters bounds what is shown of a probe's response.
const answerLetters = 300

// probe is an HTTP probe that fails. The node reports the status code; the response itself says more.
type probe struct {
	scheme, port, path string
}

// probeOf returns the HTTP probe that a node's message speaks of, or nil for other kinds of probes.
func probeOf(pod *corev1.Pod, container, message string) *probe {
	for i := range pod.Spec.Containers {
		c := &pod.Spec.Containers[i]
		if c.Name != container {
			continue
		}
		asked := c.ReadinessProbe
		switch {
		case strings.HasPrefix(message, "Liveness"):
			asked = c.LivenessProbe
		case strings.HasPrefix(message, "Startup"):
			asked = c.StartupProbe
		}
		if asked == nil || asked.HTTPGet == nil || !strings.Contains(message, "statuscode") {
			return nil
		}
		get := asked.HTTPGet
		return &probe{scheme: strings.ToLower(string(get.Scheme)), port: portOf(c, get.Port), path: get.Path}
	}
	return nil
}

func portOf(c *corev1.Container, port intstr.IntOrString) string {
	for _, named := range c.Ports {
		if port.Type == intstr.String && named.Name == port.StrVal {
			return strconv.Itoa(int(named.ContainerPort))
		}
	}
	return port.String()
}

// answer asks the pod what the node asked it.
func (p *probe) answer(ctx context.Context, client kubernetes.Interface, finding Finding) []string {
	code, text := GetFromPod(ctx, client, finding.Namespace, finding.Pod, p.scheme, p.port, p.path)
	if code == 0 || text == "" {
		return nil
	}
	return []string{fmt.Sprintf("GET %s on port %s answers %d: %s", p.path, p.port, code, text)}
}

// GetFromPod sends a GET for a path, with its query, to a port of a pod through the API server. It returns the status code
// and the beginning of what the pod answered; the code is 0 where the pod was not reached or one may not ask.
func GetFromPod(ctx context.Context, client kubernetes.Interface, namespace, pod, scheme, port, path string) (code int, text string) {
	request := client.CoreV1().RESTClient().Get().Namespace(namespace).Resource("pods").SubResource("proxy").
		Name(scheme + ":" + pod + ":" + port).MaxRetries(0)
	path, query, _ := strings.Cut(path, "?")
	if values, err := url.ParseQuery(query); err == nil {
		for name, all := range values {
			for _, value := range all {
				request.Param(name, value)
			}
		}
	}
	result := request.Suffix(path).Do(ctx).StatusCode(&code)
	body, err := result.Raw()
	if status := statusError(err); status != nil && len(body) == 0 {
		code = int(status.Status().Code)
		if details := status.Status().Details; details != nil && len(details.Causes) > 0 {
			body = []byte(details.Causes[0].Message)
		}
	}
	text = strings.TrimSpace(string(body))
	if strings.HasPrefix(text, `{"kind":"Status"`) {
		return 0, "" // the API server speaks for itself
	}
	if letters := []rune(text); len(letters) > answerLetters {
		text = string(letters[:answerLetters]) + "…"
	}
	return code, text
}
