{{- /* The pod of every kind of workload. Texts are written by toJson: whatever they hold, they stay one text. */ -}}
{{- define "pod" -}}
metadata:
  labels:
    {{- include "selector" . | nindent 4 }}
  {{- with .Values.metrics }}
  annotations:
    prometheus.io/scrape: "true"
    prometheus.io/port: "{{ (index $.Values.ports .port).container }}"
    prometheus.io/path: {{ toJson .path }}
  {{- end }}
spec:
  serviceAccountName: {{ toJson .Chart.Name }}
  automountServiceAccountToken: {{ or .Values.rules .Values.clusterRules | empty | not }}
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ int64 .Values.gracePeriodSeconds }}
  securityContext:
    runAsNonRoot: true
    runAsUser: {{ int64 .Values.security.runAsUser }}
    runAsGroup: {{ int64 .Values.security.runAsGroup }}
    fsGroup: {{ int64 .Values.security.fsGroup }}
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
    {{- with .Values.security.sysctls }}
    sysctls: {{ toJson . }}
    {{- end }}
  containers:
    - name: {{ toJson .Chart.Name }}
      {{- with .Values.image }}
      image: "{{ .repository }}{{ with .digest }}@{{ . }}{{ else }}:{{ .tag }}{{ end }}"
      imagePullPolicy: {{ .pullPolicy | default (and (eq .tag "latest") (not .digest) | ternary "Always" "IfNotPresent") }}
      {{- end }}
      {{- with .Values.command }}
      command: {{ toJson . }}
      {{- end }}
      {{- with .Values.args }}
      args: {{ toJson . }}
      {{- end }}
      {{- if or .Values.env .Values.envExpanded }}
      env:
        {{- range $name, $value := .Values.env }}
        - name: {{ toJson $name }}
          {{ if kindIs "string" $value }}value{{ else }}valueFrom{{ end }}: {{ toJson $value }}
        {{- end }}
        {{- range .Values.envExpanded }}
        - {{ toJson . }}
        {{- end }}
      {{- end }}
      {{- with .Values.ports }}
      ports:
        {{- range $name, $port := . }}
        - name: {{ toJson $name }}
          containerPort: {{ $port.container }}
          {{- with $port.protocol }}
          protocol: {{ . }}
          {{- end }}
        {{- end }}
      {{- end }}
      {{- range $kind, $probe := .Values.probes }}
      {{ $kind }}Probe: {{ toJson $probe }}
      {{- end }}
      resources: {{ toJson .Values.resources }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: {{ .Values.security.readOnlyRootFilesystem }}
        capabilities: {drop: [ALL]}
      {{- if or .Values.volumes .Values.claims }}
      volumeMounts:
        {{- range $name, $volume := .Values.volumes }}
        - {name: {{ toJson $name }}, mountPath: {{ toJson $volume.path }}}
        {{- end }}
        {{- range $name, $claim := .Values.claims }}
        {{- if $claim.path }}
        - {name: {{ toJson $name }}, mountPath: {{ toJson $claim.path }}}
        {{- end }}
        {{- end }}
      {{- end }}
  {{- with .Values.volumes }}
  volumes:
    {{- range $name, $volume := . }}
    - name: {{ toJson $name }}
      {{- range $kind, $source := $volume.source }}
      {{ $kind }}: {{ toJson $source }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}
