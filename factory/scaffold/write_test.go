package scaffold

import (
	"os"
	"path/filepath"
	"testing"
)

// TestNothingIsLeftBehind lets a file come between the look at what is there and the move into place.
func TestNothingIsLeftBehind(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "factory.yaml"), []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	m := &move{dir: dir}
	files := []file{{"services/web/service.yaml", nil}, {"services/web/deep/x", nil}, {".gitignore", nil}, {"factory.yaml", []byte("ours")}}
	if err := m.run(files); err == nil {
		t.Fatal("a file was replaced")
	}
	if err := m.takeBack(); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("left: %v %v", left, err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "factory.yaml")); err != nil || string(text) != "mine" {
		t.Errorf("factory.yaml: %q %v", text, err)
	}
}

// TestFolderThatWasMadeGoes begins in a folder that does not exist, and fails.
func TestFolderThatWasMadeGoes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	m := &move{dir: dir}
	if err := m.run([]file{{"x", nil}, {"x/y", nil}}); err == nil {
		t.Fatal("a file became a folder")
	}
	if err := m.takeBack(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Dir(dir)); !os.IsNotExist(err) {
		t.Errorf("a stays: %v", err)
	}
}

func TestProjectName(t *testing.T) {
	for folder, want := range map[string]string{"shop": "shop", "My Shop": "my-shop", "42": "platform", "/": "platform", "2-x-": "x", "日本": "platform", "a_b": "a-b"} {
		if got := projectName(folder); got != want {
			t.Errorf("%q: got %q, want %q", folder, got, want)
		}
	}
}
