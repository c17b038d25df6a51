package cmd

import "github.com/spf13/cobra"

// commands lists every verb, in the order in which a newcomer meets them.
func commands(a *app) []*cobra.Command {
	return []*cobra.Command{
		newInit(a),
		newNew(a),
		newUp(a),
		newDown(a),
		newGenerate(a),
		newGenerateAll(a),
		newSync(a),
		newLint(a),
		newExplain(a),
		newSchema(a),
		newImport(a),
		newCluster(a),
		newInstallCertManager(a),
		newPlan(a),
		newDeploy(a),
		newDev(a),
		newStatus(a),
		newDoctor(a),
		newLogs(a),
		newOpen(a),
		newHistory(a),
		newRollback(a),
		newDestroy(a),
		newSetupRegistry(a),
		newConfigureK3sRegistry(a),
		newBases(a),
		newBuild(a),
		newRender(a),
		newPackage(a),
		newPush(a),
		newRegistryServe(a),
	}
}
