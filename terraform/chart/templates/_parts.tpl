{{/*
The parts that run, each with its port.
*/}}
{{- define "uptimepulse.parts" -}}
alert-logger: 8080
alertmanager: 9093
api-gateway: 8080
dashboard-ui: 8080
ping-agent: 8080
prometheus: 9090
{{- if .Values.demo.enabled }}
demo-target: 8080
{{- end }}
{{- if .Values.grafana.enabled }}
grafana: 3000
{{- end }}
{{- end }}

{{/*
All connections within the release, by the part that opens them. The NetworkPolicies of both sides are generated from it.
*/}}
{{- define "uptimepulse.connections" -}}
dashboard-ui: [api-gateway]
api-gateway: [ping-agent, prometheus, alert-logger]
{{- /* Every part's /metrics. Prometheus reads its own over loopback. */}}
prometheus: [ping-agent, api-gateway, alert-logger, dashboard-ui, demo-target, alertmanager, grafana]
alertmanager: [alert-logger]
{{- /* To reconcile its incidents. */}}
alert-logger: [prometheus, alertmanager]
grafana: [prometheus]
{{- /* Any part can be a target, including other agents. */}}
ping-agent: [ping-agent, api-gateway, alert-logger, dashboard-ui, demo-target, prometheus, alertmanager, grafana]
{{- end }}
