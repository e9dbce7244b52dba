{{/* What api, workers and CronJobs alike must reach. */}}
{{- define "punchline.egressToParts" -}}
{{- $policy := .Values.networkPolicy -}}
# The broker.
- ports:
    {{- range (include "punchline.brokerPorts" . | fromJson).ports }}
    - {protocol: TCP, port: {{ int . }}}
    {{- end }}
  {{- with $policy.brokerPeers }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
# The store.
- ports:
    {{- range (include "punchline.storePorts" . | fromJson).ports }}
    - {protocol: TCP, port: {{ int . }}}
    {{- end }}
  {{- with $policy.storePeers }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- if $policy.podIdentity }}
# EKS Pod Identity, on the node.
- ports:
    - {protocol: TCP, port: 80}
  to:
    - ipBlock: {cidr: 169.254.170.23/32}
    - ipBlock: {cidr: "fd00:ec2::23/128"}
{{- end }}
{{- with $policy.extraEgress }}
{{ toYaml . }}
{{- end }}
{{- end -}}
