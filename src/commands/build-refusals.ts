/** Options of docker's and podman's `build` that this tool knows and does not do, and what to do instead. */
import { type Refusals, refusals } from './refusals.ts'

const NAMESPACES = 'the containers of steps are isolated as those of `run` are'
const ATTEST = 'say --sbom=true, which lists what dpkg and apk know, or scan the pushed image'
const TRUST = 'sign the pushed image with a tool of its own: cosign sign NAME'
const ENCRYPTED = 'encrypted images cannot be read'
const CONFIDENTIAL = 'confidential workloads are not built here'

const REFUSED = {
  'all-platforms': ['switch', 'name the platforms: --platform linux/amd64,linux/arm64'],
  'cgroup-parent': [
    'value',
    'start sampan itself inside the cgroup: containers stay in the one of their starter',
  ],
  cgroupns: ['value', NAMESPACES],
  cw: ['value', CONFIDENTIAL],
  'decryption-key': ['value', ENCRYPTED],
  'hooks-dir': ['value', 'there are no OCI hooks'],
  'layer-label': ['value', 'use --label'],
  logsplit: ['switch', 'redirect standard error: 2> FILE'],
  mount: ['value', 'use RUN --mount in the Dockerfile, or -v'],
  'os-feature': ['value', 'it only means something on Windows'],
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
  'userns-gid-map': ['value', NAMESPACES],
  'userns-gid-map-group': ['value', NAMESPACES],
  'userns-uid-map': ['value', NAMESPACES],
  'userns-uid-map-user': ['value', NAMESPACES],
} as const satisfies Refusals

export const { options: refusedOptions, refuse } = refusals(REFUSED)
