package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/helm-chart-factory/factory/services/backend/postgres"
)

// settings is everything that the environment decides.
type settings struct {
	port       int
	namespace  string
	kubeconfig string
	// drain is how long the server goes on answering after it has said that it is not ready, so that proxies which
	// still hold its address notice first.
	drain    time.Duration
	database postgres.Options
}

// readSettings reads the environment through getenv. An empty variable counts as unset. The error names every bad
// variable at once.
func readSettings(getenv func(string) string) (settings, error) {
	env := environment{getenv: getenv}
	drain := "0s"
	if getenv("KUBERNETES_SERVICE_HOST") != "" {
		drain = "3s"
	}
	s := settings{
		port:       env.port("PORT", "8080"),
		namespace:  env.text("NAMESPACE", "platform"),
		kubeconfig: getenv("KUBECONFIG"),
		drain:      env.duration("DRAIN_DELAY", drain),
		database: postgres.Options{
			Host:      env.text("DB_HOST", "database"),
			Port:      env.port("DB_PORT", "5432"),
			Name:      env.text("DB_NAME", "k8s_metrics"),
			User:      env.text("DB_USER", "postgres"),
			Password:  env.text("DB_PASSWORD", "postgres"),
			SSLMode:   env.text("DB_SSLMODE", "prefer"),
			Retention: env.duration("HISTORY_RETENTION", "168h"),
		},
	}
	return s, errors.Join(env.problems...)
}

// environment reads variables and collects what is wrong with them.
type environment struct {
	getenv   func(string) string
	problems []error
}

func (e *environment) text(name, fallback string) string {
	if value := e.getenv(name); value != "" {
		return value
	}
	return fallback
}

func (e *environment) port(name, fallback string) int {
	value := e.text(name, fallback)
	port, err := strconv.Atoi(value)
	if err != nil || port < 1 || port > 65535 {
		e.problems = append(e.problems, fmt.Errorf("%s is %q: want a port number from 1 to 65535", name, value))
	}
	return port
}

func (e *environment) duration(name, fallback string) time.Duration {
	value := e.text(name, fallback)
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 {
		e.problems = append(e.problems, fmt.Errorf("%s is %q: want a duration such as 30s or 168h", name, value))
	}
	return d
}
