{{/* Egress to the members' brokers: they are other organisations' machines, so the rule names ports and ranges. */}}
{{- define "cleanroom.brokers" -}}
- to:
    {{- toYaml .root.Values.networkPolicy.brokers | nindent 4 }}
  ports:
    {{- range .root.Values.networkPolicy.brokerPorts }}
    - port: {{ . }}
      protocol: TCP
    {{- end }}
{{- end -}}

{{/* Egress to another component of this release. Takes target. */}}
{{- define "cleanroom.toComponent" -}}
- to:
    - podSelector:
        matchLabels:
          {{- include "common.selector" (dict "root" .root "component" .target) | nindent 10 }}
  ports:
    - port: grpc
      protocol: TCP
    - port: {{ .root.Values.service.port }}
      protocol: TCP
{{- end -}}

{{/* Annotations for a Dapr sidecar, as a YAML map; empty when it is off. */}}
{{- define "cleanroom.dapr" -}}
{{- if .root.Values.dapr.enabled -}}
dapr.io/enabled: "true"
dapr.io/app-id: {{ include "common.fullname" . }}
dapr.io/disable-builtin-k8s-secret-store: "true"
dapr.io/sidecar-cpu-request: "50m"
dapr.io/sidecar-cpu-limit: "250m"
dapr.io/sidecar-memory-request: "64Mi"
dapr.io/sidecar-memory-limit: "256Mi"
{{- with .root.Values.dapr.config }}
dapr.io/config: {{ . | quote }}
{{- end }}
{{- end -}}
{{- end -}}
