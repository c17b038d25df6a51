-- Runs once, when the volume is new. services/backend/postgres/migrations holds the same schema for databases that this
-- file has not seen; a test compares the two.

CREATE TABLE pod_metrics (
    id SERIAL PRIMARY KEY,
    pod_name VARCHAR(255) NOT NULL,
    pod_id VARCHAR(255) UNIQUE NOT NULL,
    status VARCHAR(50) NOT NULL,
    node_name VARCHAR(255),
    timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

-- UNIQUE has made the index on pod_id.
CREATE INDEX pod_metrics_timestamp_idx ON pod_metrics (timestamp DESC);
CREATE INDEX pod_metrics_pod_name_idx ON pod_metrics (pod_name);

CREATE VIEW recent_pod_metrics AS
    SELECT pod_name, pod_id, status, node_name, timestamp
    FROM pod_metrics
    ORDER BY timestamp DESC
    LIMIT 100;
