package database_test

import (
	"os"
	"strings"
	"testing"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(*volume)
		env     []string
		want    string
	}{
		"another major version": {
			prepare: func(v *volume) {
				v.must(os.Mkdir(v.path("data/pgdata"), 0o755))
				v.must(os.WriteFile(v.path("data/pgdata/PG_VERSION"), []byte("14\n"), 0o644))
			},
			want: "was made by Postgres 14 and this is Postgres 15: start it with an image of 14 and dump it, or use pg_upgrade",
		},
		"somebody's files": {
			prepare: func(v *volume) {
				v.must(os.Mkdir(v.path("data/pgdata"), 0o755))
				v.must(os.WriteFile(v.path("data/pgdata/letters.txt"), nil, 0o644))
			},
			want: "is not empty and holds no database: nothing is touched there",
		},
		"a mount that cannot be written": {
			prepare: func(v *volume) { v.must(os.Chmod(v.path("data"), 0o555)) },
			want:    "mount a volume that it may write to",
		},
		"an empty password": {
			env:  []string{"POSTGRES_PASSWORD="},
			want: "the password is empty: set POSTGRES_PASSWORD, or leave it unset for the default",
		},
		"a password of two lines": {
			env:  []string{"POSTGRES_PASSWORD=one\ntwo"},
			want: "the password holds a line break",
		},
		"two passwords": {
			env:  []string{"POSTGRES_PASSWORD=one", "POSTGRES_PASSWORD_FILE=/dev/null"},
			want: "POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE are both set: set one",
		},
		"a password file that is not there": {
			env:  []string{"POSTGRES_PASSWORD_FILE=/nowhere"},
			want: "POSTGRES_PASSWORD_FILE: cannot read /nowhere",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVolume(t)
			if c.prepare != nil {
				c.prepare(v)
			}
			refused(t, v.start(c.env...), c.want)
			if _, err := os.Stat(v.path("data/pgdata.init")); err == nil {
				t.Error("an initialisation was begun")
			}
		})
	}
}

func refused(t *testing.T, s *server, want string) {
	t.Helper()
	if status := s.wait(); status != 1 {
		t.Errorf("status %d, want 1", status)
	}
	if !strings.Contains(s.output.String(), "database: error: ") || !strings.Contains(s.output.String(), want) {
		t.Errorf("the log is\n%s\nwant in it %q", s.output, want)
	}
}

// TestUsers covers what only root can arrange: other people's volumes and users without a name.
func TestUsers(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		// What holds without root is the other side of the same rule: this very user can start a server.
		newVolume(t).start().connect("postgres")
		return
	}
	t.Run("a volume of another user", func(t *testing.T) {
		t.Parallel()
		v := newVolume(t)
		first := v.start()
		first.connect("postgres")
		first.stop()
		v.must(os.Chmod(v.path("data/pgdata.lock"), 0o666))
		refused(t, v.startAs(1234), "belongs to uid 65534 and this process is uid 1234")
	})
	t.Run("a user without a name", func(t *testing.T) {
		t.Parallel()
		refused(t, newVolume(t).startAs(12345), "uid 12345 has no name in /etc/passwd")
	})
	t.Run("root hands the volume over and leaves", func(t *testing.T) {
		t.Parallel()
		v := newVolume(t)
		v.must(os.Chmod(v.path("data"), 0o755))
		first := v.start()
		first.wait() // a root-owned mount of 0755 is refused to others …
		second := v.startAs(0)
		second.connect("postgres") // … and root opens it
		info, err := os.ReadFile("/proc/" + strings.TrimSpace(firstLine(t, v.path("data/pgdata/postmaster.pid"))) + "/status")
		v.must(err)
		if strings.Contains(string(info), "Uid:\t0\t") {
			t.Error("postgres runs as root")
		}
	})
}

func firstLine(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return line
}
