-- The schema of services/database/init.sql, for a database that init.sql has not seen. IF NOT EXISTS lets both come first.

-- +goose Up
CREATE TABLE IF NOT EXISTS pod_metrics (
    id SERIAL PRIMARY KEY,
    pod_name VARCHAR(255) NOT NULL,
    pod_id VARCHAR(255) UNIQUE NOT NULL,
    status VARCHAR(50) NOT NULL,
    node_name VARCHAR(255),
    timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

-- UNIQUE has made the index on pod_id.
CREATE INDEX IF NOT EXISTS pod_metrics_timestamp_idx ON pod_metrics (timestamp DESC);
CREATE INDEX IF NOT EXISTS pod_metrics_pod_name_idx ON pod_metrics (pod_name);

-- A view has no IF NOT EXISTS, and OR REPLACE refuses a view whose columns somebody has changed.
-- +goose StatementBegin
DO $$
BEGIN
    IF to_regclass('recent_pod_metrics') IS NULL THEN
        CREATE VIEW recent_pod_metrics AS
            SELECT pod_name, pod_id, status, node_name, timestamp
            FROM pod_metrics
            ORDER BY timestamp DESC
            LIMIT 100;
    END IF;
END
$$;
-- +goose StatementEnd
