package postgres

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/helm-chart-factory/factory/services/backend/api"
)

// mostRows bounds the table however many pods come and go within the retention.
const mostRows = 50_000

// ended are the statuses that a pod which is gone may keep in the history.
func ended() []string {
	return []string{"Terminated", "Completed", "Error", "OOMKilled", "Evicted", "DeadlineExceeded"}
}

// record writes each observation whose status or node differs from what is stored, in one statement, and returns how
// many that were. At most one observation a pod may be given.
//
// Unchanged rows are left out before the INSERT and not by its ON CONFLICT, which would take a number from the 32-bit id
// sequence for every one of them. Sorting by id makes two replicas lock rows in the same order, so they cannot deadlock.
func (s *Store) record(ctx context.Context, observations []api.Observation) (int64, error) {
	sorted := slices.SortedFunc(slices.Values(observations), func(a, b api.Observation) int {
		return cmp.Compare(a.PodID, b.PodID)
	})
	names, ids, statuses, nodes := make([]string, 0, len(sorted)), make([]string, 0, len(sorted)),
		make([]string, 0, len(sorted)), make([]string, 0, len(sorted))
	times := make([]time.Time, 0, len(sorted))
	for _, o := range sorted {
		names, ids, nodes = append(names, o.PodName), append(ids, o.PodID), append(nodes, o.Node)
		statuses, times = append(statuses, o.Status), append(times, o.Timestamp.UTC())
	}
	tag, err := s.pool.Exec(ctx, `
		INSERT INTO pod_metrics AS stored (pod_name, pod_id, status, node_name, timestamp)
		SELECT seen.pod_name, seen.pod_id, left(seen.status, 50), nullif(seen.node_name, ''), seen.timestamp
		FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamp[])
			WITH ORDINALITY AS seen (pod_name, pod_id, status, node_name, timestamp, place)
		WHERE NOT EXISTS (
			SELECT FROM pod_metrics same
			WHERE same.pod_id = seen.pod_id AND same.status = left(seen.status, 50)
				AND same.node_name IS NOT DISTINCT FROM nullif(seen.node_name, ''))
		ORDER BY seen.place
		ON CONFLICT (pod_id) DO UPDATE
		SET status = excluded.status, node_name = excluded.node_name, timestamp = excluded.timestamp
		WHERE (stored.status, stored.node_name) IS DISTINCT FROM (excluded.status, excluded.node_name)`,
		names, ids, statuses, nodes, times)
	if err != nil {
		return 0, s.failed("recording pods", err)
	}
	return tag.RowsAffected(), nil
}

// missing returns stored pods, at most limit, that are neither among the living nor marked as ended.
func (s *Store) missing(ctx context.Context, living []string, limit int) ([]api.Observation, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT pod_name, pod_id, status, coalesce(node_name, ''), coalesce(timestamp, 'epoch')
		FROM pod_metrics
		WHERE pod_id <> ALL ($1) AND status <> ALL ($2)
		ORDER BY timestamp
		LIMIT $3`, living, ended(), limit)
	if err != nil {
		return nil, s.failed("looking for pods that are gone", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[api.Observation])
	if err != nil {
		return nil, s.failed("looking for pods that are gone", err)
	}
	return found, nil
}

// prune removes pods that are not among the living and were last seen before the retention, then the oldest of what is
// more than keep rows. It returns how many rows went.
func (s *Store) prune(ctx context.Context, living []string, now time.Time, keep int) (int64, error) {
	tag, err := s.pool.Exec(ctx, `
		DELETE FROM pod_metrics
		WHERE pod_id <> ALL ($1) AND (timestamp < $2 OR id IN (
			SELECT id FROM pod_metrics WHERE pod_id <> ALL ($1) ORDER BY timestamp DESC NULLS LAST, id DESC OFFSET $3))`,
		living, now.Add(-s.options.Retention).UTC(), max(keep-len(living), 0))
	if err != nil {
		return 0, s.failed("pruning the history", err)
	}
	return tag.RowsAffected(), nil
}
