package rollout

import (
	"fmt"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// denials are the places that this person may not watch. Without the objects themselves there is nothing to wait for;
// without what explains them, such as events, the waiting goes on and tells less.
type denials struct {
	mu     sync.Mutex
	needed map[place]bool
	noted  map[place]error
	// credentials is set when the API server does not know the person any more: nothing can be watched then.
	credentials error
}

// need marks a place without which the waiting makes no sense.
func (d *denials) need(at place) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.needed == nil {
		d.needed = map[place]bool{}
	}
	d.needed[at] = true
}

// note keeps an error that trying again does not cure, and tells whether it was one.
func (d *denials) note(at place, err error) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case apierrors.IsUnauthorized(err):
		d.credentials = err
	case apierrors.IsForbidden(err):
		if d.noted == nil {
			d.noted = map[place]error{}
		}
		d.noted[at] = err
	default:
		return false
	}
	return true
}

func (d *denials) at(at place) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.noted[at]
}

func (d *denials) altogether() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.credentials
}

// fatal returns what makes waiting senseless, or nil.
func (d *denials) fatal() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.credentials != nil {
		return fmt.Errorf("watching the release: %w", d.credentials)
	}
	for at, err := range d.noted {
		if d.needed[at] {
			return fmt.Errorf("watching the release: %w", err)
		}
	}
	return nil
}
