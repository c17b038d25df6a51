package certs_test

import (
	"os"
	"testing"

	"github.com/helm-chart-factory/factory/factory/clustertest"
)

func TestMain(m *testing.M) { os.Exit(clustertest.Run(m)) }
