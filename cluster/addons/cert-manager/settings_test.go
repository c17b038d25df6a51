package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

// The argument lists are those that the official chart passes with every value that adds one.
func TestEveryProgramTakesTheChartsArguments(t *testing.T) {
	election := []string{
		"--v=2", "--leader-election-namespace=kube-system", "--leader-election-lease-duration=30s",
		"--leader-election-renew-deadline=20s", "--leader-election-retry-period=5s",
	}
	controller := append([]string{
		"--cluster-resource-namespace=cert-manager",
		"--acme-http01-solver-image=quay.io/jetstack/cert-manager-acmesolver:v1.21.2",
		"--acme-http01-solver-extra-labels=team=a", "--acme-http01-solver-runtime-class-name=gvisor",
		"--default-issuer-name=factory-self-ca", "--default-issuer-kind=ClusterIssuer", "--default-issuer-group=cert-manager.io",
		"--feature-gates=ServerSideApply=true", "--max-concurrent-challenges=60", "--enable-certificate-owner-ref=true",
		"--dns01-recursive-nameservers-only=true", "--dns01-recursive-nameservers=10.0.0.1:53",
		"--controllers=-certificaterequests-approver",
	}, election...)
	settings, err := controllerSource().read("controller", controller, io.Discard)
	if err != nil {
		t.Fatalf("controller: %v", err)
	}
	if settings.LeaderElectionConfig.LeaseDuration != 30*time.Second || settings.IngressShimConfig.DefaultIssuerName != "factory-self-ca" {
		t.Errorf("controller: flags did not reach the settings: %+v", settings)
	}
	injector := append([]string{"--feature-gates=CAInjectorMerging=true", "--metrics-listen-address=0"}, election...)
	if _, err := cainjectorSource().read("cainjector", injector, io.Discard); err != nil {
		t.Errorf("cainjector: %v", err)
	}
	hook := []string{
		"--v=2", "--secure-port=10250", "--metrics-listen-address=0", "--feature-gates=LiteralCertificateSubject=true",
		"--enable-client-verification=true", "--client-ca-path=/ca.pem", "--client-subject-names=apiserver",
		"--dynamic-serving-ca-secret-namespace=cert-manager", "--dynamic-serving-ca-secret-name=cert-manager-webhook-ca",
		"--dynamic-serving-dns-names=cert-manager-webhook", "--dynamic-serving-dns-names=cert-manager-webhook.cert-manager.svc",
	}
	served, err := webhookSource().read("webhook", hook, io.Discard)
	if err != nil {
		t.Fatalf("webhook: %v", err)
	}
	if names := served.TLSConfig.Dynamic.DNSNames; len(names) != 2 {
		t.Errorf("webhook: a repeated flag gave %v", names)
	}
}

func TestAFlagWinsOverTheConfigurationFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	text := "apiVersion: controller.config.cert-manager.io/v1alpha1\nkind: ControllerConfiguration\n" +
		"numberOfConcurrentWorkers: 3\nmaxConcurrentChallenges: 7\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := controllerSource().read("controller", []string{"--config=" + path, "--max-concurrent-challenges=9"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if got.NumberOfConcurrentWorkers != 3 || got.MaxConcurrentChallenges != 9 {
		t.Errorf("workers %d, challenges %d; want 3 of the file and 9 of the flag", got.NumberOfConcurrentWorkers, got.MaxConcurrentChallenges)
	}
}

func TestWrongSettingsAreRefused(t *testing.T) {
	for flag, want := range map[string]string{
		"--controllers=nosuch":                  "is not in the list of known controllers",
		"--dns01-recursive-nameservers=1.1.1.1": "must be in the format",
		"--nosuch":                              "unknown flag: --nosuch",
		"extra":                                 `unexpected argument "extra"`,
		"--config=/nosuch":                      `reading configuration "/nosuch"`,
	} {
		if _, err := controllerSource().read("controller", []string{flag}, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", flag, err, want)
		}
	}
	if _, err := controllerSource().read("controller", []string{"--help"}, io.Discard); !errors.Is(err, pflag.ErrHelp) {
		t.Errorf("--help: got %v", err)
	}
}

func TestControllersAreAddedAndTakenAway(t *testing.T) {
	for _, c := range []struct {
		flag          string
		with, without []string
	}{
		{"*", []string{"issuers", "certificaterequests-approver", "ingress-shim"}, []string{"gateway-shim"}},
		{"*,-issuers", []string{"clusterissuers"}, []string{"issuers"}},
		{"issuers", []string{"issuers"}, []string{"clusterissuers"}},
	} {
		settings, err := controllerSource().read("controller", []string{"--controllers=" + c.flag}, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		on := enabledControllers(settings)
		for _, name := range c.with {
			if !slices.Contains(on, name) {
				t.Errorf("%s: %s is off", c.flag, name)
			}
		}
		for _, name := range c.without {
			if slices.Contains(on, name) {
				t.Errorf("%s: %s is on", c.flag, name)
			}
		}
	}
	settings, err := controllerSource().read("controller", []string{"--namespace=team"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if on := enabledControllers(settings); slices.Contains(on, "clusterissuers") || !slices.Contains(on, "issuers") {
		t.Errorf("one namespace: %v", on)
	}
}

func TestAnUnknownProgramIsNamed(t *testing.T) {
	err := run(t.Context(), []string{"ctl"}, io.Discard)
	if err == nil || !strings.Contains(err.Error(), `no program "ctl": want controller`) {
		t.Errorf("got %v", err)
	}
	if err := run(t.Context(), nil, io.Discard); err == nil {
		t.Error("ran without a program")
	}
}
