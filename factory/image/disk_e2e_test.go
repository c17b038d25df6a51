//go:build e2e

package image_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/helm-chart-factory/factory/factory/disktest"
	"github.com/helm-chart-factory/factory/factory/image"
)

func TestAFullDiskOfTheRegistryIsNamed(t *testing.T) {
	disk := disktest.Small(t, 256<<10)
	m := newMachineWith(t, "FROM scratch\nCOPY data /data\n", disk)
	m.put(t, "data", strings.Repeat("x", 1<<20))
	if err := disktest.Fill(disk, 0); err != nil {
		t.Fatal(err)
	}
	_, err := m.build(t.Context())
	if err == nil || !strings.Contains(err.Error(), "no space left on device") || !strings.Contains(err.Error(), disk) {
		t.Errorf("it ended with %v", err)
	}
	if _, err := image.Digest(t.Context(), m.options.Services[0].Ref); err == nil {
		t.Error("an image is there")
	}
	if err := disktest.Free(disk); err != nil {
		t.Fatal(err)
	}
	m.mustBuild(t)
}

func TestAFullDiskOfTheCacheIsNamed(t *testing.T) {
	disk := disktest.Small(t, 1<<20)
	m := newMachine(t, "FROM scratch\nCOPY data /data\n")
	m.put(t, "data", "one")
	m.options.Cache = filepath.Join(disk, "cache")
	if err := disktest.Fill(disk, 0); err != nil {
		t.Fatal(err)
	}
	_, err := m.build(t.Context())
	if err == nil || !strings.Contains(err.Error(), "no space left on device") || !strings.Contains(err.Error(), disk) {
		t.Errorf("it ended with %v", err)
	}
	if err := disktest.Free(disk); err != nil {
		t.Fatal(err)
	}
	m.mustBuild(t)
	if again := m.mustBuild(t); again.Built {
		t.Errorf("%+v: want what was built", again)
	}
}
