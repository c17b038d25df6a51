module github.com/helm-chart-factory/factory

go 1.26
