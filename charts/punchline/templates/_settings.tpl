{{/* The settings of both parts, as their ConfigMaps hold them. Secrets are in _pod.tpl. */}}
{{- define "punchline.shared.settings" -}}
PUNCHLINE_STORE_URL: {{ .Values.store.url | quote }}
PUNCHLINE_OPS_LISTEN: {{ printf "%s:9090" .Values.listenAddress | quote }}
PUNCHLINE_LOG_FORMAT: {{ .Values.logFormat | quote }}
PUNCHLINE_MAX_UPLOAD_BYTES: {{ int64 .Values.maxUploadBytes | quote }}
PUNCHLINE_MAX_STILL_BYTES: {{ int64 .Values.maxStillBytes | quote }}
{{- with .Values.store.region }}
AWS_REGION: {{ . | quote }}
{{- end }}
{{- with .Values.store.endpointUrl }}
AWS_ENDPOINT_URL: {{ . | quote }}
{{- end }}
{{- if .Values.fonts.volume }}
PUNCHLINE_FONT_DIR: /fonts
{{- end }}
{{- end -}}

{{- define "punchline.api.settings" -}}
{{ include "punchline.shared.settings" . }}
PUNCHLINE_LISTEN: {{ printf "%s:8080" .Values.listenAddress | quote }}
PUNCHLINE_SPOOL_DIR: /tmp
PUNCHLINE_UPLOADS_IN_FLIGHT_BYTES: {{ int64 .Values.api.uploadsInFlightBytes | quote }}
PUNCHLINE_REQUEST_TIMEOUT_S: {{ int .Values.api.requestTimeoutSeconds | quote }}
PUNCHLINE_HEAD_TIMEOUT_S: {{ include "punchline.api.keepAliveSeconds" . | quote }}
PUNCHLINE_SHUTDOWN_GRACE_S: {{ int .Values.api.drainSeconds | quote }}
PUNCHLINE_SOURCE_URLS: {{ .Values.api.sourceUrls | quote }}
{{- if include "punchline.keysSecret" . }}
PUNCHLINE_API_KEYS_FILE: /etc/punchline/keys/{{ .Values.auth.secretKey }}
{{- else }}
PUNCHLINE_OPEN: "true"
{{- end }}
{{- with .Values.api.trustedProxies }}
PUNCHLINE_TRUSTED_PROXIES: {{ join "," . | quote }}
{{- end }}
{{- with .Values.api.outboundAllow }}
PUNCHLINE_OUTBOUND_ALLOW: {{ join "," . | quote }}
{{- end }}
{{- range $name, $value := merge (dict) .Values.api.env .Values.env }}
{{ $name }}: {{ toString $value | quote }}
{{- end }}
{{- end -}}

{{- define "punchline.worker.settings" -}}
{{ include "punchline.shared.settings" . }}
PUNCHLINE_JOB_TIMEOUT_S: {{ int .Values.worker.jobTimeoutSeconds | quote }}
PUNCHLINE_SHUTDOWN_GRACE_S: {{ int .Values.worker.drainSeconds | quote }}
PUNCHLINE_PARALLELISM: {{ include "punchline.worker.jobsInHand" . | quote }}
# The CronJob looks for lost jobs, or else the workers do.
PUNCHLINE_LOOK_FOR_LOST: {{ not .Values.sweep.enabled | quote }}
{{- range $name, $value := merge (dict) .Values.worker.env .Values.env }}
{{ $name }}: {{ toString $value | quote }}
{{- end }}
{{- end -}}
