package deploy

import (
	"cmp"
	"os"
	"os/user"
	"regexp"
	"strconv"
	"strings"

	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/storage/driver"
)

// The labels by which a stored revision says who made it. Helm hands the labels of a revision on to the next, also to one
// that another tool makes: they are true of the revision that signedLabel names alone.
const (
	userLabel   = "factory.dev/user"
	hostLabel   = "factory.dev/host"
	signedLabel = "factory.dev/revision"
)

// signing is Helm's storage, in which each new revision says who made it.
type signing struct{ driver.Driver }

// Create stores a new revision.
func (s *signing) Create(key string, rel *release.Release) error {
	if rel.Labels == nil {
		rel.Labels = map[string]string{}
	}
	rel.Labels[userLabel], rel.Labels[hostLabel] = labelValue(person()), labelValue(host())
	rel.Labels[signedLabel] = strconv.Itoa(rel.Version)
	return s.Driver.Create(key, rel)
}

// signedBy is who made a revision with factory; signed is false when it was not factory.
func signedBy(rel *release.Release) (by By, signed bool) {
	if rel.Labels[signedLabel] != strconv.Itoa(rel.Version) {
		return By{}, false
	}
	return By{User: rel.Labels[userLabel], Host: rel.Labels[hostLabel], Tool: "factory"}, true
}

// person is who runs this: in CI the one who pushed, under sudo the one who called it.
func person() string {
	name := cmp.Or(os.Getenv("GITHUB_ACTOR"), os.Getenv("GITLAB_USER_LOGIN"), os.Getenv("SUDO_USER"))
	if name != "" {
		return name
	}
	if current, err := user.Current(); err == nil {
		return current.Username
	}
	return os.Getenv("USER")
}

func host() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}

var notInLabels = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// labelValue is a text as a label may hold it: "alice@example.org" becomes "alice_example.org".
func labelValue(text string) string {
	const room = 63
	text = notInLabels.ReplaceAllString(text, "_")
	return strings.Trim(text[:min(room, len(text))], "._-")
}
