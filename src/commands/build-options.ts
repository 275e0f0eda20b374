/** The options of `build`: words only. build-request.ts makes values of them. */
import type { Options } from '../cli/command.ts'
import { createOptions } from './create-options.ts'

const { memory, ulimit } = createOptions

export const buildOptions = {
  'add-host': createOptions['add-host'],
  allow: {
    type: 'list',
    describe: 'Allow a step more: security.insecure for RUN --security=insecure',
    value: 'ENTITLEMENT',
    complete: ['security.insecure', 'network.host'],
  },
  annotation: { type: 'list', describe: 'Add an annotation to the manifest', value: 'KEY=VALUE' },
  'build-arg': {
    type: 'list',
    describe: 'Value for an ARG; a name alone takes your own variable',
    value: 'NAME[=VALUE]',
  },
  'build-context': {
    type: 'list',
    describe: 'Another context, for COPY --from and FROM',
    value: 'NAME=PATH|URL|docker-image://IMAGE|oci-layout://PATH|target:STAGE',
  },
  call: {
    type: 'string',
    default: 'build',
    describe: 'Build, or say something of the Dockerfile: --call=outline,format=json',
    value: 'METHOD',
    complete: ['build', 'check', 'outline', 'targets'],
  },
  check: { type: 'boolean', describe: 'Check the Dockerfile and build nothing (--call=check)' },
  'cpu-period': createOptions['cpu-period'],
  'cpu-quota': createOptions['cpu-quota'],
  'cpu-shares': createOptions['cpu-shares'],
  'cpuset-cpus': createOptions['cpuset-cpus'],
  file: {
    type: 'string',
    short: 'f',
    describe: 'The Dockerfile (default: Dockerfile, dockerfile or Containerfile in the context)',
    value: 'FILE',
    complete: 'files',
  },
  ignorefile: {
    type: 'string',
    describe: 'Use this file as .dockerignore',
    value: 'FILE',
    complete: 'files',
  },
  iidfile: { type: 'string', describe: "Write the image's id to a file", value: 'FILE', complete: 'files' },
  jobs: { type: 'integer', describe: 'Steps that run at a time (default: processors, at least 4)' },
  label: { type: 'list', describe: 'Set a label of the image', value: 'KEY[=VALUE]' },
  memory,
  'memory-swap': createOptions['memory-swap'],
  'metadata-file': {
    type: 'string',
    describe: 'Write what was made to a file, as JSON',
    value: 'FILE',
    complete: 'files',
  },
  network: {
    type: 'string',
    aliases: ['net'],
    describe: 'Network of RUN',
    value: 'default|none|host|NAME',
    complete: 'networks',
  },
  'no-cache': { type: 'boolean', describe: 'Run every step, whatever is known of it' },
  'no-cache-filter': { type: 'list', describe: 'Run every step of these stages', value: 'STAGE' },
  platform: { type: 'string', describe: 'Build for this platform', value: 'OS/ARCH' },
  progress: {
    type: 'string',
    default: 'auto',
    describe: 'How to show what happens',
    complete: ['auto', 'plain', 'quiet'],
  },
  pull: {
    type: 'string',
    bare: 'always',
    describe: 'Look for newer base images; or when to: --pull=newer',
    complete: ['always', 'missing', 'never', 'newer'],
  },
  quiet: { type: 'boolean', short: 'q', describe: "Print the image's id and nothing else" },
  'rewrite-timestamp': { type: 'tristate', describe: 'Date files by the base image (default)' },
  secret: {
    type: 'list',
    describe: 'A secret for RUN --mount=type=secret',
    value: 'id=NAME,src=FILE|env=VARIABLE',
  },
  'security-opt': createOptions['security-opt'],
  'shm-size': createOptions['shm-size'],
  ssh: {
    type: 'list',
    describe: 'An ssh agent for RUN --mount=type=ssh',
    value: 'default|ID[=SOCKET]',
  },
  tag: { type: 'list', short: 't', describe: 'Name of the image', value: 'NAME[:TAG]' },
  target: { type: 'string', describe: 'Stage to build', value: 'STAGE' },
  timestamp: { type: 'string', describe: 'Date of the image and its new files', value: 'SECONDS' },
  ulimit,
} as const satisfies Options
