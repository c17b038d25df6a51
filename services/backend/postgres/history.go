package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/helm-chart-factory/factory/services/backend/api"
)

// Recent implements api.History.
func (s *Store) Recent(ctx context.Context, limit int) ([]api.Observation, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT pod_name, pod_id, status, coalesce(node_name, ''), coalesce(timestamp, 'epoch')
		FROM pod_metrics
		ORDER BY timestamp DESC NULLS LAST, id DESC
		LIMIT $1`, limit)
	if err != nil {
		return nil, s.failed("reading the history", err)
	}
	observations, err := pgx.CollectRows(rows, pgx.RowToStructByPos[api.Observation])
	if err != nil {
		return nil, s.failed("reading the history", err)
	}
	return observations, nil
}

// failed wraps what went wrong in a query; all of it counts as an unavailable database, for the queries are fixed.
func (s *Store) failed(doing string, err error) error {
	s.noteLostSchema(err)
	return unavailable(fmt.Errorf("%s: %w", doing, err))
}
