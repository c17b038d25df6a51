{{- define "labels" }}
    app.kubernetes.io/name: "{{ .Chart.Name }}"
    app.kubernetes.io/instance: "{{ .Release.Name }}"
    app.kubernetes.io/part-of: "{{ .Values.project }}"
    {{- if and .Values.image.tag (ne .Values.image.tag "latest") }}
    app.kubernetes.io/version: "{{ .Values.image.tag | trunc 63 | trimAll "-_." }}"
    {{- end }}
    app.kubernetes.io/managed-by: Helm
    helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
    {{- range $key, $value := .Values.labels }}
    {{ toJson $key }}: {{ toJson $value }}
    {{- end }}
{{- end -}}

{{- /* The pod of every kind of workload. What a spec can say of a pod or a container beyond its identity is in values in
Kubernetes' own words and goes through as it is. toJson writes texts: whatever they hold, they stay one text. */ -}}
{{- define "pod" -}}
metadata:
  labels: {app.kubernetes.io/name: "{{ .Chart.Name }}", app.kubernetes.io/instance: "{{ .Release.Name }}"{{ range $key, $value := .Values.podLabels }}, {{ toJson $key }}: {{ toJson $value }}{{ end }}}
  {{- if or .Values.podAnnotations .Values.files }}
  annotations:
    {{- range $key, $value := .Values.podAnnotations }}
    {{ toJson $key }}: {{ toJson $value }}
    {{- end }}
    {{- with .Values.files }}
    checksum/files: {{ toJson . | sha256sum }}
    {{- end }}
  {{- end }}
spec:
  serviceAccountName: "{{ or (.Values.account).name .Chart.Name }}"
  {{- if or .Values.rules .Values.clusterRules }}
  automountServiceAccountToken: true
  {{- end }}
  enableServiceLinks: false
  securityContext:
    runAsNonRoot: {{ ne (int64 .Values.user) 0 }}
    runAsUser: {{ int64 .Values.user }}
    runAsGroup: {{ int64 (ternary .Values.group .Values.user (hasKey .Values "group")) }}
    seccompProfile: {type: RuntimeDefault}
    {{- range $field, $value := .Values.security }}
    {{ $field }}: {{ toJson $value }}
    {{- end }}
  {{- range $field, $value := .Values.pod }}
  {{ $field }}: {{ toJson $value }}
  {{- end }}
  {{- with .Values.spread }}
  topologySpreadConstraints:
    {{- range $label, $constraint := . }}
    - topologyKey: {{ toJson $label }}
      labelSelector: {matchLabels: {app.kubernetes.io/name: "{{ $.Chart.Name }}"}}
      {{- range $field, $value := $constraint }}
      {{ $field }}: {{ toJson $value }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- with .Values.initContainers }}
  initContainers:
  {{- range . }}
  {{- template "other" (list $ .) }}
  {{- end }}
  {{- end }}
  containers:
  - name: "{{ .Chart.Name }}"
    {{- template "image" .Values.image }}
    securityContext: {{ with .Values.containerSecurity }}{{ toJson . }}{{ else }}{{ template "hardened" }}{{ end }}
    {{- with .Values.drain }}
    lifecycle: {preStop: {sleep: {seconds: {{ int64 . }}}}}
    {{- end }}
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
  {{- range .Values.sidecars }}
  {{- template "other" (list $ .) }}
  {{- end }}
{{- end -}}

{{- define "image" }}
    image: "{{ .repository }}{{ with .digest }}@{{ . }}{{ else }}:{{ .tag }}{{ end }}"
    imagePullPolicy: {{ with .pullPolicy }}{{ . }}{{ else }}{{ if or .digest (ne .tag "latest") }}IfNotPresent{{ else }}Always{{ end }}{{ end }}
{{- end -}}

{{- define "hardened" }}{allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, readOnlyRootFilesystem: true}{{ end -}}
