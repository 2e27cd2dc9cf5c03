{{/* Names and labels. Every template takes a dict: root (the chart's own context), component. */}}

{{/* The chart's name, or another where one chart stands in a release more than once. */}}
{{- define "common.name" -}}
{{- .root.Values.nameOverride | default .root.Chart.Name -}}
{{- end -}}

{{- define "common.fullname" -}}
{{- $middle := .root.Values.nameOverride | empty | ternary "" (printf "-%s" .root.Values.nameOverride) -}}
{{- printf "%s%s-%s" .root.Release.Name $middle .component | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{/* What selects the pods of one component; never changes in the life of a release. */}}
{{- define "common.selector" -}}
app.kubernetes.io/name: {{ include "common.name" . }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "common.labels" -}}
{{ include "common.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: cleanroom
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
cleanroom/simulated: {{ .root.Values.simulated | quote }}
{{- end -}}

{{/* An image is what its digest says; a tag would be whatever somebody pushed last. Takes root, image. */}}
{{- define "common.image" -}}
{{ printf "%s/%s@%s" .root.Values.image.registry .image.repository .image.digest }}
{{- end -}}
