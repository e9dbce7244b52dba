{{/* What the pods have in common. All take root and component. */}}

{{/* Pod Security Standards, restricted. */}}
{{- define "punchline.podSecurityContext" -}}
runAsNonRoot: true
{{- range $key := list "runAsUser" "runAsGroup" "fsGroup" }}
{{- with index $.Values.podSecurity $key }}
{{ $key }}: {{ int64 . }}
{{- end }}
{{- end }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "punchline.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Without service links: the names they make, such as PUNCHLINE_API_PORT, are too near to those of settings. */}}
{{- define "punchline.podCommon" -}}
{{- with .root.Values.images.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
serviceAccountName: {{ include "punchline.serviceAccountName" . }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- include "punchline.podSecurityContext" .root | nindent 2 }}
{{- end -}}

{{- define "punchline.scheduling" -}}
{{- $of := index .root.Values .component -}}
{{- with $of.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $of.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $of.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $of.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $of.topologySpread }}
topologySpreadConstraints:
  {{- range . }}
  - {{ toYaml . | nindent 4 | trim }}
    labelSelector:
      matchLabels:
        {{- include "punchline.selector" $ | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end }}
{{- end -}}

{{/* A change of settings, or of a secret that stands in the values, makes new pods. The file of keys does not: it is read again. */}}
{{- define "punchline.checksum" -}}
{{- $v := .root.Values -}}
{{- $secrets := list $v.broker.url $v.store.accessKeyId $v.store.secretAccessKey $v.webhooks.secret -}}
{{- printf "%s%s" (include (printf "punchline.%s.settings" .component) .root) (toJson $secrets) | sha256sum -}}
{{- end -}}

{{- define "punchline.env" -}}
- name: PUNCHLINE_AMQP_URL
  valueFrom:
    secretKeyRef:
      name: {{ include "punchline.brokerSecret" .root }}
      key: {{ .root.Values.broker.secretKeys.url }}
{{- with include "punchline.storeSecret" .root }}
- name: AWS_ACCESS_KEY_ID
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: {{ $.root.Values.store.secretKeys.accessKeyId }}
- name: AWS_SECRET_ACCESS_KEY
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: {{ $.root.Values.store.secretKeys.secretAccessKey }}
{{- end }}
{{- if eq .component "api" }}
{{- with include "punchline.webhookSecret" .root }}
- name: PUNCHLINE_WEBHOOK_SECRET
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: {{ $.root.Values.webhooks.secretKey }}
{{- end }}
{{- end }}
{{- with (index .root.Values .component).extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Startup: has all that readiness rests on been there once? As long as liveness bears what it asks for.
     Readiness: may take 2 s, hence the timeout. The process itself bears 30 s without its store (a worker also without its broker) before
     it says that it is not ready, so that a blip takes no pod out; what it does say, at its end above all, is acted on within 10 s.
     Liveness: fails for what a restart mends and never for a server that is away. */}}
{{- define "punchline.probes" -}}
startupProbe:
  httpGet: {path: /startupz, port: ops}
  periodSeconds: 2
  timeoutSeconds: 3
  failureThreshold: 150
readinessProbe:
  httpGet: {path: /readyz, port: ops}
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 2
livenessProbe:
  httpGet: {path: /healthz, port: ops}
  periodSeconds: 10
  timeoutSeconds: 3
  failureThreshold: 3
{{- end -}}
