package main

import (
	"strings"
	"testing"
	"time"

	"github.com/helm-chart-factory/factory/services/backend/postgres"
)

func TestSettingsWithNothingSet(t *testing.T) {
	got, err := readSettings(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	want := settings{port: 8080, namespace: "platform", database: postgres.Options{
		Host: "database", Port: 5432, Name: "k8s_metrics", User: "postgres", Password: "postgres",
		SSLMode: "prefer", Retention: 7 * 24 * time.Hour,
	}}
	if got != want {
		t.Errorf("settings\n got %+v\nwant %+v", got, want)
	}
}

func TestSettingsWithEverythingSet(t *testing.T) {
	env := map[string]string{
		"PORT": "81", "NAMESPACE": "n", "KUBECONFIG": "/k", "DRAIN_DELAY": "4s", "DB_HOST": "h", "DB_PORT": "1", "DB_NAME": "d",
		"DB_USER": "u", "DB_PASSWORD": "p", "DB_SSLMODE": "disable", "HISTORY_RETENTION": "1h30m", "KUBERNETES_SERVICE_HOST": "10.0.0.1",
	}
	got, err := readSettings(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	want := settings{port: 81, namespace: "n", kubeconfig: "/k", drain: 4 * time.Second, database: postgres.Options{
		Host: "h", Port: 1, Name: "d", User: "u", Password: "p", SSLMode: "disable", Retention: 90 * time.Minute,
	}}
	if got != want {
		t.Errorf("settings\n got %+v\nwant %+v", got, want)
	}
	delete(env, "DRAIN_DELAY")
	if got, err := readSettings(func(name string) string { return env[name] }); err != nil || got.drain != 3*time.Second {
		t.Errorf("in a cluster the drain delay is %s, %v; want 3s", got.drain, err)
	}
}

func TestBadSettingsAreNamedAtOnce(t *testing.T) {
	env := map[string]string{"PORT": "http", "DB_PORT": "tcp://10.0.0.1:5432", "DRAIN_DELAY": "5", "HISTORY_RETENTION": "-1h"}
	_, err := readSettings(func(name string) string { return env[name] })
	want := `PORT is "http": want a port number from 1 to 65535
DRAIN_DELAY is "5": want a duration such as 30s or 168h
DB_PORT is "tcp://10.0.0.1:5432": want a port number from 1 to 65535
HISTORY_RETENTION is "-1h": want a duration such as 30s or 168h`
	if err == nil || err.Error() != want {
		t.Errorf("error\n got %v\nwant %s", err, want)
	}
	for _, port := range []string{"0", "65536", "-1", " 80"} {
		env := map[string]string{"PORT": port}
		if _, err := readSettings(func(name string) string { return env[name] }); err == nil || !strings.HasPrefix(err.Error(), "PORT is ") {
			t.Errorf("port %q gives %v", port, err)
		}
	}
}
