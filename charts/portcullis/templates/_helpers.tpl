{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{/* Labels that a selector uses: (list $ COMPONENT) */}}
{{- define "portcullis.selector" -}}
app.kubernetes.io/name: portcullis
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "portcullis.labels" -}}
{{- $root := index . 0 -}}
{{ include "portcullis.selector" . }}
app.kubernetes.io/part-of: portcullis
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
{{- end }}

{{/* What everything but CRDs and configurations belongs to when Argo CD applies it. */}}
{{- define "portcullis.wave" -}}
argocd.argoproj.io/sync-wave: "-1"
{{- end }}

{{- define "portcullis.image" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $digest := index $root.Values.image.digests $name -}}
{{- $repository := printf "%s/portcullis-%s" (trimSuffix "/" $root.Values.image.registry) $name -}}
{{- if $digest -}}
{{ $repository }}@{{ $digest }}
{{- else -}}
{{ $repository }}:{{ $root.Values.image.tag | default $root.Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- define "portcullis.pullSecrets" -}}
{{- range . }}
- name: {{ . }}
{{- end }}
{{- end }}

{{- define "portcullis.workerClass" -}}
{{ .Values.worker.priorityClassName | default "portcullis-worker" }}
{{- end }}

{{/* What the operator makes worker pods from, beside the FirewallConfig. */}}
{{- define "portcullis.workerPod" -}}
{{- $pod := dict
  "imagePullPolicy" .Values.image.pullPolicy
  "priorityClassName" (include "portcullis.workerClass" .)
  "tolerations" .Values.worker.tolerations
  "privileged" .Values.worker.privileged
  "stateDir" .Values.agent.stateDir
  "hugepagesDir" .Values.agent.hugepagesDir -}}
{{- with .Values.image.pullSecrets }}{{ $_ := set $pod "imagePullSecrets" . }}{{ end -}}
{{- with .Values.worker.podLabels }}{{ $_ := set $pod "labels" . }}{{ end -}}
{{- with .Values.worker.podAnnotations }}{{ $_ := set $pod "annotations" . }}{{ end -}}
{{ $pod | toJson }}
{{- end }}
