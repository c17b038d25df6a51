package spec

import (
	"slices"
	"strings"
)

// foreign are the words of Kubernetes, Compose and Helm charts for keys that a spec calls otherwise, where no likeness tells.
var foreign = map[string]string{
	"autoscaling":                   "autoscale",
	"containers":                    "sidecars",
	"dependsOn":                     "needs",
	"depends_on":                    "needs",
	"entrypoint":                    "command",
	"environment":                   "env",
	"failureThreshold":              "failures",
	"healthcheck":                   "health",
	"httpGet":                       "http",
	"imagePullSecrets":              "pullSecrets",
	"initContainers":                "init",
	"initialDelaySeconds":           "delay",
	"livenessProbe":                 "health.live",
	"periodSeconds":                 "period",
	"podDisruptionBudget":           "budget",
	"priorityClassName":             "priority",
	"readinessProbe":                "health.ready",
	"replicaCount":                  "replicas",
	"securityContext":               "security",
	"serviceAccount":                "account",
	"serviceAccountName":            "account",
	"startupProbe":                  "health.startup",
	"stop_grace_period":             "gracePeriod",
	"successThreshold":              "successes",
	"tcpSocket":                     "tcp",
	"terminationGracePeriodSeconds": "gracePeriod",
	"timeoutSeconds":                "timeout",
	"topologySpreadConstraints":     "spread",
	"volumeMounts":                  "volumes",
}

// instead ends a message about an unknown key with what to write.
func instead(key string, known []string) string {
	own := foreign[key]
	if first, _, _ := strings.Cut(own, "."); own != "" && slices.Contains(known, first) {
		return `here it is called "` + own + `"`
	}
	return didYouMean(key, known)
}
