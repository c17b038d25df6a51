{{- define "factory-issuer.labels" -}}
app.kubernetes.io/name: factory-issuer
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}
