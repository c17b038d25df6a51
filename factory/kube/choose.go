package kube

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/helm-chart-factory/factory/factory/paths"
)

// K3sKubeconfig is where k3s writes the kubeconfig of its host.
const K3sKubeconfig = "/etc/rancher/k3s/k3s.yaml"

const (
	answerTimeout = 3 * time.Second
	auto          = "auto"
)

// Choice is what a person said about the cluster to work on. The zero value means the first of this host's own clusters.
type Choice struct {
	// Cluster is auto (or empty), embedded, k3s or current.
	Cluster string
	// Kubeconfig and Context name a cluster outright and win over Cluster.
	Kubeconfig string
	Context    string
	// Confirm asks a person whether to go on. Nil means that nobody can be asked: Current is then refused.
	Confirm func(question string) (bool, error)
	// EmbeddedKubeconfig and K3sKubeconfig are the two files to look for; empty means this host's own places.
	EmbeddedKubeconfig string
	K3sKubeconfig      string
}

// WrongChoiceError says that the flags do not name a cluster.
type WrongChoiceError struct{ text string }

func (e *WrongChoiceError) Error() string { return e.text }

// Usage marks the error as one of the command line.
func (e *WrongChoiceError) Usage() bool { return true }

// ErrDeclined says that a person answered no.
var ErrDeclined = errors.New("not confirmed, nothing was changed")

// Choose returns the cluster to work on, one that answers: the one named outright, else the embedded cluster of this
// host, else its k3s. Another one only by Cluster: "current", and only when Confirm says yes.
func Choose(ctx context.Context, choice Choice) (*Cluster, error) {
	if choice.Kubeconfig != "" || choice.Context != "" {
		return answering(ctx, Named, choice.Kubeconfig, choice.Context)
	}
	embedded := cmp.Or(choice.EmbeddedKubeconfig, EmbeddedKubeconfig())
	k3s := cmp.Or(choice.K3sKubeconfig, K3sKubeconfig)
	switch choice.Cluster {
	case string(Embedded):
		cluster, err := local(ctx, Embedded, embedded)
		if err != nil {
			return nil, fmt.Errorf("%w\nnext: factory cluster start", err)
		}
		return cluster, nil
	case string(K3s):
		cluster, err := local(ctx, K3s, k3s)
		if err != nil {
			return nil, fmt.Errorf("%w\nnext: systemctl status k3s", err)
		}
		return cluster, nil
	case string(Current):
		return current(ctx, choice.Confirm)
	case "", auto:
		return firstOf(ctx, embedded, k3s)
	default:
		return nil, &WrongChoiceError{fmt.Sprintf("unknown cluster %q: want auto, embedded, k3s or current", choice.Cluster)}
	}
}

// EmbeddedKubeconfig is where the embedded cluster of this host writes its kubeconfig.
func EmbeddedKubeconfig() string {
	return filepath.Join(paths.Home(), "cluster", paths.Instance(), "kubeconfig.yaml")
}

func firstOf(ctx context.Context, embedded, k3s string) (*Cluster, error) {
	ours, notOurs := local(ctx, Embedded, embedded)
	if notOurs == nil {
		return ours, nil
	}
	theirs, notTheirs := local(ctx, K3s, k3s)
	if notTheirs == nil {
		return theirs, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("no cluster runs on this host:\n  %w\n  %w\nnext: factory cluster start   (or --cluster current for the cluster of your kubeconfig)", notOurs, notTheirs)
}

func local(ctx context.Context, kind Kind, path string) (*Cluster, error) {
	file, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: there is none (no %s)", kind, path)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", kind, err)
	}
	file.Close()
	if kind == Embedded && isStopped(path) {
		return nil, fmt.Errorf("%s: it is stopped", kind)
	}
	cluster, err := answering(ctx, kind, path, "")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kind, err)
	}
	return cluster, nil
}

// isStopped tells whether the record that factory-cluster keeps beside its kubeconfig says that nothing runs. Asking the address would
// take until a timeout: the node and its network are gone, and somebody else may answer there.
func isStopped(kubeconfig string) bool {
	data, err := os.ReadFile(filepath.Join(filepath.Dir(kubeconfig), "cluster.json"))
	if err != nil {
		return false
	}
	var record struct {
		PID int `json:"pid"`
	}
	return json.Unmarshal(data, &record) == nil && (record.PID == 0 || errors.Is(syscall.Kill(record.PID, 0), syscall.ESRCH))
}

func current(ctx context.Context, confirm func(string) (bool, error)) (*Cluster, error) {
	cluster, err := answering(ctx, Current, "", "")
	if err != nil {
		return nil, err
	}
	if confirm == nil {
		return nil, &WrongChoiceError{fmt.Sprintf("%s is not this host's: nobody is there to confirm it\nnext: say --yes", cluster)}
	}
	yes, err := confirm(fmt.Sprintf("Work on %s?", cluster))
	if err != nil {
		return nil, err
	}
	if !yes {
		return nil, ErrDeclined
	}
	return cluster, nil
}

// answering opens a kubeconfig and has the API say its version.
func answering(ctx context.Context, kind Kind, path, contextName string) (*Cluster, error) {
	cluster, err := Open(kind, path, contextName)
	if err != nil {
		return nil, err
	}
	if err := cluster.Answers(ctx); err != nil {
		return nil, err
	}
	return cluster, nil
}

// Answers returns nil when the API says its version within three seconds.
func (c *Cluster) Answers(ctx context.Context) error {
	client, err := c.Client()
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	if err := client.Discovery().RESTClient().Get().AbsPath("/version").Do(limited).Error(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if judged := c.Judge(err); judged != err {
			return judged
		}
		return fmt.Errorf("%s does not answer: %w", c.Server, err)
	}
	return nil
}
