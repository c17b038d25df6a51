{{- define "labels" }}
    app.kubernetes.io/name: "{{ .Chart.Name }}"
    app.kubernetes.io/instance: "{{ .Release.Name }}"
    app.kubernetes.io/part-of: "{{ .Values.project }}"
    {{- with .Values.image.tag }}
    app.kubernetes.io/version: "{{ . | trunc 63 | trimAll "-_." }}"
    {{- end }}
    app.kubernetes.io/managed-by: Helm
    helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
    {{- range $key, $value := .Values.labels }}
    {{ toJson $key }}: {{ toJson $value }}
    {{- end }}
{{- end -}}

{{- /* The pod of every kind of workload. What a spec can say of a pod or a container beyond its identity is in values in
Kubernetes' own words and goes through as it is. toJson writes texts: whatever they hold, they stay one text. */ -}}
{{- define "pod" -}}
metadata:
  labels: {app.kubernetes.io/name: "{{ .Chart.Name }}", app.kubernetes.io/instance: "{{ .Release.Name }}"{{ range $key, $value := .Values.podLabels }}, {{ toJson $key }}: {{ toJson $value }}{{ end }}}
  {{- with .Values.podAnnotations }}
  annotations: {{ toJson . }}
  {{- end }}
spec:
  serviceAccountName: "{{ .Chart.Name }}"
  {{- if or .Values.rules .Values.clusterRules }}
  automountServiceAccountToken: true
  {{- end }}
  enableServiceLinks: false
  securityContext:
    runAsNonRoot: true
    runAsUser: {{ int64 .Values.user }}
    runAsGroup: {{ int64 (or .Values.group .Values.user) }}
    seccompProfile: {type: RuntimeDefault}
    {{- range $field, $value := .Values.security }}
    {{ $field }}: {{ toJson $value }}
    {{- end }}
  {{- range $field, $value := .Values.pod }}
  {{ $field }}: {{ toJson $value }}
  {{- end }}
  containers:
  - name: "{{ .Chart.Name }}"
    {{- with .Values.image }}
    image: "{{ .repository }}{{ with .digest }}@{{ . }}{{ else }}:{{ .tag }}{{ end }}"
    imagePullPolicy: {{ with .pullPolicy }}{{ . }}{{ else }}{{ if or .digest (ne .tag "latest") }}IfNotPresent{{ else }}Always{{ end }}{{ end }}
    {{- end }}
    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, readOnlyRootFilesystem: {{ not .Values.writableRootFilesystem }}}
    {{- range $field, $value := .Values.container }}
    {{ $field }}: {{ toJson $value }}
    {{- end }}
    {{- with .Values.ports }}
    ports:
      {{- range $name, $port := . }}
      - {name: {{ toJson $name }}, containerPort: {{ $port.container }}{{ with $port.protocol }}, protocol: {{ . }}{{ end }}}
      {{- end }}
    {{- end }}
    {{- if or .Values.env .Values.envExpanded }}
    env:
      {{- range $name, $value := .Values.env }}
      - {name: {{ toJson $name }}, {{ if kindIs "string" $value }}value: {{ toJson $value }}{{ else if kindIs "map" $value }}valueFrom: {{ toJson $value }}{{ else }}value: {{ toJson $value | quote }}{{ end }}}
      {{- end }}
      {{- range .Values.envExpanded }}
      - {{ toJson . }}
      {{- end }}
    {{- end }}
{{- end -}}
