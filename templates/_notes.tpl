{{- /* The less usual ways to reach a service: a part of the notes of those charts that have them. */ -}}
{{- define "notes" }}
{{- range list .Values.httpRoute .Values.grpcRoute }}
{{- with . }}
  from outside     {{ join ", " .hosts }} at {{ keys .paths | sortAlpha | join ", " }}, through the Gateway {{ (first .parents).name }}
{{- end }}
{{- end }}
{{- with (.Values.service).type }}
{{- if eq . "LoadBalancer" }}
  from outside     the address that this prints, once the cluster has given it:
                   kubectl get service -n {{ $.Release.Namespace }} {{ $.Chart.Name }} -o jsonpath='{.status.loadBalancer.ingress[0]}'
{{- end }}
  from the nodes   the ports that this prints, at the address of any node:
                   kubectl get service -n {{ $.Release.Namespace }} {{ $.Chart.Name }} -o jsonpath='{.spec.ports[*].nodePort}'
{{- end }}
{{- with (.Values.workload).schedule }}
  runs at          {{ . }}
  run it now       kubectl create job -n {{ $.Release.Namespace }} {{ $.Chart.Name }}-now --from=cronjob/{{ $.Chart.Name }}
{{- end }}
{{- end -}}
