{{/*
What runs: a part and the port it serves on.
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
Who connects to whom within the release, and nobody else does. Both sides of the NetworkPolicies are made from it.
*/}}
{{- define "uptimepulse.connections" -}}
dashboard-ui: [api-gateway]
api-gateway: [ping-agent, prometheus, alert-logger]
{{- /* To every part's /metrics. Its own it reads over loopback. */}}
prometheus: [ping-agent, api-gateway, alert-logger, dashboard-ui, demo-target, alertmanager, grafana]
alertmanager: [alert-logger]
{{- /* To reconcile its incidents with what they know. */}}
alert-logger: [prometheus, alertmanager]
grafana: [prometheus]
{{- /* Any part can be a target, other agents among them. */}}
ping-agent: [ping-agent, api-gateway, alert-logger, dashboard-ui, demo-target, prometheus, alertmanager, grafana]
{{- end }}
