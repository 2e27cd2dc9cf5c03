{{/* PostgreSQL instead of the data volume's SQLite. Every template takes root; the secret's password never stands in a setting or on a command line. */}}

{{- define "common.postgresHost" -}}
{{- $own := dig "bundled" "enabled" false .root.Values.postgres -}}
{{- if $own }}{{ include "common.fullname" (dict "root" .root "component" "postgres") }}{{ else }}{{ required "postgres.host: name the server, or set postgres.bundled.enabled." .root.Values.postgres.host }}{{ end -}}
{{- end -}}

{{/* The connection string. Takes username. */}}
{{- define "common.postgresConnection" -}}
{{- $verify := hasPrefix "Verify" .root.Values.postgres.sslMode -}}
Host={{ include "common.postgresHost" . }};Port={{ .root.Values.postgres.port }};Database={{ .root.Values.postgres.database }};Username={{ .username | default .root.Values.postgres.username }};Passfile=/store/pgpass;SSL Mode={{ .root.Values.postgres.sslMode }}{{ if $verify }};Root Certificate=/store/ca.crt{{ end }}
{{- end -}}

{{- define "common.storeEnv" -}}
{{- if .root.Values.postgres.enabled -}}
- name: Store__Postgres
  value: {{ include "common.postgresConnection" . | quote }}
- name: Store__Schema
  value: {{ .root.Values.postgres.schema }}
- name: Store__MaximumConnections
  value: {{ .root.Values.postgres.maximumConnections | quote }}
- name: Store__Migrate
  value: {{ dig "migration" "enabled" false .root.Values.postgres | ternary "false" "true" | quote }}
{{- end }}
{{- end -}}

{{- define "common.storeMounts" -}}
{{- if .root.Values.postgres.enabled -}}
- name: store
  mountPath: /store
  readOnly: true
{{- end }}
{{- end -}}

{{/* Takes secretName, the services' own if empty. */}}
{{- define "common.storeVolumes" -}}
{{- if .root.Values.postgres.enabled -}}
- name: store
  secret:
    secretName: {{ .secretName | default (required "postgres.secretName: make a secret with the entries pgpass and ca.crt, and name it." .root.Values.postgres.secretName) }}
    defaultMode: 0440
    items:
      - { key: pgpass, path: pgpass }
      {{- if hasPrefix "Verify" .root.Values.postgres.sslMode }}
      - { key: ca.crt, path: ca.crt }
      {{- end }}
{{- end }}
{{- end -}}

{{- define "common.storeEgress" -}}
{{- if .root.Values.postgres.enabled -}}
- to:
    {{- if dig "bundled" "enabled" false .root.Values.postgres }}
    - podSelector:
        matchLabels:
          {{- include "common.selector" (dict "root" .root "component" "postgres") | nindent 10 }}
    {{- else }}
    {{- toYaml .root.Values.networkPolicy.postgres | nindent 4 }}
    {{- end }}
  ports:
    - port: {{ .root.Values.postgres.port }}
      protocol: TCP
{{- end }}
{{- end -}}
