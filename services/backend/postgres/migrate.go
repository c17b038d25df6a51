package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	migrateTimeout  = 2 * time.Minute
	migrateFirstTry = time.Second
	migrateLastTry  = 3 * time.Second
)

// Run brings the schema up to date as soon as the database can be reached, and again whenever it turns out to be gone
// (an empty database in the old one's place). It returns when ctx ends.
func (s *Store) Run(ctx context.Context) {
	delay := migrateFirstTry
	for {
		err := s.migrate(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			delay = migrateFirstTry
			s.migrated.Store(true)
			s.log.Info("database schema is up to date")
			signal(s.schemaMade)
			select {
			case <-ctx.Done():
				return
			case <-s.schemaLost:
				s.log.Warn("database schema is gone, making it again")
			}
			continue
		}
		s.lastError.Store(&err)
		s.log.Warn("database is not usable yet", "error", err.Error(), "nextTrySeconds", delay.Seconds())
		select {
		case <-ctx.Done():
			return
		case <-time.After(delay):
		}
		delay = min(2*delay, migrateLastTry)
	}
}

// migrate holds an advisory lock while it works, so replicas that start together take turns. The lock ends with its
// connection: a replica that dies keeps nobody out.
func (s *Store) migrate(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, migrateTimeout)
	defer cancel()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("opening migrations: %w", err)
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, uint64(migrateTimeout/time.Second)))
	if err != nil {
		return fmt.Errorf("preparing the migrations' lock: %w", err)
	}
	db := stdlib.OpenDBFromPool(s.pool)
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker),
		goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("reading migrations: %w", err)
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrating: %w", err)
	}
	for _, r := range results {
		s.log.Info("database migrated", "migration", r.Source.Path, "milliseconds", r.Duration.Milliseconds())
	}
	return nil
}

// noteLostSchema wakes Run when err says that the table is missing.
func (s *Store) noteLostSchema(err error) {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != undefinedTable {
		return
	}
	s.migrated.Store(false)
	s.lastError.Store(&err)
	signal(s.schemaLost)
}

// signal wakes the one who waits on c, or whoever will.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // a signal is waiting there already
	}
}
