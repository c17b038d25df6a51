// Package postgres keeps the last state in which each pod was seen, in a PostgreSQL database that may come and go.
package postgres

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/helm-chart-factory/factory/services/backend/api"
)

// Options says which database to use. All fields are required.
type Options struct {
	Host     string // a name, an address, or the directory of a unix socket
	Port     int
	Name     string
	User     string
	Password string
	SSLMode  string // libpq's words: disable, prefer, require, verify-full and so on
	// Retention is how long a pod that is gone stays in the history.
	Retention time.Duration
}

// Store is the pool of connections. It implements api.History.
type Store struct {
	options Options
	pool    *pgxpool.Pool
	log     *slog.Logger
	// migrated is true while the schema is known to be there; schemaLost asks Run to make it again, schemaMade says that
	// Run has.
	migrated   atomic.Bool
	schemaLost chan struct{}
	schemaMade chan struct{}
	lastError  atomic.Pointer[error]
}

// Open prepares the pool without connecting, so it succeeds while the database is down. It fails only when the options
// cannot be understood.
func Open(o Options, log *slog.Logger, registry prometheus.Registerer) (*Store, error) {
	config, err := pgxpool.ParseConfig(connString(o))
	if err != nil {
		return nil, fmt.Errorf("the database's host, name, user or sslmode %q: %w", o.SSLMode, err)
	}
	config.MaxConns = 8
	config.MaxConnLifetime = 30 * time.Minute
	config.MaxConnIdleTime = 5 * time.Minute
	config.HealthCheckPeriod = 15 * time.Second
	config.ConnConfig.ConnectTimeout = 5 * time.Second
	config.ConnConfig.RuntimeParams["application_name"] = "helm-chart-factory-backend"
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		return nil, fmt.Errorf("making the database's pool: %w", err)
	}
	s := &Store{options: o, pool: pool, log: log, schemaLost: make(chan struct{}, 1), schemaMade: make(chan struct{}, 1)}
	if err := s.register(registry); err != nil {
		pool.Close()
		return nil, err
	}
	return s, nil
}

// connString quotes each value, so that a password may hold anything.
func connString(o Options) string {
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	var text strings.Builder
	for _, pair := range [][2]string{
		{"host", o.Host}, {"port", strconv.Itoa(o.Port)}, {"dbname", o.Name}, {"user", o.User},
		{"password", o.Password}, {"sslmode", o.SSLMode},
	} {
		fmt.Fprintf(&text, "%s='%s' ", pair[0], quote.Replace(pair[1]))
	}
	return text.String()
}

// Close ends all connections. It blocks until those in use have been given back.
func (s *Store) Close() { s.pool.Close() }

// Ready implements api.History: the schema is there and the database answers now.
func (s *Store) Ready(ctx context.Context) error {
	if !s.migrated.Load() {
		if last := s.lastError.Load(); last != nil {
			return unavailable(*last)
		}
		return &api.Error{Code: api.DatabaseUnavailable, Message: "database: not connected yet"}
	}
	if err := s.pool.Ping(ctx); err != nil {
		return unavailable(err)
	}
	return nil
}

// register exposes the pool's state to Prometheus.
func (s *Store) register(registry prometheus.Registerer) error {
	gauge := func(name, help string, value func(*pgxpool.Stat) float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help},
			func() float64 { return value(s.pool.Stat()) })
	}
	for _, collector := range []prometheus.Collector{
		gauge("backend_database_connections", "Connections in the pool.",
			func(p *pgxpool.Stat) float64 { return float64(p.TotalConns()) }),
		gauge("backend_database_connections_in_use", "Connections of the pool that are in use.",
			func(p *pgxpool.Stat) float64 { return float64(p.AcquiredConns()) }),
		gauge("backend_database_schema_ready", "1 while the schema is known to be there.",
			func(*pgxpool.Stat) float64 {
				if s.migrated.Load() {
					return 1
				}
				return 0
			}),
	} {
		if err := registry.Register(collector); err != nil {
			return fmt.Errorf("registering metrics: %w", err)
		}
	}
	return nil
}
