{{- /* What selects a pod. It never changes, since a workload's selector cannot. */ -}}
{{- define "selector" -}}
app.kubernetes.io/name: {{ toJson .Chart.Name }}
app.kubernetes.io/instance: {{ toJson .Release.Name }}
{{- end -}}

{{- define "labels" -}}
{{ include "selector" . }}
app.kubernetes.io/part-of: {{ toJson .Values.project }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}
