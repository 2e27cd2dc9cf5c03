{{/* What every pod of ours is: without rights, without a token, without a writable root. */}}

{{- define "common.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "common.containerSecurityContext" -}}
allowPrivilegeEscalation: false
capabilities:
  drop: ["ALL"]
privileged: false
readOnlyRootFilesystem: true
{{- end -}}

{{/* Takes root, component, workload (nodeSelector, tolerations, runtimeClassName, priorityClassName, terminationGracePeriodSeconds). */}}
{{- define "common.podSpec" -}}
serviceAccountName: {{ include "common.fullname" . }}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ .workload.terminationGracePeriodSeconds }}
securityContext:
  {{- include "common.podSecurityContext" . | nindent 2 }}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .workload.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- with .workload.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .workload.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .workload.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: {{ .root.Values.topologyKey }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        app.kubernetes.io/instance: {{ .root.Release.Name }}
        app.kubernetes.io/name: {{ include "common.name" . }}
{{- end -}}

{{/* The health port speaks grpc.health.v1 without TLS, because a kubelet has no client certificate; no other method can be called there. Takes service. */}}
{{- define "common.probes" -}}
startupProbe:
  grpc:
    port: 8081
  periodSeconds: 5
  failureThreshold: 60
livenessProbe:
  grpc:
    port: 8081
  periodSeconds: 20
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  grpc:
    port: 8081
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
{{- end -}}

{{/* Settings of all services. Takes root, component, tls (mode). */}}
{{- define "common.env" -}}
- name: Server__Address
  value: "0.0.0.0"
- name: Server__Port
  value: "8080"
- name: Server__DataFolder
  value: /data/store
{{- range $name, $value := .root.Values.server }}
- name: Server__{{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- if and .tls (ne .tls.mode "generated") }}
- name: Tls__CertificateFile
  value: /tls/tls.crt
- name: Tls__KeyFile
  value: /tls/tls.key
{{- end }}
- name: Management__Address
  value: "0.0.0.0"
- name: Management__HealthPort
  value: "8081"
{{- if .root.Values.metrics.enabled }}
- name: Management__MetricsPort
  value: "8082"
{{- end }}
{{- if .root.Values.telemetry.otlpEndpoint }}
- name: Telemetry__OtlpEndpoint
  value: {{ .root.Values.telemetry.otlpEndpoint | quote }}
- name: Telemetry__OtlpProtocol
  value: {{ .root.Values.telemetry.otlpProtocol }}
- name: Telemetry__SampleRatio
  value: {{ .root.Values.telemetry.sampleRatio | quote }}
- name: Telemetry__Instance
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
{{- end }}
- name: DOTNET_EnableDiagnostics
  value: "0"
- name: DOTNET_gcServer
  value: "0"
{{- end -}}

{{- define "common.ports" -}}
- name: grpc
  containerPort: 8080
- name: health
  containerPort: 8081
{{- if .root.Values.metrics.enabled }}
- name: metrics
  containerPort: 8082
{{- end }}
{{- end -}}

{{/* A folder for temporary files in memory: the root file system cannot be written. */}}
{{- define "common.mounts" -}}
- name: data
  mountPath: /data
- name: tmp
  mountPath: /tmp
{{- if and .tls (ne .tls.mode "generated") }}
- name: tls
  mountPath: /tls
  readOnly: true
{{- end }}
{{- end -}}

{{/* Takes tlsOf: the component whose certificate it is, if not its own. */}}
{{- define "common.volumes" -}}
- name: tmp
  emptyDir:
    medium: Memory
    sizeLimit: 64Mi
{{- if and .tls (ne .tls.mode "generated") }}
- name: tls
  secret:
    secretName: {{ if eq .tls.mode "secret" }}{{ .tls.secretName }}{{ else }}{{ include "common.fullname" (dict "root" .root "component" (.tlsOf | default .component)) }}-tls{{ end }}
    defaultMode: 0440
{{- end }}
{{- end -}}
