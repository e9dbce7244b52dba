{{/* What a schema can't say: values that don't go together. All that is wrong is told at once. */}}
{{- define "punchline.refuse" -}}
{{- $v := .Values -}}
{{- $wrong := list -}}
{{- if and (not $v.broker.existingSecret) (not $v.broker.url) -}}
{{- $wrong = append $wrong "broker.existingSecret or broker.url must be given" -}}
{{- end -}}
{{- if and $v.broker.existingSecret (or $v.broker.url $v.broker.managementUrl) -}}
{{- $wrong = append $wrong "broker.existingSecret holds the URLs: broker.url and broker.managementUrl must be empty beside it" -}}
{{- end -}}
{{- if and $v.store.existingSecret (or $v.store.accessKeyId $v.store.secretAccessKey) -}}
{{- $wrong = append $wrong "store.existingSecret holds the keys: store.accessKeyId and store.secretAccessKey must be empty beside it" -}}
{{- end -}}
{{- if ne (empty $v.store.accessKeyId) (empty $v.store.secretAccessKey) -}}
{{- $wrong = append $wrong "store.accessKeyId and store.secretAccessKey go together" -}}
{{- end -}}
{{- $ways := 0 -}}
{{- range list $v.auth.open $v.auth.existingSecret $v.auth.keys }}{{ if . }}{{ $ways = add1 $ways }}{{ end }}{{ end -}}
{{- if ne (int $ways) 1 -}}
{{- $wrong = append $wrong "one of auth.existingSecret, auth.keys and auth.open must be given, and one alone" -}}
{{- end -}}
{{- if and $v.webhooks.existingSecret $v.webhooks.secret -}}
{{- $wrong = append $wrong "webhooks.existingSecret and webhooks.secret exclude each other" -}}
{{- end -}}
{{- if le (int $v.worker.drainSeconds) (int $v.worker.jobTimeoutSeconds) -}}
{{- $wrong = append $wrong (printf "worker.drainSeconds (%d) must be more than worker.jobTimeoutSeconds (%d): a job in hand would be cut off" (int $v.worker.drainSeconds) (int $v.worker.jobTimeoutSeconds)) -}}
{{- end -}}
{{- range $name := list "api" "worker" -}}
{{- $scaling := (index $v $name).autoscaling -}}
{{- if and (ne $scaling.mode "none") (gt (int $scaling.minReplicas) (int $scaling.maxReplicas)) -}}
{{- $wrong = append $wrong (printf "%s.autoscaling.minReplicas (%d) is more than maxReplicas (%d)" $name (int $scaling.minReplicas) (int $scaling.maxReplicas)) -}}
{{- end -}}
{{- if and (eq $scaling.mode "cpu") (not (dig "requests" "cpu" "" (index $v $name).resources)) -}}
{{- $wrong = append $wrong (printf "%s.autoscaling.mode cpu needs %s.resources.requests.cpu: its percent are of that" $name $name) -}}
{{- end -}}
{{- end -}}
{{- $scaling := $v.worker.autoscaling -}}
{{- if and (has $scaling.mode (list "cpu" "external")) (lt (int $scaling.minReplicas) 1) -}}
{{- $wrong = append $wrong "worker.autoscaling.minReplicas 0 needs the mode keda: a HorizontalPodAutoscaler never comes back from none" -}}
{{- end -}}
{{- if and (eq $scaling.mode "keda") (eq $scaling.keda.trigger "rabbitmq") (not $v.broker.existingSecret) (not $v.broker.managementUrl) -}}
{{- $wrong = append $wrong "worker.autoscaling.keda.trigger rabbitmq needs broker.managementUrl" -}}
{{- end -}}
{{- if and (eq $scaling.mode "keda") (eq $scaling.keda.trigger "prometheus") (not $scaling.keda.prometheusAddress) -}}
{{- $wrong = append $wrong "worker.autoscaling.keda.trigger prometheus needs worker.autoscaling.keda.prometheusAddress" -}}
{{- end -}}
{{- if and (not (dig "limits" "cpu" "" $v.worker.resources)) (kindIs "invalid" $v.worker.parallelism) -}}
{{- $wrong = append $wrong "worker.resources.limits.cpu or worker.parallelism must be given: without them a pod takes jobs for all CPUs of its node" -}}
{{- end -}}
{{- if and (eq $v.ingress.preset "alb") $v.networkPolicy.enabled (not $v.networkPolicy.apiPeers) (not $v.ingress.alb.subnetCidrs) -}}
{{- $wrong = append $wrong "ingress.alb.subnetCidrs must name the load balancer's subnets (or networkPolicy.apiPeers who may ask the api)" -}}
{{- end -}}
{{- if and $v.ingress.tls.enabled (has $v.ingress.preset (list "nginx" "custom")) (not $v.ingress.tls.secretName) -}}
{{- $wrong = append $wrong "ingress.tls.secretName must name the Secret with the certificate" -}}
{{- end -}}
{{- if $wrong -}}
{{- fail (printf "\n- %s" (join "\n- " $wrong)) -}}
{{- end -}}
{{- end -}}
