package postgres

import (
	"context"

	"github.com/helm-chart-factory/factory/services/backend/api"
)

// reconcile repairs what single changes cannot: rows of pods that vanished while nobody watched, rows that a replica with
// an old view has overwritten, rows past their retention.
func (r *Recorder) reconcile(ctx context.Context, source Source) error {
	pods, err := source.Pods()
	if err != nil {
		return r.write(ctx) // Kubernetes cannot say what lives, which the watcher reports itself
	}
	living := r.rewrite(pods)
	if err := r.write(ctx); err != nil {
		return err
	}

	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	missing, err := r.store.missing(ctx, living, mostLookups)
	if err != nil {
		return err
	}
	for _, o := range missing {
		// This replica's view may be older than the row, so the API server has the last word.
		gone, err := source.Gone(ctx, o.PodName, o.PodID)
		if err != nil {
			r.log.Warn("cannot tell whether a pod is gone", "pod", o.PodName, "error", err.Error())
			break
		}
		if gone {
			o.Status, o.Timestamp = "Terminated", r.now()
			r.Observe(o)
		}
	}
	if _, err := r.store.prune(ctx, living, r.now(), mostRows); err != nil {
		return err
	}
	return nil
}

// rewrite makes every pod pending, as if nothing had ever been written, and returns their ids. What is pending already
// came from an event after the pods were read, so it is newer and stays.
func (r *Recorder) rewrite(pods []api.Pod) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.written)
	living := make([]string, 0, len(pods))
	for _, p := range pods {
		living = append(living, p.ID)
		if _, newer := r.pending[p.ID]; !newer {
			r.pending[p.ID] = api.Observation{
				PodName: p.Name, PodID: p.ID, Status: p.Status, Node: p.Node, Timestamp: r.now(),
			}
		}
	}
	return living
}
