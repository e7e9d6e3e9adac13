{{/*
Helpers for one part take (list $ "NAME").
*/}}

{{/*
The selector of a part's pods. A selector can't be changed.
*/}}
{{- define "uptimepulse.selector" -}}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
{{- end }}

{{- define "uptimepulse.podLabels" -}}
app: {{ index . 1 }}
{{ include "uptimepulse.selector" . }}
app.kubernetes.io/part-of: uptimepulse
{{- end }}

{{- define "uptimepulse.labels" -}}
{{ include "uptimepulse.podLabels" . }}
app.kubernetes.io/version: {{ include "uptimepulse.tag" . | quote }}
{{ include "uptimepulse.releaseLabels" (index . 0) }}
{{- end }}

{{/*
Labels of every object.
*/}}
{{- define "uptimepulse.releaseLabels" -}}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "uptimepulse.metadata" -}}
name: {{ index . 1 }}
namespace: {{ (index . 0).Release.Namespace }}
labels:
  {{- include "uptimepulse.labels" . | nindent 2 }}
{{- end }}

{{- define "uptimepulse.port" -}}
{{ get (include "uptimepulse.parts" (index . 0) | fromYaml) (index . 1) }}
{{- end }}

{{- define "uptimepulse.tag" -}}
{{- $name := index . 1 -}}
{{- get (index . 0).Values.images.tags $name | required (printf "images.tags.%s is not set: `nix run .#load-images` writes the tags for Terraform" $name) }}
{{- end }}

{{/*
The metadata of a pod, without the annotations that only some pods have.
*/}}
{{- define "uptimepulse.podMetadata" -}}
labels:
  {{- include "uptimepulse.podLabels" . | nindent 2 }}
annotations:
  prometheus.io/scrape: "true"
  prometheus.io/port: {{ include "uptimepulse.port" . | quote }}
  prometheus.io/path: /metrics
{{- end }}

{{/*
The beginning of every pod's spec: no token for the API server, and the restricted Pod Security profile.
*/}}
{{- define "uptimepulse.podSecurity" -}}
automountServiceAccountToken: false
# Otherwise every Service of the namespace becomes environment variables, for example PROMETHEUS_PORT.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65534
  runAsGroup: 65534
  fsGroup: 65534
  # Otherwise the owner of every file on the volume is changed at every start.
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{- define "uptimepulse.pod" -}}
serviceAccountName: {{ index . 1 }}
{{ include "uptimepulse.podSecurity" . }}
{{- end }}

{{/*
The beginning of every container. Its name is also the name of its image.
*/}}
{{- define "uptimepulse.containerSecurity" -}}
{{- $root := index . 0 -}}
name: {{ index . 1 }}
image: "{{ list $root.Values.images.registry "uptimepulse" (index . 1) | compact | join "/" }}:{{ include "uptimepulse.tag" . }}"
imagePullPolicy: {{ empty $root.Values.images.registry | ternary "Never" "IfNotPresent" }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
resources:
  {{- get $root.Values.resources (index . 1) | toYaml | nindent 2 }}
{{- end }}

{{/*
The probes of a container: (list PORT ALIVE READY). If it is not alive it is restarted; if it is not ready it gets no traffic.
*/}}
{{- define "uptimepulse.probes" }}
livenessProbe:
  httpGet:
    path: {{ index . 1 }}
    port: {{ index . 0 }}
  periodSeconds: 10
  timeoutSeconds: 5
readinessProbe:
  httpGet:
    path: {{ index . 2 }}
    port: {{ index . 0 }}
  periodSeconds: 5
  timeoutSeconds: 5
{{- end }}

{{/*
The container of a part: (list $ "NAME" ALIVE READY).
*/}}
{{- define "uptimepulse.container" -}}
{{ include "uptimepulse.containerSecurity" . }}
ports:
  - name: http
    containerPort: {{ include "uptimepulse.port" . }}
{{- include "uptimepulse.probes" (list "http" (index . 2) (index . 3)) }}
{{- end }}

{{- define "uptimepulse.serviceContainer" -}}
{{ include "uptimepulse.container" (concat . (list "/healthz" "/readyz")) }}
{{- end }}

{{/*
The environment variables that all our services share.
*/}}
{{- define "uptimepulse.serviceEnv" -}}
- name: LOG_FORMAT
  value: json
{{- end }}

{{/*
A delay before a pod stops, so that all clients know that it gets no more requests. It needs Kubernetes 1.30, and no shell.
*/}}
{{- define "uptimepulse.lingering" -}}
lifecycle:
  preStop:
    sleep:
      seconds: 3
{{- end }}

{{/*
The sidecar that makes a server reload, over loopback, when a folder that both mount changes: (list $ URL FOLDERS). FOLDERS maps
each volume to its folder.
*/}}
{{- define "uptimepulse.reloader" -}}
{{ include "uptimepulse.containerSecurity" (list (index . 0) "config-reloader") }}
env:
  {{- include "uptimepulse.serviceEnv" . | nindent 2 }}
  - name: WATCH_DIRS
    value: {{ values (index . 2) | sortAlpha | join "," }}
  - name: RELOAD_URL
    value: {{ index . 1 }}
ports:
  - name: reloader
    containerPort: 8080
{{- include "uptimepulse.probes" (list "reloader" "/healthz" "/readyz") }}
volumeMounts:
  {{- range $volume, $folder := index . 2 }}
  - name: {{ $volume }}
    mountPath: {{ $folder }}
    readOnly: true
  {{- end }}
{{- end }}

{{- define "uptimepulse.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "uptimepulse.metadata" . | nindent 2 }}
spec:
  selector:
    {{- include "uptimepulse.selector" . | nindent 4 }}
  ports:
    - name: http
      port: {{ include "uptimepulse.port" . }}
      targetPort: http
{{- end }}
