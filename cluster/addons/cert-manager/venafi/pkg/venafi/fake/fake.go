// Package fake is there for `go mod tidy`, which reads the imports of cert-manager's tests.
package fake
