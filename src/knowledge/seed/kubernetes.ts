// Kubernetes, Helm and Terraform.

import { link, low, medium, type SeedCase } from './seed-case.ts'

const debugPods = link('Debug pods', 'https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/')
const probes = link(
  'Liveness, readiness and startup probes',
  'https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/',
)

export const kubernetesCases: SeedCase[] = [
  {
    id: 'k8s-crash-loop',
    category: 'runtime',
    title: 'A container ends again and again',
    text: 'CrashLoopBackOff\nBack-off restarting failed container\nback-off restarting failed container in pod',
    sample: 'Warning  BackOff  2m (x12 over 5m)  kubelet  Back-off restarting failed container api in pod api-7d4b9',
    cause: 'The program in the container exits soon after its start; why stands in the log of the previous container.',
    fixes: [
      low('Read the log of the container that ended.', 'kubectl logs POD --previous'),
      low('See the exit code and events.', 'kubectl describe pod POD'),
    ],
    links: [debugPods],
    tags: ['kubernetes', 'pod', 'crashloopbackoff'],
  },
  {
    id: 'k8s-image-pull',
    category: 'container',
    title: 'Kubernetes cannot pull an image',
    text: 'ImagePullBackOff\nErrImagePull\nFailed to pull image: rpc error: code = NotFound\nBack-off pulling image',
    sample: 'Warning  Failed  kubelet  Error: ImagePullBackOff',
    cause: 'The image or tag does not exist, the registry cannot be reached, or the pull secret is missing.',
    fixes: [
      low('Read the message of the event.', 'kubectl describe pod POD'),
      low('For a private registry, name an imagePullSecret.'),
    ],
    links: [link('Images', 'https://kubernetes.io/docs/concepts/containers/images/')],
    tags: ['kubernetes', 'image', 'registry'],
  },
  {
    id: 'k8s-oom-killed',
    category: 'resource',
    title: 'A container used more memory than its limit',
    text: 'OOMKilled\nReason: OOMKilled Exit Code: 137\nLast State: Terminated Reason: OOMKilled',
    sample: '    Reason:       OOMKilled',
    cause: 'The container went over resources.limits.memory and was killed.',
    fixes: [
      low('See what it uses.', 'kubectl top pod POD --containers'),
      low('Raise the limit, or bound the program (heap, caches, workers) below it.'),
    ],
    links: [
      link(
        'Assign memory resources',
        'https://kubernetes.io/docs/tasks/configure-pod-container/assign-memory-resource/',
      ),
    ],
    tags: ['kubernetes', 'memory', 'oom'],
  },
  {
    id: 'k8s-unschedulable',
    category: 'resource',
    title: 'No node can take a pod',
    text: "nodes are available: Insufficient cpu\nnodes are available: Insufficient memory\nFailedScheduling nodes are available: node(s) had untolerated taint\nnode(s) didn't match Pod's node affinity/selector",
    sample:
      'Warning  FailedScheduling  default-scheduler  0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available',
    cause: 'Requests exceed what is free, or taints, selectors or affinity leave no node.',
    fixes: [
      low('Compare requests with what nodes have.', 'kubectl describe nodes'),
      low('Lower the requests, add a node, or correct selectors and tolerations.'),
    ],
    links: [
      link(
        'Managing resources for containers',
        'https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/',
      ),
    ],
    tags: ['kubernetes', 'scheduler'],
  },
  {
    id: 'k8s-probe-failed',
    category: 'runtime',
    title: 'A probe of a container fails',
    text: 'Liveness probe failed: HTTP probe failed with statuscode\nReadiness probe failed: Get: dial tcp: connect: connection refused\nStartup probe failed\nfailed liveness probe, will be restarted',
    sample:
      'Warning  Unhealthy  kubelet  Readiness probe failed: Get "http://10.1.2.3:8080/health": dial tcp 10.1.2.3:8080: connect: connection refused',
    cause: 'The program does not listen (yet) on that port and path, or answers too slowly.',
    fixes: [low('Check port and path of the probe; give slow starts a startupProbe.', 'kubectl describe pod POD')],
    links: [probes],
    tags: ['kubernetes', 'probe', 'health'],
  },
  {
    id: 'k8s-config-missing',
    category: 'configuration',
    title: 'A pod refers to a ConfigMap or Secret that does not exist',
    text: 'CreateContainerConfigError\nError: configmap not found\nError: secret not found\nMountVolume.SetUp failed for volume: secret not found',
    sample: 'Warning  Failed  kubelet  Error: secret "db-credentials" not found',
    cause: 'It was not created, has another name, or is in another namespace.',
    fixes: [low('See what the namespace has.', 'kubectl get configmaps,secrets -n NAMESPACE')],
    links: [link('ConfigMaps', 'https://kubernetes.io/docs/concepts/configuration/configmap/')],
    tags: ['kubernetes', 'configmap', 'secret'],
  },
  {
    id: 'k8s-pvc-unbound',
    category: 'resource',
    title: 'A volume claim is not bound',
    text: 'pod has unbound immediate PersistentVolumeClaims\nno persistent volumes available for this claim and no storage class is set\npersistentvolumeclaim not found',
    sample: '0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.',
    cause: 'No storage class provisions it, or no volume has the size and access mode asked for.',
    fixes: [
      low('See the claim and its events.', 'kubectl describe pvc CLAIM'),
      low('Name an existing storage class.', 'kubectl get storageclass'),
    ],
    links: [link('Persistent volumes', 'https://kubernetes.io/docs/concepts/storage/persistent-volumes/')],
    tags: ['kubernetes', 'storage'],
  },
  {
    id: 'k8s-multi-attach',
    category: 'resource',
    title: 'A volume is still attached to another node',
    text: "Multi-Attach error for volume. Volume is already exclusively attached to one node and can't be attached to another\nVolume is already used by pod(s)",
    sample:
      'Warning  FailedAttachVolume  attachdetach-controller  Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) db-0',
    cause:
      'The volume is ReadWriteOnce, and its old pod has not gone yet, often during a rolling update or after a node was lost.',
    fixes: [low('Wait for the old pod; for such volumes use the strategy Recreate or a StatefulSet.')],
    links: [link('Access modes', 'https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes')],
    tags: ['kubernetes', 'storage', 'volume'],
  },
  {
    id: 'k8s-forbidden',
    category: 'permission',
    title: 'RBAC does not allow a request',
    text: 'Error from server (Forbidden): is forbidden: User cannot in API group in the namespace\nis forbidden: User "system:serviceaccount cannot list resource in API group',
    sample:
      'Error from server (Forbidden): pods is forbidden: User "system:serviceaccount:ci:deployer" cannot list resource "pods" in API group "" in the namespace "prod"',
    cause: 'The user or service account has no role with this verb on this resource in this namespace.',
    fixes: [
      low('Ask what it may do, then bind a role.', 'kubectl auth can-i list pods --as=system:serviceaccount:NS:NAME'),
    ],
    links: [link('Using RBAC authorization', 'https://kubernetes.io/docs/reference/access-authn-authz/rbac/')],
    tags: ['kubernetes', 'rbac'],
  },
  {
    id: 'k8s-quota',
    category: 'resource',
    title: 'A quota of the namespace is used up',
    text: 'is forbidden: exceeded quota: requested: used: limited:\nfailed quota: must specify limits.cpu',
    sample:
      'Error creating: pods "api-6c" is forbidden: exceeded quota: team, requested: limits.memory=2Gi, used: limits.memory=7Gi, limited: limits.memory=8Gi',
    cause: 'The sum of the namespace would exceed its ResourceQuota, or a pod names no limits where they are required.',
    fixes: [low('See what is used.', 'kubectl describe resourcequota -n NAMESPACE')],
    links: [link('Resource quotas', 'https://kubernetes.io/docs/concepts/policy/resource-quotas/')],
    tags: ['kubernetes', 'quota'],
  },
  {
    id: 'k8s-no-kind-match',
    category: 'configuration',
    title: 'The cluster does not know a kind or its API version',
    text: "no matches for kind in version. ensure CRDs are installed first\nresource mapping not found for name: from no matches for kind in version\nerror: unable to recognize: no matches for kind in version\nthe server doesn't have a resource type",
    sample:
      'error: resource mapping not found for name: "web" namespace: "" from "ingress.yaml": no matches for kind "Ingress" in version "extensions/v1beta1"',
    cause: 'The API version was removed in this release of Kubernetes, or a CustomResourceDefinition is not installed.',
    fixes: [low('See what the cluster has, and change apiVersion or install the definition.', 'kubectl api-resources')],
    links: [
      link('Deprecated API migration guide', 'https://kubernetes.io/docs/reference/using-api/deprecation-guide/'),
    ],
    tags: ['kubernetes', 'api', 'crd'],
  },
  {
    id: 'k8s-rollout-timeout',
    category: 'timeout',
    title: 'A rollout did not finish in time',
    text: 'error: deployment exceeded its progress deadline\nerror: timed out waiting for the condition\nProgressDeadlineExceeded',
    sample: 'error: deployment "api" exceeded its progress deadline',
    cause: 'New pods do not become ready: see their state, not the rollout.',
    fixes: [
      low('Look at the pods of the new version.', 'kubectl get pods; kubectl describe pod POD'),
      medium('Go back to the version before.', 'kubectl rollout undo deployment/NAME'),
    ],
    links: [link('Deployments', 'https://kubernetes.io/docs/concepts/workloads/controllers/deployment/')],
    tags: ['kubernetes', 'rollout', 'deployment'],
  },
  {
    id: 'k8s-evicted',
    category: 'resource',
    title: 'A node evicted pods because it ran short',
    text: 'The node was low on resource: ephemeral-storage\nThe node was low on resource: memory\nnode has disk pressure\nEvicted The node had condition: [DiskPressure]',
    sample: 'Status: Failed Reason: Evicted Message: The node was low on resource: ephemeral-storage.',
    cause: "Disk or memory of the node fell below the kubelet's threshold.",
    fixes: [
      low('See the node and who uses what.', 'kubectl describe node NODE'),
      low('Set requests and limits, also for ephemeral-storage; rotate logs.'),
    ],
    links: [
      link('Node-pressure eviction', 'https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/'),
    ],
    tags: ['kubernetes', 'eviction', 'disk'],
  },
  {
    id: 'helm-upgrade-failed',
    category: 'infrastructure',
    title: 'A Helm release did not come up',
    text: 'Error: UPGRADE FAILED: timed out waiting for the condition\nError: INSTALLATION FAILED\nError: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress',
    sample: 'Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress',
    cause: 'Resources did not become ready, or an earlier operation was interrupted and left the release pending.',
    fixes: [
      low('See the state and the history.', 'helm history RELEASE'),
      medium('Go back to the last good revision.', 'helm rollback RELEASE'),
    ],
    links: [link('helm upgrade', 'https://helm.sh/docs/helm/helm_upgrade/')],
    tags: ['helm', 'kubernetes'],
  },
  {
    id: 'terraform-state-lock',
    category: 'infrastructure',
    title: 'The Terraform state is locked',
    text: 'Error: Error acquiring the state lock\nError locking state: Error acquiring the state lock: ConditionalCheckFailedException',
    sample: 'Error: Error acquiring the state lock',
    cause: 'Another run holds the lock, or one that was interrupted left it behind.',
    fixes: [
      low('Wait for the other run; the lock info says who holds it.'),
      medium('Only when that run is certainly dead: release it.', 'terraform force-unlock LOCK_ID'),
    ],
    links: [link('State locking', 'https://developer.hashicorp.com/terraform/language/state/locking')],
    tags: ['terraform', 'state', 'lock'],
  },
  {
    id: 'terraform-init-required',
    category: 'configuration',
    title: 'Terraform has to be initialized',
    text: 'Error: Inconsistent dependency lock file\nError: Backend initialization required, please run "terraform init"\nError: Required plugins are not installed\nError: Module not installed',
    sample: 'Error: Backend initialization required, please run "terraform init"',
    cause: 'Providers, modules or the backend have changed since the last init.',
    fixes: [low('Initialize, and commit the lock file.', 'terraform init')],
    links: [link('terraform init', 'https://developer.hashicorp.com/terraform/cli/commands/init')],
    tags: ['terraform', 'init'],
  },
]
