// The schemas of Kubernetes' own OpenAPI description and of the custom resources that the charts use, as packages of the npm registry carry them: compiled JSON schemas
// for values, TypeScript types for names. Both are needed: Kubernetes' schemas let unknown fields pass.
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

// A kind that is not here is refused: a new one is added after asking what it may do.
const kinds = {
  'v1 Service': 'kubernetes-models/v1',
  'v1 ServiceAccount': 'kubernetes-models/v1',
  'v1 ConfigMap': 'kubernetes-models/v1',
  'v1 Pod': 'kubernetes-models/v1',
  'apps/v1 StatefulSet': 'kubernetes-models/apps/v1',
  'apps/v1 Deployment': 'kubernetes-models/apps/v1',
  'autoscaling/v2 HorizontalPodAutoscaler': 'kubernetes-models/autoscaling/v2',
  'batch/v1 Job': 'kubernetes-models/batch/v1',
  'policy/v1 PodDisruptionBudget': 'kubernetes-models/policy/v1',
  'networking.k8s.io/v1 NetworkPolicy': 'kubernetes-models/networking.k8s.io/v1',
  'cert-manager.io/v1 Certificate': '@kubernetes-models/cert-manager/cert-manager.io/v1',
  'cert-manager.io/v1 Issuer': '@kubernetes-models/cert-manager/cert-manager.io/v1',
  'gateway.networking.k8s.io/v1 Gateway': '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1',
  'gateway.networking.k8s.io/v1alpha2 TLSRoute': '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1alpha2',
  'monitoring.coreos.com/v1 ServiceMonitor': '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
  'monitoring.coreos.com/v1 PrometheusRule': '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
};

/** Errors of one object against the schema of its kind. */
export async function validate(object) {
  const module = kinds[`${object.apiVersion} ${object.kind}`];
  if (!module) {
    return [`${object.apiVersion} ${object.kind} is not a kind that these charts may make.`];
  }
  const { [object.kind]: Model } = await import(module);
  try {
    new Model(structuredClone(object)).validate();
    return [];
  } catch (error) {
    return [error.message];
  }
}

/** Fields that the types do not have. All objects go through the compiler at once. */
export function findUnknownFields(objects, folder) {
  const file = path.join(folder, 'node_modules', '.rendered.mts');
  const names = new Map();
  const lines = [];
  const where = [];
  for (const { id, object } of objects) {
    const module = kinds[`${object.apiVersion} ${object.kind}`];
    if (!module) {
      continue;
    }
    const name = `${object.kind}_${module.replace(/[^A-Za-z0-9]/g, '_')}`;
    names.set(name, `import type { I${object.kind} as ${name} } from ${JSON.stringify(module)};`);
    lines.push(`export const object${where.length}: ${name} = ${JSON.stringify(object)};`);
    where.push(id);
  }
  const head = [...names.values()];
  fs.writeFileSync(file, [...head, ...lines].join('\n'));
  const program = ts.createProgram([file], { noEmit: true, strict: true, skipLibCheck: true, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, types: [] });
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const line = diagnostic.file && diagnostic.start !== undefined ? diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start).line - head.length : -1;
    return `${where[line] ?? 'types'}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ')}`;
  });
}
