"""Breaks the chart on purpose, one thing at a time, and sees that asserts.py says so.

    mutations.py HELM CHART

Each mutation names a file of the chart, a text in it that is replaced, the scenario that is rendered, and words of what must be said.
"""

import concurrent.futures
import pathlib
import shutil
import subprocess
import sys
import tempfile

import yaml

import asserts

T = "templates/"
POD, API, WORKER, SCALING = T + "_pod.tpl", T + "api-deployment.yaml", T + "worker-deployment.yaml", T + "autoscaling.yaml"
MUTATIONS = [
    # file, text, its replacement, scenario, words that must be said
    (API, '{{- if eq .Values.api.autoscaling.mode "none" }}', "{{- if true }}", "cpu", "has replicas of its own"),
    (WORKER, '{{- if eq .Values.worker.autoscaling.mode "none" }}', "{{- if false }}", "minimal", "has replicas and an autoscaler, or neither"),
    (SCALING, "minReplicas: {{ int $scaling.minReplicas }}", "minReplicas: {{ add 99 (int $scaling.minReplicas) }}", "cpu", "at least 101 and at most 20"),
    (SCALING, "type: AverageValue, averageValue", "type: Value, averageValue", "external-metric", "a target of type Value needs value"),
    (SCALING, "type: AverageValue, averageValue", "type: Value, value", "external-metric", "must be an average over pods"),
    (SCALING, "type: Utilization, averageUtilization", "type: Utilization, averageValue", "cpu", "a target of type Utilization needs averageUtilization"),
    (SCALING, r"^punchline\.jobs(\.v2)?(\.express)?$", r"^punchline\.jobs$", "keda", "does not count all queues of jobs"),
    (SCALING, r"^punchline\.jobs(\.v2)?(\.express)?$", "^punchline", "keda", "counts messages that no worker can take"),
    (SCALING, "protocol: http", "protocol: amqp", "keda", "only the management API adds"),
    (SCALING, "name: {{ $full }}-broker\n    {{- else }}", "name: {{ $full }}-rabbit\n    {{- else }}", "keda", "TriggerAuthentication is not made"),
    (T + "_derived.tpl", "mulf (include", "addf (include", "keda", "not P x k"),
    (T + "_derived.tpl", "sum(max by (lane) (punchline_queue_ready", "sum(max by (line) (punchline_queue_ready", "keda-prometheus", "nothing has the label line"),
    (T + "_names.tpl", "app.kubernetes.io/component: {{ .component }}", "app.kubernetes.io/component: all", "minimal", "selects the pods of"),
    (API, 'matchLabels:\n      {{- include "punchline.selector" $part', 'matchLabels:\n      app: api\n      {{- include "punchline.selector" $part', "minimal", "its selector does not match its pods"),
    (T + "api-service.yaml", "targetPort: http,", "targetPort: web,", "minimal", "its pods have no port web"),
    (T + "api-service.yaml", "targetPort: ops,", "targetPort: http-ops,", "high-availability", "its pods have no port http-ops"),
    (T + "ingress.yaml", "port: {name: http}", "port: {name: https}", "ingress-nginx", "goes to a Service or port that is not there"),
    (T + "monitors.yaml", '(dict "root" . "component" "api-ops")', '(dict "root" . "component" "api")', "high-availability", "the Service has no port ops"),
    (T + "monitors.yaml", "path: /metrics", "path: /prometheus", "high-availability", "asks /prometheus, which is not there"),
    (T + "_settings.tpl", '"%s:9090"', '"%s:9091"', "minimal", "port ops is not that of PUNCHLINE_OPS_LISTEN"),
    (T + "_settings.tpl", "PUNCHLINE_REQUEST_TIMEOUT_S", "PUNCHLINE_REQUEST_TIMEOUT", "minimal", "api reads no PUNCHLINE_REQUEST_TIMEOUT"),
    (T + "_settings.tpl", "PUNCHLINE_JOB_TIMEOUT_S:", "PUNCHLINE_RATE_BURST:", "minimal", "worker reads no PUNCHLINE_RATE_BURST"),
    (T + "_settings.tpl", 'PUNCHLINE_OPEN: "true"', 'PUNCHLINE_LOG: "info"', "open", "neither open nor with keys"),
    (POD, "name: {{ include \"punchline.brokerSecret\" .root }}", "name: rabbit", "minimal", "Secret rabbit is neither made nor said to be there"),
    (POD, "key: {{ .root.Values.broker.secretKeys.url }}", "key: url", "inline", "has no key url"),
    (POD, "path: /readyz", "path: /ready", "minimal", "readinessProbe does not ask /readyz"),
    (POD, "path: /healthz", "path: /readyz", "minimal", "livenessProbe does not ask /healthz"),
    (POD, "periodSeconds: 5\n  timeoutSeconds: 3", "periodSeconds: 5\n  timeoutSeconds: 1", "minimal", "readinessProbe gives up before the checks"),
    (POD, "failureThreshold: 150", "failureThreshold: 30", "minimal", "a start may take 60 s"),
    (POD, "failureThreshold: 2", "failureThreshold: 8", "minimal", "a pod that ends gets requests for 40 s"),
    (T + "_settings.tpl", "{{ not .Values.sweep.enabled | quote }}", '"true"', "minimal", "both workers and a CronJob look for lost jobs"),
    (T + "_settings.tpl", "{{ not .Values.sweep.enabled | quote }}", '"false"', "open", "nobody looks for lost jobs"),
    (POD, "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "minimal", "is not restricted"),
    (POD, "automountServiceAccountToken: false", "automountServiceAccountToken: true", "minimal", "has a token for the cluster"),
    (POD, "enableServiceLinks: false", "enableServiceLinks: true", "minimal", "names that look like settings"),
    (POD, '{{- include "punchline.selector" $ | nindent 8 }}', "app: punchline", "minimal", "a topology spread does not count its own pods"),
    (API, "checksum/config: ", "checksum/settings: ", "minimal", "a changed setting starts no new pods"),
    (API, 'labels:\n        {{- include "punchline.podLabels"', 'labels:\n        {{- include "punchline.labels"', "minimal", "would be a rollout"),
    (API, "sleep: {seconds: {{ . }}}", "sleep: {seconds: 1}", "minimal", "SIGTERM before endpoints are gone"),
    (API, "name: spool, mountPath: /tmp", "name: spool, mountPath: /spool", "minimal", "the spool is not where it is looked for"),
    (API, "name: keys, mountPath: /etc/punchline/keys,", "name: keys, mountPath: /etc/keys,", "minimal", "is on no volume"),
    (API, "- name: fonts", "- name: font", "inline", "mounts fonts, which is no volume of it"),
    (T + "_derived.tpl", "11) 10485760", "9) 10485760", "minimal", "uploads don't fit into the spool"),
    (T + "_derived.tpl", '{{- define "punchline.worker.graceSeconds" -}}\n{{- add', '{{- define "punchline.worker.graceSeconds" -}}\n{{- sub', "minimal", "grace of 135 s is not"),
    (WORKER, "maxUnavailable: 0", "maxUnavailable: 50%", "minimal", "takes pods away before there are new ones"),
    ("values.yaml", 'limits: {cpu: "1", memory: 3Gi}', 'limits: {cpu: "1", memory: 1Gi}', "minimal", "can take the pod with it"),
    ("values.yaml", "          - {type: Percent, value: 25, periodSeconds: 60}\n  # -- CPU and memory. The CPU limit", "          - {type: Percent, value: 100, periodSeconds: 60}\n  # -- CPU and memory. The CPU limit", "keda", "goes down otherwise than by a quarter"),
    ("values.yaml", "      - 169.254.0.0/16\n", "", "minimal", "169.254.0.0/16"),
    (T + "_derived.tpl", "add (int .Values.api.requestTimeoutSeconds) 15", "sub (int .Values.api.requestTimeoutSeconds) 15", "ingress-nginx", "gives up while Prefer: wait is silent"),
    (T + "_derived.tpl", "add (max 60", "sub (max 60", "eks-alb", "the api closes them after 60"),
    (T + "_derived.tpl", "1048576 1048575) 1048576", "1048576 1048575) 2097152", "ingress-nginx", "takes bodies up to"),
    (T + "ingress.yaml", '"/readyz"', '"/"', "eks-alb", "asks a path for health"),
    (T + "networkpolicies.yaml", "policyTypes: [Ingress, Egress]\n---", "policyTypes: [Ingress]\n---", "minimal", "nothing denies by default"),
    (T + "networkpolicies.yaml", "port: 53}\n        - {protocol: TCP, port: 53}", "port: 54}\n        - {protocol: TCP, port: 54}", "minimal", "can't resolve names"),
    (T + "_egress.tpl", "{protocol: TCP, port: {{ int . }}}\n    {{- end }}\n  {{- with $policy.storePeers", "{protocol: TCP, port: 1}\n    {{- end }}\n  {{- with $policy.storePeers", "inline", "can't reach port 8333"),
    (T + "networkpolicies.yaml", '"root" . "component" "worker") | nindent 6', '"root" . "component" "workers") | nindent 6', "minimal", "selects no pod"),
    (T + "poddisruptionbudgets.yaml", "maxUnavailable: {{ $budget.maxUnavailable }}", "minAvailable: 100%", "minimal", "may forbid every drain"),
    (T + "cronjobs.yaml", "values: [2]", "values: [1]", "minimal", "a wrong setting does not end with [1]"),
    (T + "cronjobs.yaml", "concurrencyPolicy: Forbid", "concurrencyPolicy: Allow", "minimal", "may pile up"),
    (T + "cronjobs.yaml", '"--keep-days"', '"--keep"', "eks-alb", "sweep has no flag --keep"),
    (T + "cronjobs.yaml", "command: [punchline, sweep]", "command: [punchline, cleanup]", "minimal", "no such command"),
    (T + "tests/captions.yaml", "--patience=180", "--timeout=180", "open", "submit has no flag --timeout"),
    (T + "prometheusrule.yaml", "punchline_worker_redelivered_total", "punchline_worker_redeliveries_total", "high-availability", "nothing makes punchline_worker_redeliveries_total"),
    (T + "prometheusrule.yaml", "broker_unavailable|", "broker_away|", "high-availability", "code is never broker_away"),
    (T + "prometheusrule.yaml", 'state=~\\"disconnected', 'status=~\\"disconnected', "high-availability", "has no label status"),
    (T + "prometheusrule.yaml", "PunchlineReconnects", "PunchlineConnections", "high-availability", "does not say what to do about PunchlineConnections"),
    ("dashboards/punchline.json", "punchline_worker_engine_seconds_bucket", "punchline_worker_engine_ms_bucket", "high-availability", "nothing makes punchline_worker_engine_ms_bucket"),
    ("dashboards/punchline.json", "sum by (status)", "sum by (code)", "high-availability", "nothing has the label code"),
    (T + "serviceaccounts.yaml", "automountServiceAccountToken: false", "automountServiceAccountToken: true", "minimal", "hands out a token"),
    (T + "configmaps.yaml", 'list "api" "worker"', 'list "api"', "minimal", "ConfigMap punchline-worker is neither made"),
]


def survives(helm, chart, mutation):
    file, text, replacement, scenario, words = mutation
    with tempfile.TemporaryDirectory() as folder:
        broken = pathlib.Path(folder, "punchline")
        shutil.copytree(chart, broken)
        target = broken / file
        before = target.read_text()
        if text not in before:
            return f"{file} has no {text!r} any more"
        target.write_text(before.replace(text, replacement))
        values = chart / f"ci/{scenario}.yaml"
        done = subprocess.run([helm, "template", "punchline", str(broken), "-n", "captions", "-f", str(values)], capture_output=True, text=True, check=False)
        if done.returncode:
            return f"{file}, {replacement!r}: is not rendered: {done.stderr}"
        said = asserts.examine(yaml.load_all(done.stdout, Loader=yaml.CSafeLoader), yaml.safe_load(values.read_text())).wrong
        if not any(words in message for message in said):
            return f"{file}, {replacement!r}: nobody said {words!r}, but {said}"
    return None


def main(helm, chart):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        wrong = [why for why in pool.map(lambda mutation: survives(helm, pathlib.Path(chart), mutation), MUTATIONS) if why]
    for why in wrong:
        print(why, file=sys.stderr)
    print(f"{len(MUTATIONS)} mutations of the chart, {len(MUTATIONS) - len(wrong)} noticed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
