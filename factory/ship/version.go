package ship

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/Masterminds/semver/v3"
)

// wrongUse is an error that the caller cures by changing the command.
type wrongUse struct{ error }

// Usage marks the error as one that the caller cures.
func (wrongUse) Usage() bool { return true }

func usage(format string, args ...any) error { return wrongUse{fmt.Errorf(format, args...)} }

// longestTag is the most that a tag has, by the OCI distribution specification; a version becomes one.
const longestTag = 128

// longestLabel is the most that the value of a label has in Kubernetes. The objects of a chart have its name and version in one.
const longestLabel = 63

// check judges what the versions say. Helm itself takes v1 and 1.2, too, which registries then do not find by the version that
// they are asked for.
func (r Request) check() error {
	if r.Version != "" {
		if _, err := semver.StrictNewVersion(r.Version); err != nil {
			return usage("--version %q is no version of SemVer 2: %s", r.Version, meant(r.Version))
		}
		if len(r.Version) > longestTag {
			return usage("--version has %d characters, and a tag of a registry has at most %d", len(r.Version), longestTag)
		}
	}
	if strings.ContainsFunc(r.AppVersion, unicode.IsControl) || r.AppVersion != strings.TrimSpace(r.AppVersion) {
		return usage("--app-version %q: want one line of text without spaces around it", r.AppVersion)
	}
	return nil
}

// meant is what somebody wrote otherwise than SemVer 2 wants it.
func meant(version string) string {
	if loose, err := semver.NewVersion(version); err == nil {
		return fmt.Sprintf("did you mean %s?", loose)
	}
	return "write MAJOR.MINOR.PATCH, such as 1.4.0, 1.4.0-rc.1 or 1.4.0+build.7"
}

// next is the version that a person would take after one.
func next(version string) string {
	parsed, err := semver.NewVersion(version)
	if err != nil {
		return "MAJOR.MINOR.PATCH"
	}
	return parsed.IncPatch().String()
}
