// What our objects must and must not be, beyond the schemas: the restricted pod security standard, limits, digests, nothing open that no policy opens.

const templateOf = (object) => (object.kind === 'Pod' ? object : object.spec?.template);
const matches = (selector, labels) => Object.entries(selector ?? {}).every(([key, value]) => labels?.[key] === value);

/** Sentences about what is wrong with the objects of one rendering. */
export function judge(objects) {
  const errors = [];
  const of = (kind) => objects.filter((object) => object.kind === kind);
  const pods = objects.filter((object) => templateOf(object)?.spec?.containers).map((object) => ({ name: `${object.kind}/${object.metadata.name}`, object, ...templateOf(object) }));
  if (pods.length === 0) {
    errors.push('no pod is rendered.');
  }
  for (const object of objects) {
    if (object.metadata.namespace) {
      errors.push(`${object.kind}/${object.metadata.name}: names a namespace; the release's is used.`);
    }
    if (object.kind === 'Secret') {
      errors.push(`Secret/${object.metadata.name}: charts hold no secrets.`);
    }
  }
  const accounts = new Set(of('ServiceAccount').map((account) => account.metadata.name));
  for (const { name, object, metadata, spec } of pods) {
    const wrong = (what) => errors.push(`${name}: ${what}`);
    const test = metadata.annotations?.['helm.sh/hook'] === 'test';
    const once = test || object.kind === 'Job';
    if (spec.hostNetwork || spec.hostPID || spec.hostIPC) wrong('shares a namespace with the node.');
    if (spec.automountServiceAccountToken !== false) wrong('mounts a service account token.');
    if (spec.enableServiceLinks !== false) wrong('takes service links as environment.');
    if (!spec.securityContext?.runAsNonRoot || !(spec.securityContext?.runAsUser >= 10000)) wrong('may run as root.');
    if (spec.securityContext?.seccompProfile?.type !== 'RuntimeDefault') wrong('has no seccomp profile.');
    if (!once && !accounts.has(spec.serviceAccountName)) wrong(`names a service account that is not rendered: ${spec.serviceAccountName}.`);
    const volumes = new Set([...(spec.volumes ?? []), ...(object.spec?.volumeClaimTemplates ?? []).map((claim) => ({ name: claim.metadata.name }))].map((volume) => volume.name));
    for (const volume of spec.volumes ?? []) {
      if (volume.hostPath) wrong(`mounts the node's ${volume.hostPath.path}.`);
      if (volume.emptyDir && !volume.emptyDir.sizeLimit) wrong(`volume ${volume.name} has no size limit.`);
    }
    for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
      const bad = (what) => wrong(`container ${container.name} ${what}`);
      const security = container.securityContext ?? {};
      if (!/^[^\s@:]+(:[0-9]+)?\/[^\s@:]+@sha256:[0-9a-f]{64}$/.test(container.image)) bad(`runs an image that is not named by digest alone: ${container.image}.`);
      if (security.privileged !== false || security.allowPrivilegeEscalation !== false) bad('may gain privileges.');
      if (!security.readOnlyRootFilesystem) bad('has a writable root file system.');
      if (security.capabilities?.drop?.join() !== 'ALL' || security.capabilities?.add) bad('keeps capabilities.');
      for (const kind of ['requests', 'limits']) {
        if (!container.resources?.[kind]?.cpu || !container.resources?.[kind]?.memory) bad(`has no ${kind}.`);
      }
      // A standby is alive without answering calls, so only whether it is ready is asked by gRPC; a database is none of ours.
      const leads = container.args?.[0] === 'lead';
      const probes = container.name === 'postgres' ? container.livenessProbe && container.readinessProbe
        : container.readinessProbe?.grpc && (leads ? container.livenessProbe?.exec : container.livenessProbe?.grpc && container.startupProbe?.grpc);
      if (!once && !probes) bad('has no probes.');
      if (leads && object.spec.updateStrategy?.type !== 'OnDelete') bad('has standbys, which are never ready: a rolling update would wait for ever.');
      if (object.spec?.replicas > 1 && !leads) bad('runs more than once and nothing says who leads.');
      for (const text of [...(container.args ?? []), ...(container.env ?? []).map((variable) => variable.value ?? '')]) {
        if (/password\s*=/i.test(text)) bad('is given a password in the open.');
      }
      for (const mount of container.volumeMounts ?? []) {
        if (!volumes.has(mount.name)) bad(`mounts a volume that does not exist: ${mount.name}.`);
      }
      const names = (container.env ?? []).map((variable) => variable.name);
      if (new Set(names).size !== names.length) bad('has a variable twice.');
    }
    const policies = of('NetworkPolicy').filter((policy) => matches(policy.spec.podSelector.matchLabels, metadata.labels));
    if (!policies.some((policy) => !policy.spec.ingress && !policy.spec.egress && policy.spec.policyTypes.includes('Ingress') && policy.spec.policyTypes.includes('Egress'))) {
      wrong('is under no policy that denies everything.');
    }
    if (policies.length < 2) wrong('has no policy of its own.');
    if (!once) {
      if (!of('PodDisruptionBudget').some((budget) => matches(budget.spec.selector.matchLabels, metadata.labels))) wrong('has no disruption budget.');
      if (!spec.topologySpreadConstraints?.length) wrong('is not spread.');
    }
  }
  for (const service of of('Service')) {
    const target = pods.find((pod) => matches(service.spec.selector, pod.metadata.labels));
    const ports = new Set(target?.spec.containers.flatMap((container) => (container.ports ?? []).map((port) => port.name)));
    if (!target) errors.push(`Service/${service.metadata.name}: selects no pod.`);
    for (const port of service.spec.ports) {
      if (!ports.has(port.targetPort)) errors.push(`Service/${service.metadata.name}: port ${port.targetPort} is not one of the pod's.`);
    }
  }
  for (const policy of of('NetworkPolicy')) {
    for (const rule of policy.spec.ingress ?? []) {
      const open = (rule.ports ?? []).map((port) => port.port);
      if (!rule.from && open.some((port) => port !== 'grpc' && port !== 'page')) errors.push(`NetworkPolicy/${policy.metadata.name}: opens ${open} to anybody.`);
    }
    for (const rule of policy.spec.egress ?? []) {
      if (!rule.to?.length || !rule.ports?.length) errors.push(`NetworkPolicy/${policy.metadata.name}: lets out without naming both where and which port.`);
    }
  }
  for (const route of of('TLSRoute')) {
    if (route.spec.hostnames.some((name) => !name)) errors.push(`TLSRoute/${route.metadata.name}: has no host name.`);
  }
  for (const gateway of of('Gateway')) {
    if (gateway.spec.listeners.some((listener) => listener.tls?.mode !== 'Passthrough')) errors.push(`Gateway/${gateway.metadata.name}: ends TLS.`);
  }
  for (const set of of('StatefulSet')) {
    const leads = set.spec.template.spec.containers.some((container) => container.args?.[0] === 'lead');
    const services = of('Service').filter((service) => service.spec.clusterIP !== 'None' && matches(service.spec.selector, set.spec.template.metadata.labels));
    if (leads && services.some((service) => service.spec.publishNotReadyAddresses)) errors.push(`StatefulSet/${set.metadata.name}: its standbys get calls.`);
  }
  for (const scaler of of('HorizontalPodAutoscaler')) {
    const target = objects.find((object) => object.kind === scaler.spec.scaleTargetRef.kind && object.metadata.name === scaler.spec.scaleTargetRef.name);
    const wrong = (what) => errors.push(`HorizontalPodAutoscaler/${scaler.metadata.name}: ${what}`);
    if (target?.kind !== 'Deployment') wrong('scales what may run once only.');
    else {
      const [container] = target.spec.template.spec.containers;
      const names = (container.env ?? []).map((variable) => variable.name);
      if (target.spec.replicas !== undefined) wrong('its target names a number of pods too.');
      if (!names.includes('Store__Postgres') || !names.includes('Tls__KeyFile')) wrong('its pods share no store or no key.');
      if (names.some((name) => /^(Page|Channels)__/.test(name))) wrong('its pods would hold sessions or tell channels more than once.');
    }
  }
  for (const certificate of of('Certificate')) {
    // A browser's authority vouches for the page's key; no charter does.
    if (certificate.spec.privateKey.rotationPolicy !== 'Never' && !certificate.spec.secretName.endsWith('-page-tls')) errors.push(`Certificate/${certificate.metadata.name}: its key rotates, but charters pin it.`);
  }
  const names = objects.map((object) => `${object.kind}/${object.metadata.name}`);
  for (const name of names.filter((item, index) => names.indexOf(item) !== index)) {
    errors.push(`${name}: is rendered twice.`);
  }
  return errors;
}
