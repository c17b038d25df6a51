package main

import (
	"context"
	"io"

	ctrl "sigs.k8s.io/controller-runtime"

	config "github.com/cert-manager/cert-manager/internal/apis/config/webhook"
	"github.com/cert-manager/cert-manager/internal/apis/config/webhook/validation"
	"github.com/cert-manager/cert-manager/internal/webhook"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/webhook/configfile"
	"github.com/cert-manager/cert-manager/pkg/webhook/options"
)

func webhookSource() source[config.WebhookConfiguration] {
	return source[config.WebhookConfiguration]{
		defaults: options.NewWebhookConfiguration,
		file: func(path string) (*config.WebhookConfiguration, error) {
			file := configfile.New()
			err := loadFile(path, file)
			return file.Config, err
		},
		flags:    options.AddConfigFlags,
		validate: validation.ValidateWebhookConfiguration,
	}
}

// runWebhook serves admission requests until ctx ends.
func runWebhook(ctx context.Context, args []string, stderr io.Writer) error {
	settings, err := webhookSource().read("webhook", args, stderr)
	if err != nil {
		return err
	}
	if err := apply(&settings.Logging, settings.FeatureGates); err != nil {
		return err
	}
	ctx = logf.NewContext(ctx, logf.Log, "webhook")
	log := logf.FromContext(ctx)
	ctrl.SetLogger(log)
	server, err := webhook.NewCertManagerWebhookServer(log, *settings)
	if err != nil {
		return err
	}
	return server.Run(ctx)
}
