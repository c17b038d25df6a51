package api

import "net/http"

type statsBody struct {
	Namespace        string `json:"namespace"`
	TotalDeployments int    `json:"totalDeployments"`
	TotalPods        int    `json:"totalPods"`
	RunningPods      int    `json:"runningPods"`
	PendingPods      int    `json:"pendingPods"`
}

// stats counts pods by phase, not by the status shown: a pod in CrashLoopBackOff is in phase Running.
func (a *API) stats(*http.Request) (any, error) {
	deployments, err := a.Cluster.Deployments()
	if err != nil {
		return nil, err
	}
	pods, err := a.Cluster.Pods()
	if err != nil {
		return nil, err
	}
	body := statsBody{Namespace: a.Namespace, TotalDeployments: len(deployments), TotalPods: len(pods)}
	for _, pod := range pods {
		switch pod.Phase {
		case "Running":
			body.RunningPods++
		case "Pending":
			body.PendingPods++
		}
	}
	return body, nil
}
