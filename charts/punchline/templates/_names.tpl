{{/* Names and labels. */}}

{{- define "punchline.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* 40 characters, so that every suffix finds room in the 52 that a CronJob's name may have. */}}
{{- define "punchline.fullname" -}}
{{- $name := include "punchline.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* By these a Deployment knows its pods; they may never change. Takes root and component. */}}
{{- define "punchline.selector" -}}
app.kubernetes.io/name: {{ include "punchline.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Of pods: nothing that a new release of the chart alone would change, for that would be a rollout. */}}
{{- define "punchline.podLabels" -}}
{{ include "punchline.selector" . }}
app.kubernetes.io/part-of: {{ include "punchline.name" .root }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "punchline.labels" -}}
{{ include "punchline.podLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "punchline.image" -}}
{{- $image := index .root.Values.images .image -}}
{{- $name := $image.repository -}}
{{- with .root.Values.images.registry }}{{ $name = printf "%s/%s" (trimSuffix "/" .) $name }}{{ end -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $name $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (default .root.Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "punchline.serviceAccountName" -}}
{{- $account := (index .root.Values .component).serviceAccount -}}
{{- if $account.create -}}
{{- default (printf "%s-%s" (include "punchline.fullname" .root) .component) $account.name -}}
{{- else -}}
{{- default "default" $account.name -}}
{{- end -}}
{{- end -}}

{{/* Secrets: the one that is there, or the one that is made. */}}
{{- define "punchline.brokerSecret" -}}
{{- default (printf "%s-broker" (include "punchline.fullname" .)) .Values.broker.existingSecret -}}
{{- end -}}

{{/* Empty when the pods' role is used. */}}
{{- define "punchline.storeSecret" -}}
{{- if .Values.store.existingSecret -}}
{{- .Values.store.existingSecret -}}
{{- else if .Values.store.accessKeyId -}}
{{- printf "%s-store" (include "punchline.fullname" .) -}}
{{- end -}}
{{- end -}}

{{/* Empty when everyone is let in. */}}
{{- define "punchline.keysSecret" -}}
{{- if .Values.auth.existingSecret -}}
{{- .Values.auth.existingSecret -}}
{{- else if .Values.auth.keys -}}
{{- printf "%s-api-keys" (include "punchline.fullname" .) -}}
{{- end -}}
{{- end -}}

{{/* Empty when nobody is called back. */}}
{{- define "punchline.webhookSecret" -}}
{{- if .Values.webhooks.existingSecret -}}
{{- .Values.webhooks.existingSecret -}}
{{- else if .Values.webhooks.secret -}}
{{- printf "%s-webhooks" (include "punchline.fullname" .) -}}
{{- end -}}
{{- end -}}
