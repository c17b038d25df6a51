package upgrade

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/helm-chart-factory/factory/factory/image/dockerfile"
	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
	"github.com/helm-chart-factory/factory/factory/spec"
)

func postgresChecks() []Check {
	return []Check{{
		Rule: rule.Rule{
			ID: "upgrade-postgres-major", Severity: rule.Error,
			What:   "a Postgres of another major version on the volume of the one before",
			Reason: "It refuses to start on that data, and so does every later release.",
			Fix:    "keep the version; or dump with the old one (pg_dumpall), release the new one as a service with a volume of its own, and restore there",
		},
		Run: postgresMajor,
	}}
}

func postgresMajor(c *Change, found rule.Found) {
	for _, is := range c.Is.Pods() {
		was := podOf(c.Was, is)
		if was == nil {
			continue
		}
		before := images(was)
		for container := range is.Containers() {
			then, now := major(before[container.Name]), major(container.Image)
			if s := c.Project.Service(is.Service); s != nil && s.Build != nil && container.Image == s.Image {
				then, now = c.built(s)
			}
			if then != "" && now != "" && then != now {
				found(is.Object, container.Key("image"), "container %s runs Postgres %s, and its data is of Postgres %s", container.Name, now, then)
			}
		}
	}
}

func podOf(r *rendered.Release, like *rendered.Pod) *rendered.Pod {
	for _, p := range r.Pods() {
		if p.Kind == like.Kind && p.Namespace == like.Namespace && p.Name == like.Name {
			return p
		}
	}
	return nil
}

func images(p *rendered.Pod) map[string]string {
	out := map[string]string{}
	for c := range p.Containers() {
		out[c.Name] = c.Image
	}
	return out
}

// built returns the major versions of Postgres that an image of the project was and is built on; "" for none.
func (c *Change) built(s *spec.Service) (then, now string) {
	file := path.Join(s.Build.Context, s.Build.Dockerfile)
	before, known := c.File(file)
	after, err := os.ReadFile(filepath.Join(c.Project.Dir, filepath.FromSlash(file)))
	if !known || err != nil {
		return "", ""
	}
	return base(file, before, s.Build.Args), base(file, after, s.Build.Args)
}

func base(file string, content []byte, args map[string]string) string {
	parsed, err := dockerfile.Parse(file, content, args)
	if err != nil {
		return "" // the build says what is wrong with it
	}
	for _, base := range parsed.Bases {
		if version := major(base.Ref); version != "" {
			return version
		}
	}
	return ""
}

// major returns the major version of Postgres that an image holds by its name and tag, or "" for other images.
func major(image string) string {
	image, _, _ = strings.Cut(image, "@")
	name, tag, _ := strings.Cut(image[strings.LastIndex(image, "/")+1:], ":")
	if !regexp.MustCompile(`^(.*[-_])?(postgres|postgresql|postgis|pgvector|timescaledb)$`).MatchString(name) {
		return ""
	}
	if match := regexp.MustCompile(`(?:^|-)pg(\d+)`).FindStringSubmatch(tag); match != nil {
		return match[1] // timescale/timescaledb:2.17.2-pg16
	}
	if match := regexp.MustCompile(`^(\d+)`).FindStringSubmatch(tag); match != nil {
		return match[1]
	}
	return ""
}
