{{/* Where the log is, for those that read it. Takes root, section. */}}
{{- define "cleanroom.ingestionEnv" -}}
- name: {{ .section }}__IngestionAddress
  value: {{ .root.Values.ingestion.address | default (printf "https://%s:%v" (include "common.fullname" (dict "root" .root "component" "ingestion")) .root.Values.service.port) | quote }}
- name: {{ .section }}__IngestionKey
  value: {{ required "ingestion.keyId: notification and matching know the log by its TLS key. Install with notification.enabled=false first and no rooms, run the identity command that the notes print, and set ingestion.keyId to its \"tls\"." .root.Values.ingestion.keyId | quote }}
{{- end -}}
