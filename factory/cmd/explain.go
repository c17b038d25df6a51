package cmd

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/helm-chart-factory/factory/factory/explain"
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/templates"
)

func newExplain(a *app) *cobra.Command {
	var env environmentFlag
	c := &cobra.Command{
		Use:   "explain SERVICE KIND[/NAME] [PATH] | SERVICE[.KEY] | project.KEY",
		Short: "Tell where a value of a manifest comes from, or what a key of a spec means",
		Long: `Tells why a leaf of a manifest has its value: the line of a spec, the default, or the line of a
template that decides it, and what it passes through on its way. Without PATH, or with one that
leads to a part, it lists all leaves of it. Nothing is written and no cluster is asked.

PATH is written as in spec.template.spec.containers[0].image, containers[name=web] or
metadata.labels[app.kubernetes.io/name].

With SERVICE.KEY or project.KEY it tells what a key of service.yaml or of factory.yaml means, and
where it is said; with SERVICE alone, which manifests there are.`,
		Example: `  factory explain backend Deployment spec.template.spec.containers[0].resources.limits.memory
  factory explain backend Deployment 'spec.template.spec.containers[name=backend].env'
  factory explain backend NetworkPolicy --env prod -o json
  factory explain backend.health.ready
  factory explain project.issuer.type`,
		Args:              cobra.RangeArgs(1, 3),
		ValidArgsFunction: a.completeExplain,
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := spec.Load(a.dir)
			if err != nil {
				return err
			}
			if len(args) == 1 {
				return a.explainWord(p, args[0], env.name)
			}
			s, err := explain.New(p, templates.Files, args[0], env.name)
			if err != nil {
				return err
			}
			answers, err := s.Leaves(args[1], strings.Join(args[2:], ""))
			if err != nil {
				return err
			}
			return a.printAnswers(answers)
		},
	}
	env.bind(a, c)
	return c
}

// explainWord answers for one word: a service's manifests, or a key.
func (a *app) explainWord(p *spec.Project, word, environment string) error {
	if p.Service(word) != nil {
		s, err := explain.New(p, templates.Files, word, environment)
		if err != nil {
			return err
		}
		objects, err := s.Objects()
		if err != nil {
			return err
		}
		if a.output == "json" {
			return json.NewEncoder(a.Out).Encode(objects)
		}
		fmt.Fprintln(a.Out, strings.Join(objects, "\n"))
		return nil
	}
	key, err := explain.Describe(p, word)
	if err != nil {
		return err
	}
	if a.output == "json" {
		return json.NewEncoder(a.Out).Encode(key)
	}
	a.printKey(key)
	return nil
}

// completeExplain offers the names of services, then the kinds of the manifests that the service has.
func (a *app) completeExplain(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return a.completeServices(c, args, word)
	}
	p, err := spec.Load(a.dir)
	if err != nil || len(args) > 1 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	s, err := explain.New(p, templates.Files, args[0], "")
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	objects, err := s.Objects()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return objects, cobra.ShellCompDirectiveNoFileComp
}
