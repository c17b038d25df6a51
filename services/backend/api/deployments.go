package api

import "net/http"

type deploymentBody struct {
	Name      string `json:"name"`
	Replicas  int32  `json:"replicas"`
	Ready     int32  `json:"ready"`
	Available int32  `json:"available"`
	Age       string `json:"age"`
}

func (a *API) deployments(*http.Request) (any, error) {
	deployments, err := a.Cluster.Deployments()
	if err != nil {
		return nil, err
	}
	now := a.Now()
	body := make([]deploymentBody, 0, len(deployments))
	for _, d := range deployments {
		body = append(body, deploymentBody{
			Name: d.Name, Replicas: d.Replicas, Ready: d.Ready, Available: d.Available, Age: age(d.Created, now),
		})
	}
	return body, nil
}
