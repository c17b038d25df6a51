package spec

import "go.yaml.in/yaml/v3"

// Account is the service account that the pods run as. Short form: the name of one that exists.
//
//spec:schema {anyOf: [{type: [string, number]}, {$ref: long}]}
type Account struct {
	// Create makes the account with the release; false uses one that exists. Default: true.
	Create bool `spec:"create"`
	// Name is the account's. Default: the service's name. Example: shop-api.
	Name string `spec:"name"`
	// Annotations go to the account, where clouds look for a role. Example: {eks.amazonaws.com/role-arn: "arn:aws:iam::123456789012:role/api"}.
	Annotations map[string]string `spec:"annotations"`
	// Token gives the pods a token for the Kubernetes API. Default: only with access. Example: true.
	Token *bool `spec:"token"`
}

func (a *Account) decodeNode(d *decoder, n *yaml.Node) {
	a.Create = true
	if n.Kind == yaml.ScalarNode {
		a.Name, _ = d.text(n)
		a.Create = false
		return
	}
	type long Account
	d.decode(n, (*long)(a))
}

// AccountName returns the name of the service account that the pods run as.
func (s *Service) AccountName() string {
	if s.Account != nil && s.Account.Name != "" {
		return s.Account.Name
	}
	return s.Name
}

// OwnsAccount tells whether the release makes the service account.
func (s *Service) OwnsAccount() bool { return s.Account == nil || s.Account.Create }

func (l *loader) checkAccount(s *Service) {
	a := s.Account
	if a == nil {
		return
	}
	if a.Name != "" && !isSubdomain(a.Name) {
		l.problems.add(s.At("account", "name"), "%q cannot be the name of a service account: use small letters, digits, - and .", short(a.Name))
	}
	if !a.Create && a.Name == "" {
		l.problems.add(s.At("account"), "name the service account that exists, or let one be made")
	}
	if !a.Create && len(a.Annotations) > 0 {
		l.problems.add(s.At("account", "annotations"), "an account that exists is not changed: annotate it where it is made, or let one be made")
	}
	if a.Token != nil && !*a.Token && len(s.Access) > 0 {
		l.problems.add(s.At("account", "token"), "without a token the pods could not use what access gives them: leave one of the two out")
	}
	l.checkAnnotations(s, a.Annotations, "account", "annotations")
}
