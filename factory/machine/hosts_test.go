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
	for _, address := range []string{"10.0.0.1", "10.0.0.2", "10.0.0.2"} {
		if err := machine.NameHost(file, "frontend.local", address); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := readFile(t, file), someonesHosts+"10.0.0.2 frontend.local # factory up\n"; got != want {
		t.Errorf("hosts:\n%s\nwant:\n%s", got, want)
	}
	if is, err := machine.ResolvesTo(file, "frontend.local", "10.0.0.2"); err != nil || !is {
		t.Errorf("ResolvesTo = %v, %v", is, err)
	}
	if err := machine.ForgetHosts(file, "frontend.local", "intranet"); err != nil {
		t.Fatal(err)
	}
	if got := readFile(t, file); got != someonesHosts {
		t.Errorf("after ForgetHosts:\n%s\nwant:\n%s", got, someonesHosts)
	}
}

func TestNameHostLeavesSomeoneElsesLineAlone(t *testing.T) {
	content := someonesHosts + "192.0.2.7 frontend.local"
	file := writeHosts(t, content)
	err := machine.NameHost(file, "frontend.local", "10.0.0.2")
	if err == nil || !strings.Contains(err.Error(), `already says "192.0.2.7 frontend.local"`) {
		t.Errorf("error = %v", err)
	}
	if got := readFile(t, file); got != content {
		t.Errorf("the file changed:\n%s", got)
	}
}
