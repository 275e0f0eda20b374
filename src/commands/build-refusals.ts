/** Options of docker's and podman's `build` that this tool knows and does not do, and what to do instead. */
import { type Refusals, refusals } from './refusals.ts'

const NAMESPACES = 'the containers of steps are isolated as those of `run` are'
const ATTEST = 'say --sbom=true, which lists what dpkg and apk know, or scan the pushed image'
const TRUST = 'sign the pushed image with a tool of its own: cosign sign NAME'
const ENCRYPTED = 'encrypted images cannot be read'
const SIZES = 'layers are stored plain; `push` compresses them'
const CONFIDENTIAL = 'confidential workloads are not built here'

const REFUSED = {
  'all-platforms': ['switch', 'name the platforms: --platform linux/amd64,linux/arm64'],
  'cache-ttl': ['value', 'builder prune --filter until=TIME removes what is older'],
  'cgroup-parent': [
    'value',
    'start sampan itself inside the cgroup: containers stay in the one of their starter',
  ],
  cgroupns: ['value', NAMESPACES],
  'compression-format': ['value', SIZES],
  'compression-level': ['value', SIZES],
  'cpp-flag': ['value', 'run cpp yourself: cpp -P Dockerfile.in | sampan build -f - .'],
  'cpuset-mems': ['value', 'use --cpuset-cpus'],
  'created-annotation': ['switch', 'give it yourself: --annotation org.opencontainers.image.created=TIME'],
  cw: ['value', CONFIDENTIAL],
  'decryption-key': ['value', ENCRYPTED],
  'force-compression': ['switch', SIZES],
  'group-add': ['value', 'add the groups in the step itself: RUN su USER -c …'],
  'hooks-dir': ['value', 'there are no OCI hooks'],
  'identity-label': ['switch', 'no such label is set'],
  'iidfile-raw': ['value', 'use --iidfile'],
  'inherit-annotations': ['switch', 'annotations are not inherited; give them by --annotation'],
  ipc: ['value', NAMESPACES],
  'layer-label': ['value', 'use --label'],
  logfile: ['value', 'redirect standard error: 2> FILE'],
  logsplit: ['switch', 'redirect standard error: 2> FILE'],
  manifest: ['value', 'use -t NAME with --platform A,B'],
  mount: ['value', 'use RUN --mount in the Dockerfile, or -v'],
  'no-hostname': ['switch', 'a step’s /etc/hostname is not part of the image'],
  'no-hosts': ['switch', 'a step’s /etc/hosts is not part of the image'],
  'omit-history': ['switch', 'use --squash-all for an image without traces of its steps'],
  'os-feature': ['value', 'it only means something on Windows'],
  'os-version': ['value', 'it only means something on Windows'],
  pid: ['value', NAMESPACES],
  policy: ['value', 'check the sources before the build'],
  resource: ['value', 'use --memory and --cpu-quota'],
  'runtime-flag': ['value', 'choose the runtime by --runtime'],
  'save-stages': ['switch', 'name a stage’s image: build --target STAGE -t NAME'],
  'sbom-image-output': ['value', ATTEST],
  'sbom-image-purl-output': ['value', ATTEST],
  'sbom-merge-strategy': ['value', ATTEST],
  'sbom-output': ['value', ATTEST],
  'sbom-purl-output': ['value', ATTEST],
  'sbom-scanner-command': ['value', ATTEST],
  'sbom-scanner-image': ['value', ATTEST],
  'sign-by': ['value', TRUST],
  'source-policy-file': ['value', 'name base images by digest: FROM image@sha256:…'],
  'stage-labels': ['switch', 'no such labels are set'],
  unsetannotation: ['value', 'annotations are not inherited'],
  userns: ['value', NAMESPACES],
  'userns-gid-map': ['value', NAMESPACES],
  'userns-gid-map-group': ['value', NAMESPACES],
  'userns-uid-map': ['value', NAMESPACES],
  'userns-uid-map-user': ['value', NAMESPACES],
  uts: ['value', NAMESPACES],
} as const satisfies Refusals

export const { options: refusedOptions, refuse } = refusals(REFUSED)
