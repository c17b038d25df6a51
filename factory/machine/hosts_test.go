package machine_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helm-chart-factory/factory/factory/machine"
)

const someonesHosts = "127.0.0.1 localhost\n10.1.2.3 intranet # keep me\n"

func writeHosts(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func readFile(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestNameHostReplacesItsOwnLineAndForgetsOnlyThat(t *testing.T) {
	file := writeHosts(t, someonesHosts)
	for i, address := range []string{"10.0.0.1", "10.0.0.2", "10.0.0.2"} {
		if added, err := machine.NameHost(file, "mine", "frontend.local", address); err != nil || added != (i < 2) {
			t.Fatal(added, err)
		}
	}
	if got, want := readFile(t, file), someonesHosts+"10.0.0.2 frontend.local # factory up mine\n"; got != want {
		t.Errorf("hosts:\n%s\nwant:\n%s", got, want)
	}
	if err := machine.ForgetHosts(file, "mine", "frontend.local", "intranet"); err != nil {
		t.Fatal(err)
	}
	if got := readFile(t, file); got != someonesHosts {
		t.Errorf("after ForgetHosts:\n%s\nwant:\n%s", got, someonesHosts)
	}
}

func TestOneStackGoesAndTheOtherKeepsItsName(t *testing.T) {
	file := writeHosts(t, someonesHosts)
	for _, stack := range []string{"one", "two"} {
		if added, err := machine.NameHost(file, stack, "frontend.local", "127.0.0.1"); err != nil || !added {
			t.Fatal(added, err)
		}
	}
	if err := machine.ForgetHosts(file, "two", "frontend.local"); err != nil {
		t.Fatal(err)
	}
	if got, want := readFile(t, file), someonesHosts+"127.0.0.1 frontend.local # factory up one\n"; got != want {
		t.Errorf("hosts:\n%s\nwant:\n%s", got, want)
	}
	_, err := machine.NameHost(file, "two", "frontend.local", "10.0.0.2")
	if err == nil || !strings.Contains(err.Error(), `already says "127.0.0.1 frontend.local # factory up one"`) {
		t.Errorf("error = %v", err)
	}
}

func TestNameHostLeavesSomeoneElsesLineAlone(t *testing.T) {
	content := someonesHosts + "192.0.2.7 frontend.local"
	file := writeHosts(t, content)
	if added, err := machine.NameHost(file, "mine", "frontend.local", "192.0.2.7"); err != nil || added {
		t.Errorf("added %v, %v: want what is there already", added, err)
	}
	_, err := machine.NameHost(file, "mine", "frontend.local", "10.0.0.2")
	if err == nil || !strings.Contains(err.Error(), `already says "192.0.2.7 frontend.local"`) {
		t.Errorf("error = %v", err)
	}
	if got := readFile(t, file); got != content {
		t.Errorf("the file changed:\n%s", got)
	}
}
