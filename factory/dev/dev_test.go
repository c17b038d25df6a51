package dev

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/helm-chart-factory/factory/factory/image"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// bench is a project on disk that is worked on, with edges that only note what they are asked for.
type bench struct {
	t      *testing.T
	dir    string
	events chan string
	mu     sync.Mutex
	// build and deploy, when there are any, tell what comes of it.
	build, deploy func(context.Context) error
	// stop ends the loop, and result is what it ended with.
	stop     context.CancelFunc
	result   chan error
	revision int
}

// start begins the loop on a project of two services that are built here, and waits for its first round.
func start(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	b.run()
	b.expect("began", "sync", "build api web", "deploy", "ended: synced the charts, built api, web, deployed revision 1")
	return b
}

func newBench(t *testing.T) *bench {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, dir: dir, events: make(chan string, 100), result: make(chan error, 1)}
	b.write("factory.yaml", "version: 1\nname: shop\n")
	for _, name := range []string{"api", "web"} {
		b.write("services/"+name+"/service.yaml", "port: 8080\n")
		b.write("services/"+name+"/Dockerfile", "FROM scratch\nCOPY . /\n")
		b.write("services/"+name+"/.dockerignore", "service.yaml\n.dockerignore\nnode_modules\n*.log\n")
		b.write("services/"+name+"/main.txt", "first")
	}
	return b
}

func (b *bench) run() {
	ctx, stop := context.WithCancel(b.t.Context())
	b.stop = stop
	b.t.Cleanup(stop)
	// Longer than between two writes of a test on a machine that has other things to do.
	go func() { b.result <- run(ctx, b, 300*time.Millisecond) }()
}

// from now on builds and deploys come out like this; nil is well.
func (b *bench) from(build, deploy func(context.Context) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.build, b.deploy = build, deploy
}

func (b *bench) outcome() (build, deploy func(context.Context) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.build, b.deploy
}

func (b *bench) write(name, text string) {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// expect wants these events and no others between them.
func (b *bench) expect(wanted ...string) {
	b.t.Helper()
	for _, want := range wanted {
		select {
		case got := <-b.events:
			if got != want {
				b.t.Fatalf("got  %s\nwant %s", got, want)
			}
		case <-time.After(10 * time.Second):
			b.t.Fatalf("nothing happened, want %s", want)
		}
	}
}

func (b *bench) Load() (*spec.Project, []string, error) {
	p, err := spec.Load(b.dir)
	if err != nil {
		return nil, nil, err
	}
	return p, p.Sources(), nil
}

func (b *bench) Images(p *spec.Project) []image.Service {
	var found []image.Service
	for _, service := range p.Services {
		if service.Build != nil {
			folder := filepath.Join(p.Dir, service.Dir)
			found = append(found, image.Service{Name: service.Name, Context: folder, Dockerfile: filepath.Join(folder, "Dockerfile")})
		}
	}
	return found
}

func (b *bench) Sync(context.Context) (int, error) {
	b.events <- "sync"
	return 1, nil
}

func (b *bench) Build(ctx context.Context, services []image.Service) ([]string, error) {
	var names []string
	for _, service := range services {
		names = append(names, service.Name)
	}
	b.events <- "build " + strings.Join(names, " ")
	if build, _ := b.outcome(); build != nil {
		return nil, build(ctx)
	}
	return names, nil
}

func (b *bench) Deploy(ctx context.Context, _ *spec.Project) (int, bool, error) {
	b.events <- "deploy"
	if _, deploy := b.outcome(); deploy != nil {
		return 0, false, deploy(ctx)
	}
	b.revision++
	return b.revision, true, nil
}

func (b *bench) Attach(context.Context, *spec.Project) {}

func (b *bench) Began(round *Round) {
	b.events <- strings.TrimSpace("began " + strings.Join(round.Changed, " "))
}

func (b *bench) Ended(round *Round) {
	text := strings.Join(round.Done, ", ")
	if round.Err != nil {
		text = strings.TrimPrefix(text+", "+round.Err.Error(), ", ")
	}
	b.events <- "ended: " + text
}

func TestASaveBuildsItsServiceAlone(t *testing.T) {
	b := start(t)
	b.write("services/web/main.txt", "second")
	b.expect("began services/web/main.txt", "build web", "deploy", "ended: built web, deployed revision 2")
	// Editors write another file and give it the name.
	b.write("services/api/.main.txt.swp", "x")
	b.write("services/api/main.txt~", "third")
	if err := os.Rename(filepath.Join(b.dir, "services/api/main.txt~"), filepath.Join(b.dir, "services/api/main.txt")); err != nil {
		t.Fatal(err)
	}
	b.expect("began services/api/main.txt", "build api", "deploy", "ended: built api, deployed revision 3")
	if err := os.Remove(filepath.Join(b.dir, "services/web/main.txt")); err != nil {
		t.Fatal(err)
	}
	b.expect("began services/web/main.txt", "build web", "deploy", "ended: built web, deployed revision 4")
}

func TestABurstOfSavesIsOneRound(t *testing.T) {
	b := start(t)
	for i := range 30 {
		b.write(fmt.Sprintf("services/web/part%d.txt", i%3), fmt.Sprint(i))
	}
	b.write("services/api/main.txt", "second")
	b.expect("began services/api/main.txt services/web/part0.txt services/web/part1.txt services/web/part2.txt",
		"build api web", "deploy", "ended: built api, web, deployed revision 2")
}

func TestWhatNoImageHoldsIsLeftAlone(t *testing.T) {
	b := start(t)
	for name, text := range map[string]string{
		"services/web/debug.log": "x", "services/web/node_modules/a/b.js": "x", "services/web/.git/index": "x", ".git/index": "x",
		"services/web/.main.txt.swp": "x", "services/web/4913": "x", "services/web/#main.txt#": "x", "README.md": "x",
		"umbrella-chart/values.yaml": "x", "services/web/main.txt": "first", "services/web/service.yaml": "port: 8080\n",
	} {
		b.write(name, text)
	}
	time.Sleep(longest) // nothing can be waited for
	b.write("services/web/main.txt", "second")
	b.expect("began services/web/main.txt", "build web", "deploy", "ended: built web, deployed revision 2")
	if folders := b.watched(t); slices.ContainsFunc(folders, func(f string) bool { return strings.Contains(f, "node_modules") || strings.Contains(f, ".git") }) {
		t.Errorf("it would watch %v", folders)
	}
}

// watched are the folders that a look at the project says to watch.
func (b *bench) watched(t *testing.T) []string {
	t.Helper()
	seen, err := read(b)
	if err != nil {
		t.Fatal(err)
	}
	return append(specFolders(b.dir), seen.folders...)
}

func TestNewFoldersAreWatched(t *testing.T) {
	b := start(t)
	b.write("services/web/src/deep/er/new.txt", "1")
	b.expect("began services/web/src services/web/src/deep services/web/src/deep/er services/web/src/deep/er/new.txt",
		"build web", "deploy", "ended: built web, deployed revision 2")
	b.write("services/web/src/deep/er/new.txt", "2")
	b.expect("began services/web/src/deep/er/new.txt", "build web", "deploy", "ended: built web, deployed revision 3")
	b.write("templates/deployment.yaml", "{{/* our own */}}")
	b.expect("began templates/deployment.yaml", "sync", "deploy", "ended: synced the charts, deployed revision 4")
	b.write("templates/deployment.yaml", "{{/* another */}}")
	b.expect("began templates/deployment.yaml", "sync", "deploy", "ended: synced the charts, deployed revision 5")
}

func TestAChangeOfSpecsBuildsNothing(t *testing.T) {
	b := start(t)
	b.write("services/web/service.yaml", "port: 8080\nreplicas: 2\n")
	b.expect("began services/web/service.yaml", "sync", "deploy", "ended: synced the charts, deployed revision 2")
	b.write("factory.yaml", "version: 1\nname: shop\ndefaults: {gracePeriod: 5s}\n")
	b.expect("began factory.yaml", "sync", "deploy", "ended: synced the charts, deployed revision 3")
	b.write("services/web/service.yaml", "port: 8080\nfiles: {/etc/app.conf: conf/app.conf}\n")
	b.expect(`ended: services/web/service.yaml:2:9: the file "conf/app.conf" is not there: it is looked for beside service.yaml`)
	b.write("services/web/conf/app.conf", "a")
	b.expect("began services/web/conf services/web/conf/app.conf services/web/service.yaml", "sync", "build web", "deploy",
		"ended: synced the charts, built web, deployed revision 4")
}

func TestWrongSpecsAreToldAndTheLoopGoesOn(t *testing.T) {
	b := start(t)
	b.write("services/web/service.yaml", "port: 8080\nreplicas: many\n")
	const wrong = `ended: services/web/service.yaml:2:11: "many" is not a whole number: write plain digits`
	b.expect(wrong)
	b.write("services/web/service.yaml", "port: 8080\n")
	b.expect("began services/web/service.yaml", "ended: ")
	b.write("services/new/service.yaml", "prot: 8080\n")
	b.expect(`ended: services/new/service.yaml:1:1: unknown key "prot": did you mean "port"?`)
	b.write("services/new/service.yaml", "port: 8080\nimage: example.invalid/new:1\n")
	b.expect("began services/new/service.yaml", "sync", "deploy", "ended: synced the charts, deployed revision 2")
}

func TestWrongSpecsAtTheStartEndIt(t *testing.T) {
	b := newBench(t)
	b.write("services/web/service.yaml", "replicas: many\n")
	err := Run(t.Context(), b)
	if err == nil || !strings.Contains(err.Error(), "services/web/service.yaml:1:11") {
		t.Errorf("it ended with %v", err)
	}
}

func TestWhatFailedIsTriedAgainWithTheNextSave(t *testing.T) {
	b := start(t)
	b.from(func(context.Context) error { return errors.New("step 3 of 4") }, nil)
	b.write("services/web/main.txt", "wrong")
	b.expect("began services/web/main.txt", "build web", "ended: step 3 of 4")
	b.write("services/web/.main.txt.swp", "x")
	b.write("services/web/some.log", "x")
	time.Sleep(longest) // nothing can be waited for
	b.from(nil, func(context.Context) error { return errors.New("api is not ready") })
	b.write("services/web/main.txt", "wrong") // as it was: another try
	b.expect("began services/web/main.txt", "build web", "deploy", "ended: built web, api is not ready")
	b.from(nil, nil)
	b.write("services/api/main.txt", "right")
	b.expect("began services/api/main.txt", "build api", "deploy", "ended: built api, deployed revision 2")
}

func TestAChangeDuringARoundBeginsItAnew(t *testing.T) {
	b := start(t)
	endless := func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}
	b.from(endless, nil)
	b.write("services/web/main.txt", "second")
	b.expect("began services/web/main.txt", "build web")
	b.write("services/web/some.log", "changes nothing")
	b.write("services/web/service.yaml", "port: 8080\nreplicas: many\n")
	b.expect(`ended: services/web/service.yaml:2:11: "many" is not a whole number: write plain digits`)
	b.write("services/web/service.yaml", "port: 8080\n")
	time.Sleep(longest) // it is as the round took it, which goes on
	b.from(nil, endless)
	b.write("services/api/main.txt", "second")
	b.expect("ended: changed again", "began services/api/main.txt services/web/main.txt", "build api web", "deploy")
	b.from(nil, nil)
	b.write("services/web/service.yaml", "port: 8081\n")
	b.expect("ended: built api, web, changed again", "began services/api/main.txt services/web/main.txt services/web/service.yaml",
		"sync", "deploy", "ended: synced the charts, deployed revision 2")
}

func TestTheEndEndsTheRound(t *testing.T) {
	b := start(t)
	ended := false
	b.from(nil, func(ctx context.Context) error {
		<-ctx.Done()
		ended = true
		return ctx.Err()
	})
	b.write("services/web/main.txt", "second")
	b.expect("began services/web/main.txt", "build web", "deploy")
	b.stop()
	if err := <-b.result; !errors.Is(err, context.Canceled) || !ended {
		t.Errorf("it ended with %v, the deploy before it: %t", err, ended)
	}
	if len(b.events) > 0 {
		t.Errorf("it told %s", <-b.events)
	}
}

func TestPassing(t *testing.T) {
	for _, name := range []string{".git", ".a.txt.swp", ".a.txt.swo", "4913", "a.txt~", ".#a.txt", "#a.txt#", ".goutputstream-X", "a___jb_tmp___", ".DS_Store"} {
		if !Passing(name) {
			t.Errorf("%s is a file that people write", name)
		}
	}
	for _, name := range []string{"a.txt", "swp", ".env", ".dockerignore", ".gitignore", "#a", "a.swp", "4913.txt", "service.yaml"} {
		if Passing(name) {
			t.Errorf("%s is left out", name)
		}
	}
}
