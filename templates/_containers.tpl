{{- /* A container before or beside the service's own, the second of a list whose first is the root. */ -}}
{{- define "other" }}
{{- $root := first . }}
{{- with last . }}
  - name: {{ toJson .name }}
    {{- if not .image }}
    {{- template "image" $root.Values.image }}
    {{- end }}
    {{- if not .securityContext }}
    securityContext: {{ template "hardened" }}
    {{- end }}
    {{- range $field, $value := omit . "name" }}
    {{ $field }}: {{ toJson $value }}
    {{- end }}
{{- end }}
{{- end -}}
