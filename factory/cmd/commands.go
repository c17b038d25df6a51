package cmd

import "github.com/spf13/cobra"

// commands lists every verb, in the order in which a newcomer meets them.
func commands(a *app) []*cobra.Command {
	return []*cobra.Command{
		newCluster(a),
		newSetupRegistry(a),
		newRegistryServe(a),
	}
}
