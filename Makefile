# Everything goes through the factory binary; these targets are its short names.
# `make help` lists them.

FACTORY := bin/factory

# One set of build flags everywhere: another set would compile Helm and Kubernetes a second time.
export CGO_ENABLED := 0
export GOFLAGS := $(GOFLAGS) -trimpath

.DEFAULT_GOAL := help

.PHONY: help
help: ## List what there is
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-24s %s\n", $$1, $$2}'

##@ The stack

.PHONY: up
up: $(FACTORY) ## Run the whole stack on this machine, and say how to reach it
	@$(FACTORY) up

.PHONY: down
down: $(FACTORY) ## Remove what `make up` made; volumes stay (VOLUMES=1 removes them too)
	@$(FACTORY) down $(if $(VOLUMES),--volumes)

.PHONY: status
status: $(FACTORY) ## What runs, and whether it is Ready
	@$(FACTORY) status

.PHONY: doctor
doctor: $(FACTORY) ## What is wrong, why, and how to put it right (FIX=1 does what is safe)
	@$(FACTORY) doctor $(if $(FIX),--fix)

##@ The steps of `make up`, each by itself

.PHONY: setup-registry
setup-registry: $(FACTORY) ## The registry at localhost:5000
	@$(FACTORY) setup-registry

.PHONY: bases
bases: $(FACTORY) ## Stand-in base images, where Docker Hub cannot be reached
	@$(FACTORY) bases

.PHONY: build-images
build-images: $(FACTORY) ## Each service's image, built and pushed
	@$(FACTORY) build

.PHONY: configure-k3s-registry
configure-k3s-registry: $(FACTORY) ## k3s' registries.yaml
	@$(FACTORY) configure-k3s-registry

.PHONY: install-cert-manager
install-cert-manager: $(FACTORY) ## cert-manager and the issuer factory-self-ca
	@$(FACTORY) install-cert-manager

.PHONY: generate-all
generate-all: $(FACTORY) ## specs -> umbrella-chart/charts/
	@$(FACTORY) generate-all

.PHONY: sync
sync: $(FACTORY) ## specs -> umbrella-chart/, all of it
	@$(FACTORY) sync

.PHONY: deploy
deploy: $(FACTORY) ## Release umbrella-chart/
	@$(FACTORY) deploy

##@ Working on factory

.PHONY: build
build: $(FACTORY) ## bin/factory

.PHONY: FORCE
$(FACTORY): FORCE
	@[ -e $@ ] || echo "building bin/factory: some minutes the first time, seconds from then on" >&2
	@go build -ldflags "-s -w" -o $@ ./factory

.PHONY: cluster
cluster: $(FACTORY) ## The embedded cluster's program and images (built once, minutes)
	@$(FACTORY) cluster build

.PHONY: test
test: ## Everything: lint, unit, golden, CLI scripts, registry, services, cluster, end to end
	@.ci/test

.PHONY: lint
lint: ## gofmt, go vet, staticcheck, the frontend's linter, factory lint
	@.ci/lint

.PHONY: golden
golden: ## Rewrite the expected output of golden tests; read the difference before you commit it
	go test ./factory ./factory/spec ./factory/subchart -update

.PHONY: bench
bench: $(FACTORY) ## The figures of README.md, measured here
	@.ci/bench

.PHONY: clean
clean: ## Remove bin/ and what can be built again
	rm -rf bin services/frontend/dist services/frontend/node_modules
