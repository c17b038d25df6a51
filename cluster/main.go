package main

import (
	"os"

	"github.com/helm-chart-factory/factory/cluster/internal/component"
)

func main() {
	if len(os.Args) > 1 {
		if code, ok := component.Run(os.Args[1], os.Args[2:]); ok {
			os.Exit(code)
		}
	}
}
