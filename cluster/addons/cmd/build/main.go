// Command build builds the add-ons' images without the cluster's binary: go run ./addons/cmd/build [NAME…].
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/helm-chart-factory/factory/cluster/addons"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	source := flag.String("source", "addons", "directory with the add-ons' modules")
	cache := flag.String("cache", defaultCache(), "directory whose images/ takes the archives")
	flag.Parse()
	o := addons.BuildOptions{Source: *source, Cache: *cache, Names: flag.Args(), Out: os.Stderr}
	if err := addons.Build(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func defaultCache() string {
	if dir := os.Getenv("FACTORY_CACHE"); dir != "" {
		return dir
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return ".cache"
	}
	return filepath.Join(dir, "factory")
}
