package ship_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helm-chart-factory/factory/factory/disktest"
	"github.com/helm-chart-factory/factory/factory/ship"
)

func TestPackage(t *testing.T) {
	dir, dist := synced(t, shop()), filepath.Join(t.TempDir(), "a", "dist")
	first := charts(t, ship.Request{Dir: dir, Version: "1.4.0"})
	packaged, err := ship.Package(first, dist, false)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dist, "shop-1.4.0.tgz")
	if p := packaged[0]; p.Path != file || !p.Written || p.Digest != first[0].Digest() || p.Size != len(first[0].Archive) {
		t.Errorf("got %+v", p)
	}
	if packaged, err = ship.Package(first, dist, false); err != nil || packaged[0].Written {
		t.Errorf("the same again: %+v, %v", packaged, err)
	}

	// Another chart of that version, beside one that is new: neither is written.
	put(t, file, "something else")
	both := append(charts(t, ship.Request{Dir: dir, Services: []string{"web"}, Version: "1.4.0"}), first...)
	_, err = ship.Package(both, dist, false)
	equal(t, err, "nothing was written, because another chart of that name and version is there:\n  "+file+
		" (sha256:f41f3fa625ff120ddca7ef456bf66371ecea23c129f4e4c32367101edb516cf8 there, "+first[0].Digest()+" here)\n"+
		"next: --version 1.4.1, another folder with -d DIR, or --force to replace it")
	if !isUsage(err) {
		t.Error("that is not the caller's to cure")
	}
	if left := names(t, dist); left != "shop-1.4.0.tgz" {
		t.Errorf("the folder holds %s", left)
	}
	if packaged, err = ship.Package(both, dist, true); err != nil || !packaged[0].Written || !packaged[1].Written {
		t.Errorf("with force: %+v, %v", packaged, err)
	}
	if data, err := os.ReadFile(file); err != nil || string(data) != string(first[0].Archive) {
		t.Errorf("the file is not the chart: %v", err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("the file is %v, %v", info.Mode(), err)
	}
}

// TestPackageOnAFullDisk leaves what is there as it is, and nothing else.
func TestPackageOnAFullDisk(t *testing.T) {
	dist := disktest.Small(t, 100_000)
	dir := synced(t, shop())
	old := charts(t, ship.Request{Dir: dir, Version: "1.0.0"})
	if _, err := ship.Package(old, dist, false); err != nil {
		t.Fatal(err)
	}
	if err := disktest.Fill(dist, 0); err != nil {
		t.Fatal(err)
	}
	_, err := ship.Package(charts(t, ship.Request{Dir: dir, Version: "1.0.0", AppVersion: "2"}), dist, true)
	if err == nil || !strings.HasPrefix(err.Error(), "the disk that holds "+dist+" is full, nothing was changed: make room and run this again: ") {
		t.Errorf("got %v", err)
	}
	if left := names(t, dist); left != ".filler shop-1.0.0.tgz" {
		t.Errorf("the folder holds %s", left)
	}
	if data, err := os.ReadFile(filepath.Join(dist, "shop-1.0.0.tgz")); err != nil || string(data) != string(old[0].Archive) {
		t.Errorf("the old chart is no more: %v", err)
	}
}

func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, entry := range entries {
		all = append(all, entry.Name())
	}
	return strings.Join(all, " ")
}
