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

{{/* What selects every pod that answers for a component. With readers, notification is more than one set of pods; the label says which answer for it. */}}
{{- define "cleanroom.serves" -}}
{{- if and (eq .component "notification") .root.Values.notification.autoscaling.enabled -}}
app.kubernetes.io/name: {{ include "common.name" . }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
cleanroom/serves: notification
{{- else -}}
{{ include "common.selector" . }}
{{- end -}}
{{- end -}}

{{/* Egress to another component of this release. Takes target. */}}
{{- define "cleanroom.toComponent" -}}
- to:
    - podSelector:
        matchLabels:
          {{- include "cleanroom.serves" (dict "root" .root "component" .target) | nindent 10 }}
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
{{- $settings := dict "Room" $target.room "Member" $target.member "After" $target.after "Webhook" $target.webhook "Dapr" $target.dapr "PubSub" $target.pubSub "Topic" $target.topic "Raw" $target.raw "Mail" $target.mail "From" $target.from "To" $target.to "User" $target.user }}
{{- range $name := list "Room" "Member" "After" "Webhook" "Dapr" "PubSub" "Topic" "Raw" "Mail" "From" "To" "User" }}
{{- $value := get $settings $name }}
{{- if not (kindIs "invalid" $value) }}
- name: Channels__Targets__{{ $index }}__{{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- end }}
{{- if $target.secretName }}
- name: Channels__Targets__{{ $index }}__{{ $target.webhook | empty | ternary "PasswordFile" "SecretFile" }}
  value: /channels/{{ $index }}/{{ $target.secretKey | default "secret" }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "cleanroom.channelsMounts" -}}
{{- range $index, $target := .root.Values.notification.channels.targets }}
{{- if $target.secretName }}
- name: channel-{{ $index }}
  mountPath: /channels/{{ $index }}
  readOnly: true
{{- end }}
{{- end }}
{{- end -}}

{{- define "cleanroom.channelsVolumes" -}}
{{- range $index, $target := .root.Values.notification.channels.targets }}
{{- if $target.secretName }}
- name: channel-{{ $index }}
  secret:
    secretName: {{ $target.secretName }}
    defaultMode: 0440
    items:
      - { key: {{ $target.secretKey | default "secret" }}, path: {{ $target.secretKey | default "secret" }} }
{{- end }}
{{- end }}
{{- end -}}

{{/* Where webhooks of members and the mail server are. */}}
{{- define "cleanroom.channelsEgress" -}}
{{- $webhooks := false }}
{{- $mail := false }}
{{- range .root.Values.notification.channels.targets }}{{- if .webhook }}{{- $webhooks = true }}{{- end }}{{- if .mail }}{{- $mail = true }}{{- end }}{{- end }}
{{- if $webhooks }}
- to:
    {{- toYaml .root.Values.networkPolicy.webhooks | nindent 4 }}
  ports:
    {{- range .root.Values.networkPolicy.webhookPorts }}
    - port: {{ . }}
      protocol: TCP
    {{- end }}
{{- end }}
{{- if $mail }}
- to:
    {{- toYaml .root.Values.networkPolicy.mail | nindent 4 }}
  ports:
    {{- range .root.Values.networkPolicy.mailPorts }}
    - port: {{ . }}
      protocol: TCP
    {{- end }}
{{- end }}
{{- end -}}

{{/* The inbox page: settings, volumes. Takes root. The certificate is one that browsers trust; the service's own is for trying it out. */}}
{{- define "cleanroom.pageEnv" -}}
{{- with .root.Values.notification.page }}
- name: Page__Address
  value: "0.0.0.0"
- name: Page__Port
  value: "8443"
- name: Page__Folder
  value: /page
{{- if ne .tls.mode "generated" }}
- name: Page__CertificateFile
  value: /page-tls/tls.crt
- name: Page__KeyFile
  value: /page-tls/tls.key
{{- end }}
{{- range $index, $origin := .origins }}
- name: Page__Origins__{{ $index }}
  value: {{ $origin | quote }}
{{- end }}
{{- range $name, $value := .settings }}
- name: Page__{{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The container of the log or of the slots. Takes scope, and kind: ingestion, notification, or reader, which is notification without page and channels. */}}
{{- define "cleanroom.storeContainer" -}}
{{- $scope := .scope }}
{{- $root := $scope.root }}
{{- $service := eq .kind "ingestion" | ternary "ingestion" "notification" }}
{{- $first := eq .kind "notification" }}
{{- $page := and $first $root.Values.notification.page.enabled }}
- name: {{ $service }}
  image: {{ include "common.image" $scope }}
  imagePullPolicy: IfNotPresent
  securityContext:
    {{- include "common.containerSecurityContext" $scope | nindent 4 }}
  env:
    {{- include "common.env" $scope | nindent 4 }}
    {{- with include "common.storeEnv" $scope }}{{ trim . | nindent 4 }}{{- end }}
    {{- if $first }}
    {{- with include "cleanroom.channelsEnv" $scope }}{{ trim . | nindent 4 }}{{- end }}
    {{- end }}
    {{- if $page }}
    {{- include "cleanroom.pageEnv" $scope | trim | nindent 4 }}
    {{- end }}
    {{- if eq $service "notification" }}
    {{- include "cleanroom.ingestionEnv" (dict "root" $root "section" "Notification") | nindent 4 }}
    {{- end }}
    {{- range $name, $value := $scope.workload.settings }}
    - name: {{ title $service }}__{{ $name }}
      value: {{ $value | toString | quote }}
    {{- end }}
  ports:
    {{- include "common.ports" $scope | nindent 4 }}
    {{- if $page }}
    - name: page
      containerPort: 8443
    {{- end }}
  {{- include "common.probes" $scope | nindent 2 }}
  resources:
    {{- toYaml $scope.workload.resources | nindent 4 }}
  volumeMounts:
    {{- include "common.mounts" $scope | nindent 4 }}
    {{- with include "common.storeMounts" $scope }}{{ trim . | nindent 4 }}{{- end }}
    {{- if $first }}
    {{- with include "cleanroom.channelsMounts" $scope }}{{ trim . | nindent 4 }}{{- end }}
    {{- end }}
    {{- if and $page (ne $root.Values.notification.page.tls.mode "generated") }}
    - name: page-tls
      mountPath: /page-tls
      readOnly: true
    {{- end }}
{{- end -}}
