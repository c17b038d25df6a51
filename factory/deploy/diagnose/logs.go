package diagnose

import (
	"context"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
)

const (
	logLines    = 20
	logsTimeout = 10 * time.Second
)

// AddLogs gives each finding about a container its last 20 lines, and those of the run before it where they differ. Logs that cannot be
// read are left out: they are evidence, not the matter. It takes at most ten seconds.
func AddLogs(ctx context.Context, client kubernetes.Interface, findings []Finding) {
	limited, cancel := context.WithTimeout(ctx, logsTimeout)
	defer cancel()
	for i := range findings {
		finding := &findings[i]
		if finding.Started {
			finding.Logs = tail(limited, client, finding, false)
		}
		if finding.Restarted {
			finding.Previous = tail(limited, client, finding, true)
			if slices.Equal(finding.Logs, finding.Previous) {
				finding.Previous = nil
			}
		}
	}
}

func tail(ctx context.Context, client kubernetes.Interface, finding *Finding, previous bool) []string {
	lines := int64(logLines)
	text, err := client.CoreV1().Pods(finding.Namespace).GetLogs(finding.Pod, &corev1.PodLogOptions{
		Container: finding.Container,
		Previous:  previous,
		TailLines: &lines,
	}).DoRaw(ctx)
	// The kubelet answers with a sentence of its own where the runtime has removed the log already.
	if err != nil || len(text) == 0 || strings.HasPrefix(string(text), "unable to retrieve container logs") {
		return nil
	}
	return strings.Split(strings.TrimRight(string(text), "\n"), "\n")
}
