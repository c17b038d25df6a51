package deploy_test

import (
	"path/filepath"
	"regexp"
	"testing"

	"github.com/helm-chart-factory/factory/factory/disktest"
)

// The evidence of a failed deploy is shown when there is no room to keep it, and no half of it is left.
func TestAFullDiskLosesTheEvidencesFileAndNothingElse(t *testing.T) {
	disk := disktest.Small(t, 1<<20)
	p := newProject(t)
	t.Setenv("FACTORY_HOME", filepath.Join(disk, "home"))
	if err := disktest.Fill(disk, 0); err != nil {
		t.Fatal(err)
	}
	p.write("services/web/service.yaml", "port: 8080\nimage: example.invalid/web:1\nreplicas: 1\n")
	p.run(0, "sync")
	said := p.run(1, "deploy", "--timeout", "2s")
	p.want(said, "not ready after 2s")
	p.want(said, "\ndeployment/web\n")
	full := regexp.MustCompile(`\nnot saved: saving evidence: write ` + regexp.QuoteMeta(disk) + `\S+: no space left on device\n`)
	if !full.MatchString(said) {
		t.Errorf("no %s in\n%s", full, said)
	}
	kept, err := filepath.Glob(filepath.Join(disk, "home", "evidence", "shop", "*"))
	hidden, _ := filepath.Glob(filepath.Join(disk, "home", "evidence", "shop", ".writing*"))
	if err != nil || len(kept)+len(hidden) != 0 {
		t.Errorf("%v: left %v %v", err, kept, hidden)
	}
	if err := disktest.Free(disk); err != nil {
		t.Fatal(err)
	}
	p.service("1")
	p.want(p.run(0, "deploy"), "is running")
}
