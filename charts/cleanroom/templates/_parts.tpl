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

{{/* Probes of a pod that leads or stands by: alive while it looks at its lease and, when it leads, the enclave answers; ready only when the enclave answers. */}}
{{- define "cleanroom.leadProbes" -}}
livenessProbe:
  exec:
    command: ["/admin/cleanroom-admin", "health", "http://127.0.0.1:8081", "--standby-file", "/tmp/lead"]
  initialDelaySeconds: 15
  periodSeconds: 30
  timeoutSeconds: 15
  failureThreshold: 6
readinessProbe:
  grpc:
    port: 8081
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
{{- end -}}

{{/* Whom notification tells that messages wait; secrets are files. Takes root. */}}
{{- define "cleanroom.channelsEnv" -}}
{{- range $name, $value := .root.Values.notification.channels.settings }}
- name: Channels__{{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- range $index, $target := .root.Values.notification.channels.targets }}
{{- $settings := dict "Room" $target.room "Member" $target.member "After" $target.after "Webhook" $target.webhook "Dapr" $target.dapr "PubSub" $target.pubSub "Topic" $target.topic "Raw" $target.raw }}
{{- range $name := list "Room" "Member" "After" "Webhook" "Dapr" "PubSub" "Topic" "Raw" }}
{{- $value := get $settings $name }}
{{- if not (kindIs "invalid" $value) }}
- name: Channels__Targets__{{ $index }}__{{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- end }}
{{- if $target.webhook }}
- name: Channels__Targets__{{ $index }}__SecretFile
  value: /channels/{{ $index }}/{{ $target.secretKey | default "secret" }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "cleanroom.channelsMounts" -}}
{{- range $index, $target := .root.Values.notification.channels.targets }}
{{- if $target.webhook }}
- name: channel-{{ $index }}
  mountPath: /channels/{{ $index }}
  readOnly: true
{{- end }}
{{- end }}
{{- end -}}

{{- define "cleanroom.channelsVolumes" -}}
{{- range $index, $target := .root.Values.notification.channels.targets }}
{{- if $target.webhook }}
- name: channel-{{ $index }}
  secret:
    secretName: {{ $target.secretName }}
    defaultMode: 0440
    items:
      - { key: {{ $target.secretKey | default "secret" }}, path: {{ $target.secretKey | default "secret" }} }
{{- end }}
{{- end }}
{{- end -}}

{{/* Where webhooks of members are. */}}
{{- define "cleanroom.channelsEgress" -}}
{{- $webhooks := false }}
{{- range .root.Values.notification.channels.targets }}{{- if .webhook }}{{- $webhooks = true }}{{- end }}{{- end }}
{{- if $webhooks -}}
- to:
    {{- toYaml .root.Values.networkPolicy.webhooks | nindent 4 }}
  ports:
    {{- range .root.Values.networkPolicy.webhookPorts }}
    - port: {{ . }}
      protocol: TCP
    {{- end }}
{{- end }}
{{- end -}}
