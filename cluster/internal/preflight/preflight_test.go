package preflight

import (
	"slices"
	"strings"
	"testing"
)

func TestMissingCapabilities(t *testing.T) {
	for status, want := range map[string][]string{
		"Name:\tx\nCapEff:\t000001ffffffffff\n": nil,
		// All but CAP_SYS_RESOURCE, which a node does without.
		"CapEff:\t000001fffeffffff\n": nil,
		// Docker's default.
		"CapEff:\t00000000a80425fb\n": {"CAP_NET_ADMIN", "CAP_SYS_ADMIN"},
	} {
		if got := missingCapabilities(status); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", status, got, want)
		}
	}
}

func TestReport(t *testing.T) {
	if err := (Report{Node: true}).Error(); err != nil {
		t.Errorf("got %v", err)
	}
	err := Report{Problems: []Problem{{"a thing", "get it"}, {"another", "find it"}}}.Error()
	for _, want := range []string{"a thing: get it", "another: find it", "start --no-node"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}

func TestPackages(t *testing.T) {
	for _, want := range []string{"containerd", "runc", "containernetworking-plugins", "iptables"} {
		if !slices.Contains(Packages(), want) {
			t.Errorf("no %s", want)
		}
	}
}
