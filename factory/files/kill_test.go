package files

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

var errKilled = errors.New("killed")

// mortal is a disk whose process dies before its n-th step: from then on nothing happens any more.
type mortal struct {
	disk
	left int
}

func (m *mortal) step(do func() error) error {
	if m.left--; m.left < 0 {
		return errKilled
	}
	return do()
}

func (m *mortal) Mkdir(path string) error { return m.step(func() error { return m.disk.Mkdir(path) }) }
func (m *mortal) Create(path string, data []byte) error {
	if m.left == 0 {
		// Dying in the middle of a file leaves a part of it.
		m.disk.Create(path, data[:len(data)/2])
	}
	return m.step(func() error { return m.disk.Create(path, data) })
}
func (m *mortal) Rename(from, to string) error {
	return m.step(func() error { return m.disk.Rename(from, to) })
}
func (m *mortal) Remove(path string) error {
	return m.step(func() error { return m.disk.Remove(path) })
}
func (m *mortal) Clear(path string) error {
	return m.step(func() error { return m.disk.Clear(path) })
}

// TestKilledAtEveryStep ends a run before each of its steps. Every file is then its old or its new self, whole, and the next
// run notices and finishes.
func TestKilledAtEveryStep(t *testing.T) {
	old, new := version("old", "a", "b"), version("new", "b", "c")
	for step := 0; ; step++ {
		dir := filepath.Join(t.TempDir(), "out")
		mustWrite(t, dir, old)
		s := begin(t, dir)
		s.disk = &mortal{disk: realDisk{}, left: step}
		_, err := s.Write(context.Background(), give(new), s.Scope(Everything()), false)
		s.End()
		if err == nil {
			if step < 20 {
				t.Fatalf("a run has only %d steps", step)
			}
			same(t, dir, new)
			return
		}
		if !errors.Is(err, errKilled) {
			t.Fatalf("step %d: %v", step, err)
		}
		before, after := flat(old), flat(new)
		for path, data := range onDisk(t, dir) {
			if strings.HasPrefix(path, runFolder) || strings.HasSuffix(path, "/") {
				continue
			}
			if data != before[path] && data != after[path] {
				t.Errorf("step %d: %s is neither old nor new: %q", step, path, data)
			}
		}
		touched := !maps.Equal(onDisk(t, dir), before)
		if plan, err := Compare(dir, give(new), Everything()); err != nil || touched && !plan.Interrupted {
			t.Errorf("step %d: --check does not notice: %v", step, err)
		}
		s = begin(t, dir)
		if touched && !s.Interrupted.Everything() {
			t.Errorf("step %d: the next run does not notice: %q", step, s.Interrupted)
		}
		s.End()
		mustWrite(t, dir, new)
		same(t, dir, new)
	}
}

// TestNextRunFinishesWhatAnotherBegan: a run over one chart also does what a run over another left.
func TestNextRunFinishesWhatAnotherBegan(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	mustWrite(t, dir, version("old", "a", "b"))
	new := version("new", "a", "b")
	s := begin(t, dir)
	s.disk = &mortal{disk: realDisk{}, left: 9}
	if _, err := s.Write(context.Background(), give(new[:1]), s.Scope(Scope{"charts/a"}), false); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	s.End()
	s = begin(t, dir)
	defer s.End()
	scope := s.Scope(Scope{"charts/b"})
	if strings.Join(scope, " ") != "charts/a charts/b" {
		t.Fatalf("the scope is %q", scope)
	}
	if _, err := s.Write(context.Background(), give(new[:2]), scope, false); err != nil {
		t.Fatal(err)
	}
	want := flat(version("old", "a", "b"))
	maps.Copy(want, flat(new[:2]))
	if got := onDisk(t, dir); !maps.Equal(got, want) {
		t.Errorf("on disk: %v", got)
	}
}

// full is a disk with no room from its n-th file on.
type full struct {
	disk
	left int
}

func (f *full) Create(path string, data []byte) error {
	if f.left--; f.left < 0 {
		f.disk.Create(path, data[:len(data)/2])
		return fmt.Errorf("write %s: %w", path, syscall.ENOSPC)
	}
	return f.disk.Create(path, data)
}

// TestDiskFull: when there is no room, nothing has changed.
func TestDiskFull(t *testing.T) {
	old, new := version("old", "a", "b"), version("new", "b", "c")
	for step := 0; ; step++ {
		dir := filepath.Join(t.TempDir(), "out")
		mustWrite(t, dir, old)
		s := begin(t, dir)
		s.disk = &full{disk: realDisk{}, left: step}
		_, err := s.Write(context.Background(), give(new), s.Scope(Everything()), false)
		s.End()
		if err == nil {
			return
		}
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "is full, nothing was changed") {
			t.Errorf("step %d: %v", step, err)
		}
		same(t, dir, old)
	}
}

func TestInterruptedByThePerson(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	old := version("old", "a")
	mustWrite(t, dir, old)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := begin(t, dir)
	defer s.End()
	if _, err := s.Write(ctx, give(version("new", "a")), s.Scope(Everything()), false); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	same(t, dir, old)
}

func TestSecondRunWaits(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	first := begin(t, dir)
	waiting := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		second, err := Begin(context.Background(), dir, func() { close(waiting) })
		if err == nil {
			err = second.End()
		}
		done <- err
	}()
	<-waiting
	select {
	case err := <-done:
		t.Fatalf("the second run did not wait: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	first.End()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	third := begin(t, dir)
	defer third.End()
	cancel()
	if _, err := Begin(ctx, dir, func() {}); !errors.Is(err, context.Canceled) {
		t.Errorf("a waiting run cannot be interrupted: %v", err)
	}
}

const childVariable = "FACTORY_FILES_CHILD"

// TestMain lets the test binary be the process that TestKill kills: it writes two versions in turn until it dies.
func TestMain(m *testing.M) {
	dir := os.Getenv(childVariable)
	if dir == "" {
		os.Exit(m.Run())
	}
	for i := 0; ; i++ {
		s, err := Begin(context.Background(), dir, func() {})
		if err == nil {
			_, err = s.Write(context.Background(), give(killVersion(i)), s.Scope(Everything()), false)
			s.End()
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func killVersion(i int) []Unit {
	if i%2 == 0 {
		return version("even", "a", "b", "c", "d")
	}
	return version("odd", "c", "d", "e", "f")
}

// TestKill kills a real process with SIGKILL, at whatever it is doing, many times.
func TestKill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	even, odd := flat(killVersion(0)), flat(killVersion(1))
	noticed := 0
	for round := range 40 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childVariable+"="+dir)
		var said strings.Builder
		child.Stderr = &said
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20*time.Millisecond + time.Duration(rand.IntN(10_000))*time.Microsecond)
		child.Process.Kill()
		child.Wait()
		if said.Len() > 0 {
			t.Fatalf("round %d: the run failed: %s", round, said.String())
		}
		if _, err := os.Stat(dir); err != nil {
			continue
		}
		for path, data := range onDisk(t, dir) {
			if !strings.HasPrefix(path, runFolder) && !strings.HasSuffix(path, "/") && data != even[path] && data != odd[path] {
				t.Fatalf("round %d: %s is neither old nor new: %q", round, path, data)
			}
		}
		if round%3 == 0 {
			s := begin(t, dir)
			if s.Interrupted != nil {
				noticed++
			}
			s.End()
			mustWrite(t, dir, killVersion(round))
			same(t, dir, killVersion(round))
		}
	}
	if noticed == 0 {
		t.Error("no kill hit a run: the test shows nothing")
	}
}

// TestReadOnly says what is the matter with a place that cannot be written to.
func TestReadOnly(t *testing.T) {
	for _, cause := range []error{syscall.EROFS, syscall.EACCES, syscall.EPERM} {
		err := Explain(&os.PathError{Op: "mkdir", Path: "/x/out", Err: cause}, "/x/out")
		if !errors.Is(err, cause) || !strings.Contains(err.Error(), "cannot be written to, nothing was changed") {
			t.Errorf("%v: %v", cause, err)
		}
	}
}
