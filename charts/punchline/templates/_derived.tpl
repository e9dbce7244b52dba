{{/* What follows from values: figures that must agree with each other are written once, here. */}}

{{/* Seconds a pod may live on after its requests or jobs had their time: the store's last answers, the broker's goodbye. */}}
{{- define "punchline.graceMargin" -}}15{{- end -}}

{{- define "punchline.api.preStopSeconds" -}}
{{- $given := .Values.api.preStopSeconds -}}
{{- if kindIs "invalid" $given -}}
{{- /* An ALB goes on sending for some seconds after a target is deregistered; kube-proxy needs a moment. */ -}}
{{- ternary 20 5 (eq .Values.ingress.preset "alb") -}}
{{- else -}}
{{- int $given -}}
{{- end -}}
{{- end -}}

{{- define "punchline.api.graceSeconds" -}}
{{- add (include "punchline.api.preStopSeconds" . | int) (int .Values.api.drainSeconds) (include "punchline.graceMargin" . | int) -}}
{{- end -}}

{{/* No preStop: a worker stops taking jobs at SIGTERM and nobody has to forget it first. */}}
{{- define "punchline.worker.graceSeconds" -}}
{{- add (int .Values.worker.drainSeconds) (include "punchline.graceMargin" . | int) -}}
{{- end -}}

{{/* Longer than the longest silence of ours: `Prefer: wait` says nothing until the job has ended; events say something every 15 s. */}}
{{- define "punchline.ingressSeconds" -}}
{{- add (int .Values.api.requestTimeoutSeconds) 15 -}}
{{- end -}}

{{/* Whoever closes first must not be us: a proxy may be sending its next request on the connection. ingress-nginx keeps one for 60 s,
     an ALB for its idle timeout. */}}
{{- define "punchline.api.keepAliveSeconds" -}}
{{- if not (kindIs "invalid" .Values.api.keepAliveSeconds) -}}
{{- int .Values.api.keepAliveSeconds -}}
{{- else if eq .Values.ingress.preset "none" -}}
15
{{- else -}}
{{- add (max 60 (include "punchline.ingressSeconds" . | int)) 15 -}}
{{- end -}}
{{- end -}}

{{/* A MiB for the form around the file. */}}
{{- define "punchline.bodyMebibytes" -}}
{{- div (add (max (int64 .Values.maxUploadBytes) (int64 .Values.maxStillBytes)) 1048576 1048575) 1048576 -}}
{{- end -}}

{{- define "punchline.spoolMebibytes" -}}
{{- div (mul (int64 .Values.api.uploadsInFlightBytes) 11) 10485760 -}}
{{- end -}}

{{/* As the process counts: whole CPUs of the limit, at least one. */}}
{{- define "punchline.worker.cpus" -}}
{{- $limit := toString (dig "limits" "cpu" "0" .Values.worker.resources) -}}
{{- if hasSuffix "m" $limit -}}
{{- max 1 (div (trimSuffix "m" $limit | int) 1000) -}}
{{- else -}}
{{- max 1 (floor (float64 $limit) | int) -}}
{{- end -}}
{{- end -}}

{{- define "punchline.worker.jobsInHand" -}}
{{- if kindIs "invalid" .Values.worker.parallelism -}}
{{- mul 3 (include "punchline.worker.cpus" . | int) -}}
{{- else -}}
{{- int .Values.worker.parallelism -}}
{{- end -}}
{{- end -}}

{{/* P x k of docs/KUBERNETES.md. */}}
{{- define "punchline.worker.messagesPerReplica" -}}
{{- $scaling := .Values.worker.autoscaling -}}
{{- if kindIs "invalid" $scaling.messagesPerReplica -}}
{{- $k := maxf 1 (divf (float64 $scaling.wantedWaitSeconds) (float64 $scaling.meanJobSeconds)) -}}
{{- mulf (include "punchline.worker.jobsInHand" . | float64) $k | floor | int64 -}}
{{- else -}}
{{- int64 $scaling.messagesPerReplica -}}
{{- end -}}
{{- end -}}

{{/* Whether the api asks addresses that strangers name. */}}
{{- define "punchline.api.asksStrangers" -}}
{{- if or .Values.api.sourceUrls (include "punchline.webhookSecret" .) }}yes{{ end -}}
{{- end -}}

{{/* As a JSON object: {"ports": [...]} */}}
{{- define "punchline.brokerPorts" -}}
{{- $ports := .Values.networkPolicy.brokerPorts -}}
{{- $inUrl := regexFind ":[0-9]+(/|$)" (regexReplaceAll "^[a-z]+://([^@]*@)?" .Values.broker.url "") | trimPrefix ":" | trimSuffix "/" -}}
{{- if not $ports -}}
{{- $ports = ternary (list (int $inUrl)) (list 5671 5672) (ne $inUrl "") -}}
{{- end -}}
{{- dict "ports" $ports | toJson -}}
{{- end -}}

{{- define "punchline.storePorts" -}}
{{- $ports := .Values.networkPolicy.storePorts -}}
{{- $url := .Values.store.endpointUrl -}}
{{- $inUrl := regexFind ":[0-9]+(/|$)" (regexReplaceAll "^[a-z]+://" $url "") | trimPrefix ":" | trimSuffix "/" -}}
{{- if not $ports -}}
{{- if $inUrl }}{{ $ports = list (int $inUrl) }}{{ else }}{{ $ports = list (ternary 80 443 (hasPrefix "http://" $url)) }}{{ end -}}
{{- end -}}
{{- dict "ports" $ports | toJson -}}
{{- end -}}

{{/* The labels by which rules and dashboard tell this release from others. */}}
{{- define "punchline.metricsSelector" -}}
namespace={{ .Release.Namespace | quote }},app_kubernetes_io_instance={{ .Release.Name | quote }}
{{- end -}}

{{/* ready + unacked, as docs/OPERATIONS.md says to add them up: what is ready is the broker's and the same everywhere. */}}
{{- define "punchline.queueMessages" -}}
{{- $s := include "punchline.metricsSelector" . -}}
sum(max by (lane) (punchline_queue_ready_messages{ {{- $s -}} })) + (sum(punchline_queue_unacked_messages{ {{- $s -}} }) or vector(0))
{{- end -}}
