package postgres

import (
	"context"
	"errors"
	"net"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/helm-chart-factory/factory/services/backend/api"
)

// SQLSTATE codes that have a reason worth telling apart.
const (
	undefinedTable    = "42P01"
	noPrivilege       = "42501"
	badPassword       = "28P01"
	notAuthorized     = "28000"
	noSuchDatabase    = "3D000"
	tooManyClients    = "53300"
	startingUp        = "57P03"
	adminShutdown     = "57P01"
	readOnlyStatement = "25006"
)

// unavailable says why the database is of no use, in words that name neither host, user nor query.
func unavailable(err error) error {
	return &api.Error{Code: api.DatabaseUnavailable, Message: "database: " + reason(err), Cause: err}
}

func reason(err error) string {
	var refused *pgconn.PgError
	var lookup *net.DNSError
	var network net.Error
	switch {
	case errors.As(err, &refused):
		return sqlReason(refused.Code)
	case errors.As(err, &lookup):
		return "its host name cannot be resolved (DB_HOST)"
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOENT):
		return "the connection is refused: it is down, or DB_HOST and DB_PORT point elsewhere"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return "it does not answer in time"
	default:
		return "it cannot be reached"
	}
}

func sqlReason(code string) string {
	switch code {
	case badPassword, notAuthorized:
		return "it refuses the user or the password (DB_USER, DB_PASSWORD)"
	case noSuchDatabase:
		return "it has no database of that name (DB_NAME)"
	case noPrivilege:
		return "the user lacks the privilege to create or use the table"
	case undefinedTable:
		return "the table is missing and is being made"
	case tooManyClients:
		return "it has no connection left"
	case startingUp, adminShutdown:
		return "it is starting up or shutting down"
	case readOnlyStatement:
		return "it is read-only"
	default:
		return "it answered with error " + code
	}
}
