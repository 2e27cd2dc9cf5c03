{{/* Whole objects that every component has. */}}

{{- define "common.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "common.fullname" . }}
  labels:
    {{- include "common.labels" . | nindent 4 }}
  {{- with .workload.serviceAccountAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end -}}

{{/* Takes leads: the number of pods where only the one that leads is ready; many: whether any number of them may answer; selector: the labels of those, if not the component's. */}}
{{- define "common.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "common.fullname" . }}
  labels:
    {{- include "common.labels" . | nindent 4 }}
  {{- with .root.Values.service.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ .root.Values.service.type }}
  {{- if .leads }}
  # Only the leader of several pods is ready: standbys get no calls.
  publishNotReadyAddresses: false
  {{- else if .many }}
  # Others answer for one that is not ready.
  publishNotReadyAddresses: false
  {{- else }}
  # A peer asks for a room's evidence and cosignatures before this pod can be ready.
  publishNotReadyAddresses: true
  {{- end }}
  selector:
    {{- .selector | default (include "common.selector" .) | nindent 4 }}
  ports:
    - name: grpc
      port: {{ .root.Values.service.port }}
      targetPort: grpc
      appProtocol: tls
    {{- if .root.Values.metrics.enabled }}
    - name: metrics
      port: 8082
      targetPort: metrics
      appProtocol: http
    {{- end }}
{{- end -}}

{{- define "common.disruptionBudget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "common.fullname" . }}
  labels:
    {{- include "common.labels" . | nindent 4 }}
spec:
  {{- if .leads }}
  # A standby is never ready, so a count of ready pods would keep the leader on its node for ever; the standby takes over within seconds.
  maxUnavailable: {{ .leads }}
  {{- else if .many }}
  # Others answer meanwhile.
  maxUnavailable: 1
  {{- else }}
  maxUnavailable: {{ .root.Values.disruptionBudget.maxUnavailable }}
  {{- end }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "common.selector" . | nindent 6 }}
{{- end -}}

{{/* cert-manager makes and renews; the private key never rotates, because charters pin it. */}}
{{- define "common.certificate" -}}
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: {{ include "common.fullname" . }}
  labels:
    {{- include "common.labels" . | nindent 4 }}
spec:
  secretName: {{ include "common.fullname" . }}-tls
  commonName: {{ include "common.fullname" . }}
  dnsNames:
    - {{ printf "%s.%s.svc" (include "common.fullname" .) .root.Release.Namespace }}
  duration: 2160h
  renewBefore: 720h
  privateKey:
    algorithm: ECDSA
    size: 256
    encoding: PKCS8
    rotationPolicy: Never
  usages: ["digital signature", "server auth", "client auth"]
  issuerRef:
    {{- toYaml .root.Values.certManager.issuer | nindent 4 }}
{{- end -}}

{{/* TLS passes through: the route matches the server name and hands on the bytes. Takes hostname, and port if it is not the services'. */}}
{{- define "common.route" -}}
apiVersion: gateway.networking.k8s.io/v1alpha2
kind: TLSRoute
metadata:
  name: {{ include "common.fullname" . }}
  labels:
    {{- include "common.labels" . | nindent 4 }}
spec:
  parentRefs:
    - name: {{ .root.Values.gateway.name | default (printf "%s-gateway" .root.Release.Name) }}
      {{- with .root.Values.gateway.namespace }}
      namespace: {{ . }}
      {{- end }}
  hostnames:
    - {{ .hostname | quote }}
  rules:
    - backendRefs:
        - name: {{ include "common.fullname" . }}
          port: {{ .port | default .root.Values.service.port }}
{{- end -}}

{{- define "common.gateway" -}}
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata:
  name: {{ .root.Release.Name }}-gateway
  labels:
    {{- include "common.labels" . | nindent 4 }}
  {{- with .root.Values.gateway.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  gatewayClassName: {{ .root.Values.gateway.className }}
  listeners:
    - name: tls
      port: {{ .root.Values.gateway.port }}
      protocol: TLS
      tls:
        # The certificate is the service's own; a gateway that ended TLS here would see who calls and could not prove it to the service.
        mode: Passthrough
      allowedRoutes:
        namespaces:
          from: Same
{{- end -}}

{{- define "common.serviceMonitor" -}}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ .root.Release.Name }}-{{ include "common.name" . }}
  labels:
    {{- include "common.labels" . | nindent 4 }}
    {{- with .root.Values.metrics.serviceMonitor.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: {{ include "common.name" . }}
      app.kubernetes.io/instance: {{ .root.Release.Name }}
  endpoints:
    - port: metrics
      path: /metrics
      interval: {{ .root.Values.metrics.serviceMonitor.interval }}
      # Twice what a room has at most: more means that something is wrong with the labels.
      honorLabels: false
  sampleLimit: 20000
  targetLabels: [app.kubernetes.io/component, cleanroom/simulated]
{{- end -}}

{{- define "common.rules" -}}
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: {{ .root.Release.Name }}-{{ include "common.name" . }}
  labels:
    {{- include "common.labels" . | nindent 4 }}
    {{- with .root.Values.metrics.rules.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{- .root.Files.Get "files/alerts.yaml" | nindent 2 }}
{{- end -}}

{{- define "common.dashboards" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .root.Release.Name }}-{{ include "common.name" . }}-dashboards
  labels:
    {{- include "common.labels" . | nindent 4 }}
    {{- toYaml .root.Values.metrics.dashboards.labels | nindent 4 }}
data:
  {{- range $path, $content := .root.Files.Glob "files/dashboards/*.json" }}
  {{ base $path }}: |-
    {{- $content | toString | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* Asks the health port of a component from inside the cluster: "helm test". Takes image, command, service. */}}
{{- define "common.test" -}}
apiVersion: v1
kind: Pod
metadata:
  name: {{ include "common.fullname" . }}-test
  labels:
    {{- include "common.labels" (dict "root" .root "component" "test") | nindent 4 }}
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  enableServiceLinks: false
  securityContext:
    {{- include "common.podSecurityContext" . | nindent 4 }}
  {{- with .root.Values.image.pullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: health
      image: {{ include "common.image" . }}
      imagePullPolicy: IfNotPresent
      command: [{{ .command | quote }}]
      args: ["health", "http://{{ include "common.fullname" . }}-health:8081"]
      securityContext:
        {{- include "common.containerSecurityContext" . | nindent 8 }}
      resources:
        requests: { cpu: 50m, memory: 64Mi }
        limits: { cpu: 500m, memory: 128Mi }
{{- end -}}

{{/* Headless: gives the StatefulSet its names, and "helm test" the health port. */}}
{{- define "common.headlessService" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "common.fullname" . }}-health
  labels:
    app.kubernetes.io/part-of: cleanroom
    app.kubernetes.io/instance: {{ .root.Release.Name }}
    app.kubernetes.io/managed-by: {{ .root.Release.Service }}
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector:
    {{- include "common.selector" . | nindent 4 }}
  ports:
    - name: health
      port: 8081
      targetPort: health
{{- end -}}
