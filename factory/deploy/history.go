package deploy

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/releaseutil"
	"helm.sh/helm/v3/pkg/storage/driver"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/metadata"

	"github.com/helm-chart-factory/factory/factory/deploy/plan"
	"github.com/helm-chart-factory/factory/factory/kube"
)

// Revision is one revision of a release, as it is stored.
type Revision struct {
	Revision int       `json:"revision"`
	At       time.Time `json:"at"`
	// Status is Helm's: deployed, superseded, failed and so on.
	Status string `json:"status"`
	// Description says how it went, in Helm's words.
	Description string `json:"description"`
	By          By     `json:"by"`
	// First is true when the revision before is not stored, so that Objects is empty for want of a comparison.
	First bool `json:"first,omitempty"`
	// Objects are those that differ from the revision before.
	Objects []plan.Object `json:"objects"`
}

// By is who made a revision. The user and the host are what factory saw on the machine that it ran on; a revision by
// another tool has the tool's name alone.
type By struct {
	User string `json:"user,omitempty"`
	Host string `json:"host,omitempty"`
	Tool string `json:"tool,omitempty"`
}

func (b By) String() string {
	switch {
	case b.User != "" && b.Host != "":
		return b.User + " on " + b.Host + " with " + b.Tool
	case b.Tool != "":
		return "somebody with " + b.Tool
	}
	return "somebody"
}

// History lists the stored revisions of a release, oldest first, with what changed in each.
func History(ctx context.Context, cluster *kube.Cluster, name, namespace string) ([]Revision, error) {
	config, err := configure(ctx, cluster, namespace, nil)
	if err != nil {
		return nil, err
	}
	stored, err := config.Releases.History(name)
	if errors.Is(err, driver.ErrReleaseNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the history of release %q: %w", name, err)
	}
	releaseutil.SortByRevision(stored)
	tools, err := toolsOf(ctx, cluster, name, namespace)
	if err != nil {
		return nil, err
	}
	var revisions []Revision
	for i, rel := range stored {
		revision := Revision{
			Revision: rel.Version, At: rel.Info.LastDeployed.Time, Status: rel.Info.Status.String(), Description: rel.Info.Description,
			By: By{Tool: tools[rel.Version]}, Objects: []plan.Object{}, First: i == 0,
		}
		if by, signed := signedBy(rel); signed {
			revision.By.User, revision.By.Host = by.User, by.Host
		}
		if i > 0 {
			if revision.Objects, err = between(stored[i-1], rel); err != nil {
				return nil, fmt.Errorf("comparing revisions %d and %d: %w", stored[i-1].Version, rel.Version, err)
			}
		}
		revisions = append(revisions, revision)
	}
	return revisions, nil
}

// between lists the objects in which the manifests of two revisions differ.
func between(before, after *release.Release) ([]plan.Object, error) {
	objects := []plan.Object{}
	if before.Manifest == after.Manifest {
		return objects, nil
	}
	old, err := parseItems(before.Manifest)
	if err != nil {
		return nil, err
	}
	fresh, err := parseItems(after.Manifest)
	if err != nil {
		return nil, err
	}
	add := func(i item, before, after map[string]any) {
		object := plan.Object{Service: i.service, Kind: i.object.GetKind(), Name: i.object.GetName(), Namespace: i.object.GetNamespace()}
		if object.Between(before, after) {
			objects = append(objects, object)
		}
	}
	was := map[objectKey]map[string]any{}
	for _, i := range old {
		was[i.key("")] = i.object.Object
	}
	for _, i := range fresh {
		add(i, was[i.key("")], i.object.Object)
		delete(was, i.key(""))
	}
	for _, i := range old {
		if _, gone := was[i.key("")]; gone {
			add(i, i.object.Object, nil)
		}
	}
	return objects, nil
}

// toolsOf names the program that made each revision: the field manager that created its Secret. Those that changed it
// later, as when it was superseded, own other fields than its type.
func toolsOf(ctx context.Context, cluster *kube.Cluster, name, namespace string) (map[int]string, error) {
	config, err := cluster.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	client, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	list, err := client.Resource(corev1.SchemeGroupVersion.WithResource("secrets")).Namespace(namespace).
		List(ctx, metav1.ListOptions{LabelSelector: "owner=helm,name=" + name})
	if err != nil {
		return nil, fmt.Errorf("reading who made the revisions of release %q: %w", name, err)
	}
	tools := map[int]string{}
	for _, secret := range list.Items {
		if revision, err := strconv.Atoi(secret.Labels["version"]); err == nil {
			tools[revision] = plan.WriterOf(secret.ManagedFields, plan.Path{{Name: "type", Index: -1}}).Manager
		}
	}
	return tools, nil
}
