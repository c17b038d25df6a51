package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/validation/field"
	cliflag "k8s.io/component-base/cli/flag"
	logsapi "k8s.io/component-base/logs/api/v1"

	"github.com/cert-manager/cert-manager/internal/apis/config/shared"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/util/configfile"
	utilfeature "github.com/cert-manager/cert-manager/pkg/util/feature"
)

// source says where a program's settings of type C come from.
type source[C any] struct {
	defaults func() (*C, error)
	file     func(path string) (*C, error)
	flags    func(*pflag.FlagSet, *C)
	validate func(*C, *field.Path) field.ErrorList
}

// read returns the settings that args ask for: the defaults or the file of --config, then every other flag over it.
func (s source[C]) read(name string, args []string, stderr io.Writer) (*C, error) {
	settings, err := s.defaults()
	if err != nil {
		return nil, fmt.Errorf("setting defaults: %w", err)
	}
	path, err := s.parse(name, args, settings, stderr)
	if err != nil {
		return nil, err
	}
	if path != "" {
		if settings, err = s.file(path); err != nil {
			return nil, fmt.Errorf("reading configuration %q: %w", path, err)
		}
		if _, err := s.parse(name, args, settings, stderr); err != nil {
			return nil, err
		}
	}
	return settings, s.validate(settings, nil).ToAggregate()
}

// parse sets every flag of args on settings and returns the value of --config.
func (s source[C]) parse(name string, args []string, settings *C, stderr io.Writer) (string, error) {
	fs := pflag.NewFlagSet(name, pflag.ContinueOnError)
	fs.SetOutput(stderr)
	path := fs.String("config", "", "path to a file with the program's configuration object")
	s.flags(fs, settings)
	if err := fs.Parse(args); err != nil {
		return "", fmt.Errorf("reading flags: %w", err)
	}
	if fs.NArg() > 0 {
		return "", fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	return *path, nil
}

// loadFile fills target from the file at path and makes relative paths in it absolute.
func loadFile(path string, target configfile.ConfigFile) error {
	loader, err := configfile.NewConfigurationFSLoader(nil, path)
	if err != nil {
		return err
	}
	return loader.Load(target)
}

// addFeatureGateFlag binds --feature-gates; the same known names serve every program of this binary.
func addFeatureGateFlag(fs *pflag.FlagSet, gates *map[string]bool) {
	known := slices.Sorted(slices.Values(utilfeature.DefaultFeatureGate.KnownFeatures()))
	fs.Var(cliflag.NewMapStringBool(gates), "feature-gates", "key=value pairs of feature gates:\n"+strings.Join(known, "\n"))
}

func addTLSFlags(fs *pflag.FlagSet, prefix string, c *shared.TLSConfig) {
	fs.StringVar(&c.Filesystem.CertFile, prefix+"tls-cert-file", c.Filesystem.CertFile, "file with the serving certificate")
	fs.StringVar(&c.Filesystem.KeyFile, prefix+"tls-private-key-file", c.Filesystem.KeyFile, "file with the serving key")
	fs.DurationVar(&c.Dynamic.LeafDuration, prefix+"dynamic-serving-leaf-duration", c.Dynamic.LeafDuration, "life of a generated serving certificate")
	fs.StringVar(&c.Dynamic.SecretNamespace, prefix+"dynamic-serving-ca-secret-namespace", c.Dynamic.SecretNamespace, "namespace of the serving CA's secret")
	fs.StringVar(&c.Dynamic.SecretName, prefix+"dynamic-serving-ca-secret-name", c.Dynamic.SecretName, "name of the serving CA's secret")
	fs.StringSliceVar(&c.Dynamic.DNSNames, prefix+"dynamic-serving-dns-names", c.Dynamic.DNSNames, "names on a generated serving certificate")
	fs.StringSliceVar(&c.CipherSuites, prefix+"tls-cipher-suites", c.CipherSuites, "cipher suites; empty means Go's own choice")
	fs.StringVar(&c.MinTLSVersion, prefix+"tls-min-version", c.MinTLSVersion, "lowest TLS version; empty means Go's own choice")
}

func addLeaderElectionFlags(fs *pflag.FlagSet, c *shared.LeaderElectionConfig) {
	fs.BoolVar(&c.Enabled, "leader-elect", c.Enabled, "act only while holding the lease")
	fs.StringVar(&c.Namespace, "leader-election-namespace", c.Namespace, "namespace of the lease")
	fs.DurationVar(&c.LeaseDuration, "leader-election-lease-duration", c.LeaseDuration, "how long a lease lasts without renewal")
	fs.DurationVar(&c.RenewDeadline, "leader-election-renew-deadline", c.RenewDeadline, "how long the leader tries to renew")
	fs.DurationVar(&c.RetryPeriod, "leader-election-retry-period", c.RetryPeriod, "pause between attempts")
}

// apply makes logging and feature gates, which are global in cert-manager's packages, what the settings say.
func apply(logging *logsapi.LoggingConfiguration, gates map[string]bool) error {
	if err := logf.ValidateAndApply(logging); err != nil {
		return fmt.Errorf("setting up logging: %w", err)
	}
	if err := utilfeature.DefaultMutableFeatureGate.SetFromMap(gates); err != nil {
		return fmt.Errorf("setting feature gates: %w", err)
	}
	return nil
}
