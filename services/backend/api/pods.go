package api

import "net/http"

type podBody struct {
	Name   string `json:"name"`
	PodID  string `json:"podId"`
	Status string `json:"status"`
	Node   string `json:"node"`
	Age    string `json:"age"`
}

func (a *API) pods(*http.Request) (any, error) {
	pods, err := a.Cluster.Pods()
	if err != nil {
		return nil, err
	}
	now := a.Now()
	body := make([]podBody, 0, len(pods))
	for _, p := range pods {
		body = append(body, podBody{Name: p.Name, PodID: p.ID, Status: p.Status, Node: p.Node, Age: age(p.Created, now)})
	}
	return body, nil
}
