package registry_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/helm-chart-factory/factory/factory/disktest"
	"github.com/helm-chart-factory/factory/factory/registry"
)

func TestAFullDiskRefusesThePushAndKeepsWhatIsThere(t *testing.T) {
	disk := disktest.Small(t, 2<<20)
	o := optionsIn(t, freePort(t), disk)
	setup(t, o)
	kept, digest := push(t, o.Port, "kept")
	if err := disktest.Fill(disk, 64<<10); err != nil {
		t.Fatal(err)
	}
	image, err := random.Image(128<<10, 2)
	if err != nil {
		t.Fatal(err)
	}
	lost, err := name.ParseReference(fmt.Sprintf("localhost:%d/lost:latest", o.Port))
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(lost, image); err == nil || !strings.Contains(err.Error(), disk) || !strings.Contains(err.Error(), "no space left on device") {
		t.Errorf("the push ended with %v", err)
	}
	if _, err := remote.Head(lost); err == nil {
		t.Errorf("%s is there", lost)
	}
	assertServes(t, kept, digest)
	if err := disktest.Free(disk); err != nil {
		t.Fatal(err)
	}
	assertServesPush(t, o.Port, "lost")
}

func TestAFullDiskLetsNoRegistryStart(t *testing.T) {
	disk := disktest.Small(t, 1<<20)
	o := optionsIn(t, freePort(t), disk)
	if err := disktest.Fill(disk, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := registry.Setup(t.Context(), o); err == nil || !strings.Contains(err.Error(), disk) || !strings.Contains(err.Error(), "no space left on device") {
		t.Errorf("it ended with %v", err)
	}
	if err := disktest.Free(disk); err != nil {
		t.Fatal(err)
	}
	setup(t, o)
	assertServesPush(t, o.Port, "backend")
}
