{{/* Network policies: nothing first, then what each component needs. */}}

{{- define "common.denyAll" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .root.Release.Name }}-{{ include "common.name" . }}-deny
  labels:
    {{- include "common.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: {{ include "common.name" . }}
      app.kubernetes.io/instance: {{ .root.Release.Name }}
  policyTypes: [Ingress, Egress]
{{- end -}}

{{/* Rules for callers, the scraper, "helm test". */}}
{{- define "common.ingress" -}}
- ports:
    - port: grpc
      protocol: TCP
  {{- with .root.Values.networkPolicy.callers }}
  from:
    {{- toYaml . | nindent 4 }}
  {{- end }}
- from:
    - podSelector:
        matchLabels:
          {{- include "common.selector" (dict "root" .root "component" "test") | nindent 10 }}
  ports:
    - port: health
      protocol: TCP
{{- if .root.Values.metrics.enabled }}
- from:
    {{- toYaml .root.Values.networkPolicy.scrapers | nindent 4 }}
  ports:
    - port: metrics
      protocol: TCP
{{- end }}
{{- end -}}

{{- define "common.egressBasics" -}}
- to:
    {{- toYaml .root.Values.networkPolicy.dns | nindent 4 }}
  ports:
    - port: 53
      protocol: UDP
    - port: 53
      protocol: TCP
{{- if .root.Values.telemetry.otlpEndpoint }}
- to:
    {{- toYaml .root.Values.networkPolicy.collector | nindent 4 }}
  ports:
    - port: {{ .root.Values.telemetry.otlpPort }}
      protocol: TCP
{{- end }}
{{- end -}}

{{/* Lets the pods of "helm test" ask the health ports and nothing else. */}}
{{- define "common.testPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .root.Release.Name }}-{{ include "common.name" . }}-test
  labels:
    {{- include "common.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "common.selector" (dict "root" .root "component" "test") | nindent 6 }}
  policyTypes: [Ingress, Egress]
  egress:
    - to:
        {{- toYaml .root.Values.networkPolicy.dns | nindent 8 }}
      ports:
        - port: 53
          protocol: UDP
        - port: 53
          protocol: TCP
    - to:
        - podSelector:
            matchLabels:
              app.kubernetes.io/name: {{ include "common.name" . }}
              app.kubernetes.io/instance: {{ .root.Release.Name }}
      ports:
        - port: health
          protocol: TCP
{{- end -}}
