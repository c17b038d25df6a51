package spec

// The kinds of store that an ExternalSecret reads.
const (
	SecretStore        = "SecretStore"
	ClusterSecretStore = "ClusterSecretStore"
)

// Secret is one value of the service's Secret: either generated once or fetched from outside.
type Secret struct {
	// Generate is the number of letters and digits, 8 to 256. Example: 24.
	Generate int `spec:"generate,or"`
	// External is where the value is kept outside of the cluster; an ExternalSecret fetches it. Example: {store: vault, key: shop/mail}.
	External *External `spec:"external,or"`
}

// External is a value in a store that the External Secrets operator knows.
type External struct {
	// Store is the name of the store. All external values of a service are fetched together. Example: vault.
	Store string `spec:"store,required"`
	// StoreKind is SecretStore (one of the release's namespace) or ClusterSecretStore. Default: SecretStore.
	StoreKind string `spec:"storeKind,enum=SecretStore|ClusterSecretStore"`
	// Key is the name of the value in the store. Example: shop/mail.
	Key string `spec:"key,required"`
	// Property is the part of a value that has several. Default: the whole. Example: password.
	Property string `spec:"property"`
	// Refresh is the time after which the value is fetched again, the same for all of a service; 0s is never. Default: 1h.
	Refresh *Duration `spec:"refresh"`
}

// Generates tells whether any value of the service's Secret is generated.
func (s *Service) Generates() bool {
	for _, secret := range s.Secrets {
		if secret.External == nil {
			return true
		}
	}
	return false
}

// Fetches tells whether any value of the service's Secret comes from outside.
func (s *Service) Fetches() bool {
	for _, secret := range s.Secrets {
		if secret.External != nil {
			return true
		}
	}
	return false
}

func (l *loader) checkSecrets(s *Service) {
	var first *External
	for _, key := range sortedKeys(s.Secrets) {
		secret := s.Secrets[key]
		at := func(path ...string) Position { return s.At(append([]string{"secrets", key}, path...)...) }
		if !isSecretKey(key) {
			l.problems.add(at(), "%q cannot be a key of a Secret: use letters, digits, -, _ and .", short(key))
		}
		e := secret.External
		if e == nil {
			if !s.source.has("secrets", key, "generate") {
				l.problems.add(at(), "a secret says where its value comes from: {generate: 24}, or {external: {store: NAME, key: KEY}}")
			} else if secret.Generate < 8 || secret.Generate > 256 {
				l.problems.add(at("generate"), "a generated value has 8 to 256 letters and digits, not %d", secret.Generate)
			}
			continue
		}
		if secret.Generate != 0 {
			l.problems.add(at(), "generate and external are both said: keep one of them")
		}
		if !isObjectName(e.Store) {
			l.problems.add(at("external", "store"), "%q is not a store: use the name of a SecretStore or a ClusterSecretStore", short(e.Store))
		}
		if e.Key == "" {
			l.problems.add(at("external"), `an external value needs "key", its name in the store`)
		}
		if first == nil {
			first = e
		} else if e.Refreshed() != first.Refreshed() {
			l.problems.add(at("external", "refresh"), "the values of a service are fetched together, one of them each %s, this one each %s: say the same for all", first.Refreshed(), e.Refreshed())
		}
	}
}

// Refreshed is the time after which the value is fetched again.
func (e *External) Refreshed() Duration {
	if e.Refresh == nil {
		return Duration(3600e9)
	}
	return *e.Refresh
}
