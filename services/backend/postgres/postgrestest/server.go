// Package postgrestest gives tests a real PostgreSQL 15 that they may stop and start.
package postgrestest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	programs = "/usr/lib/postgresql/15/bin"
	// Password opens every Server. It holds what a connection string would have to quote.
	Password = `a 'quoted' p\ssword`
	nobody   = 65534 // postgres refuses to run as root
)

// Server is a database server on a loopback port.
type Server struct {
	Port int
	data string
	log  string
	run  *exec.Cmd
}

// Start makes an empty server and stops it when the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	if _, err := os.Stat(filepath.Join(programs, "initdb")); err != nil {
		t.Fatalf("this test runs a real Postgres 15: apt-get install -y postgresql-15 (%v)", err)
	}
	directory, err := os.MkdirTemp("", "postgrestest-")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(directory) })
	password := filepath.Join(directory, "password")
	must(t, os.WriteFile(password, []byte(Password), 0o600))
	if os.Getuid() == 0 {
		must(t, os.Chown(directory, nobody, nobody))
		must(t, os.Chown(password, nobody, nobody))
	}
	s := &Server{Port: freePort(t), data: filepath.Join(directory, "data"), log: filepath.Join(directory, "log")}
	initdb := unprivileged("initdb", "-D", s.data, "-U", "postgres", "--pwfile", password, "--auth", "scram-sha-256",
		"--locale", "C.UTF-8", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	s.Resume(t)
	t.Cleanup(func() { s.Stop(t) })
	return s
}

// Resume starts a stopped server again, with what it held, and waits until it answers.
func (s *Server) Resume(t testing.TB) {
	t.Helper()
	s.run = unprivileged("postgres", "-D", s.data, "-p", fmt.Sprint(s.Port), "-c", "listen_addresses=127.0.0.1",
		"-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=100")
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	must(t, err)
	defer log.Close()
	s.run.Stdout, s.run.Stderr = log, log
	must(t, s.run.Start())
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if session, err := s.connect("postgres"); err == nil {
			_ = session.Close(context.Background())
			return
		} else if time.Now().After(deadline) {
			text, _ := os.ReadFile(s.log)
			t.Fatalf("postgres does not answer: %v\n%s", err, text)
		}
	}
}

// Stop ends the server and every session, at once but cleanly.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if s.run == nil {
		return
	}
	must(t, s.run.Process.Signal(syscall.SIGINT))
	if err := s.run.Wait(); err != nil {
		t.Errorf("postgres ended badly: %v", err)
	}
	s.run = nil
}

// Database makes an empty database.
func (s *Server) Database(t testing.TB, name string) {
	t.Helper()
	s.Exec(t, "postgres", "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
}

// Exec runs statements in a database.
func (s *Server) Exec(t testing.TB, database, statements string) {
	t.Helper()
	session, err := s.connect(database)
	must(t, err)
	defer session.Close(context.Background())
	if _, err := session.Exec(context.Background(), statements); err != nil {
		t.Fatalf("%s: %v", statements, err)
	}
}

// Rows returns what a query of one text column gives in a database.
func (s *Server) Rows(t testing.TB, database, query string, args ...any) []string {
	t.Helper()
	session, err := s.connect(database)
	must(t, err)
	defer session.Close(context.Background())
	rows, err := session.Query(context.Background(), query, args...)
	must(t, err)
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return found
}

func (s *Server) connect(database string) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(fmt.Sprintf("host=127.0.0.1 port=%d user=postgres dbname=%s sslmode=disable connect_timeout=5", s.Port, database))
	if err != nil {
		return nil, err
	}
	config.Password = Password
	return pgx.ConnectConfig(context.Background(), config)
}

// unprivileged is a program of Postgres, run by another user when this one is root.
func unprivileged(program string, args ...string) *exec.Cmd {
	command := exec.Command(filepath.Join(programs, program), args...)
	command.Dir = "/"
	if os.Getuid() == 0 {
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	return command
}

func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
