/** The options of `build`: words only. build-request.ts makes values of them. */
import type { Options } from '../cli/command.ts'
import { refusedOptions } from './build-refusals.ts'
import { createOptions } from './create-options.ts'
import { accessOptions } from './registry-options.ts'

const { memory, ulimit } = createOptions

const common = {
  ...accessOptions,
  'add-host': createOptions['add-host'],
  allow: {
    type: 'list',
    describe: 'Allow a step more: security.insecure for RUN --security=insecure',
    value: 'ENTITLEMENT',
    complete: ['security.insecure', 'network.host'],
  },
  annotation: { type: 'list', describe: 'Add an annotation to the manifest', value: 'KEY=VALUE' },
  arch: { type: 'string', describe: 'Build for this architecture', value: 'ARCH' },
  'build-arg': {
    type: 'list',
    describe: 'Value for an ARG; a name alone takes your own variable',
    value: 'NAME[=VALUE]',
  },
  'build-arg-file': {
    type: 'list',
    describe: 'Read values for ARGs from a file, NAME=VALUE a line',
    value: 'FILE',
    complete: 'files',
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
  'cache-from': {
    type: 'list',
    describe: 'Take steps from here, too',
    value: 'IMAGE|type=registry,ref=IMAGE|type=local,src=FOLDER',
  },
  'cache-to': {
    type: 'list',
    describe: 'Leave the steps for builds elsewhere; mode=max: of all stages',
    value: 'type=registry,ref=IMAGE|type=local,dest=FOLDER|type=inline',
  },
  'cap-add': createOptions['cap-add'],
  'cap-drop': createOptions['cap-drop'],
  'cpu-period': createOptions['cpu-period'],
  'cpu-quota': createOptions['cpu-quota'],
  'cpu-shares': createOptions['cpu-shares'],
  'cpuset-cpus': createOptions['cpuset-cpus'],
  'cpuset-mems': createOptions['cpuset-mems'],
  'debug-shell': { type: 'boolean', describe: 'When a RUN fails, open a shell in what it left' },
  device: createOptions.device,
  dns: createOptions.dns,
  'dns-option': createOptions['dns-option'],
  'dns-search': createOptions['dns-search'],
  env: { type: 'list', describe: 'Set a variable of the image', value: 'KEY[=VALUE]' },
  file: {
    type: 'string',
    short: 'f',
    describe: 'The Dockerfile (default: Dockerfile, dockerfile or Containerfile in the context)',
    value: 'FILE',
    complete: 'files',
  },
  format: {
    type: 'string',
    default: 'oci',
    describe: 'Media types of the image',
    complete: ['oci', 'docker'],
  },
  from: { type: 'string', describe: 'Another image for the first FROM', value: 'IMAGE' },
  ignorefile: {
    type: 'string',
    describe: 'Use this file as .dockerignore',
    value: 'FILE',
    complete: 'files',
  },
  'http-proxy': createOptions['http-proxy'],
  iidfile: { type: 'string', describe: "Write the image's id to a file", value: 'FILE', complete: 'files' },
  'inherit-labels': { type: 'tristate', describe: 'Keep the labels of the base image (default)' },
  isolation: {
    type: 'string',
    describe: 'Accepted for old scripts: default',
    value: 'WORD',
    hidden: true,
  },
  jobs: { type: 'integer', describe: 'Steps that run at a time (default: processors, at least 4)' },
  'keep-failed': { type: 'boolean', describe: 'When a RUN fails, keep what it left as an image' },
  label: { type: 'list', describe: 'Set a label of the image', value: 'KEY[=VALUE]' },
  load: { type: 'boolean', describe: 'Store the image, as --output type=image' },
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
  os: { type: 'string', describe: 'Build for this operating system', value: 'OS' },
  output: {
    type: 'list',
    short: 'o',
    describe: 'What is made: a folder of files, or type=local|tar|oci|docker|image|registry|cacheonly',
    value: 'FOLDER|type=TYPE[,KEY=VALUE…]',
  },
  platform: { type: 'string', describe: 'Build for these platforms', value: 'OS/ARCH[,OS/ARCH]' },
  progress: {
    type: 'string',
    default: 'auto',
    describe: 'How to show what happens',
    complete: ['auto', 'plain', 'tty', 'quiet', 'rawjson', 'classic'],
  },
  pull: {
    type: 'string',
    bare: 'always',
    describe: 'Look for newer base images; or when to: --pull=newer',
    complete: ['always', 'missing', 'never', 'newer'],
  },
  push: { type: 'boolean', describe: 'Push what is built, as --output type=registry' },
  quiet: { type: 'boolean', short: 'q', describe: "Print the image's id and nothing else" },
  'rewrite-timestamp': { type: 'tristate', describe: 'Date files by the base image (default)' },
  runtime: createOptions.runtime,
  secret: {
    type: 'list',
    describe: 'A secret for RUN --mount=type=secret',
    value: 'id=NAME,src=FILE|env=VARIABLE',
  },
  'security-opt': createOptions['security-opt'],
  'shm-size': createOptions['shm-size'],
  'skip-unused-stages': { type: 'tristate', describe: 'Leave out stages nobody needs (default)' },
  'source-date-epoch': {
    type: 'string',
    describe: 'Date of the image and its new files, as --timestamp',
    value: 'SECONDS',
  },
  squash: { type: 'boolean', describe: 'One layer for all that the build adds' },
  'squash-all': { type: 'boolean', describe: 'One layer for everything' },
  ssh: {
    type: 'list',
    describe: 'An ssh agent, or keys, for RUN --mount=type=ssh',
    value: 'default|ID[=SOCKET|KEY[,KEY]]',
  },
  tag: { type: 'list', short: 't', describe: 'Name of the image', value: 'NAME[:TAG]' },
  target: { type: 'string', describe: 'Stage to build', value: 'STAGE' },
  timestamp: { type: 'string', describe: 'Date of the image and its new files', value: 'SECONDS' },
  ulimit,
  unsetenv: { type: 'list', describe: "Take one of the image's variables away", value: 'KEY' },
  unsetlabel: { type: 'list', describe: "Take one of the base image's labels away", value: 'KEY' },
  variant: { type: 'string', describe: 'Build for this CPU variant', value: 'VARIANT' },
  volume: { ...createOptions.volume, describe: 'Mount a host folder into every RUN' },
} as const satisfies Options

const attestations = {
  'compat-volumes': {
    type: 'boolean',
    describe: 'Accepted: what RUN writes to a VOLUME stays',
    hidden: true,
  },
  attest: {
    type: 'list',
    describe: 'Attest how the image was made, or its packages',
    value: 'type=provenance|sbom[,mode=max]',
  },
  provenance: {
    type: 'string',
    bare: 'true',
    describe: 'Attest how the image was made (default: no)',
    value: 'true|false|mode=max',
  },
  sbom: {
    type: 'string',
    bare: 'true',
    describe: 'Attest which packages dpkg and apk have in it (default: no)',
    value: 'true|false',
  },
} as const satisfies Options

/** Podman's. */
const podmans = {
  'cache-ttl': {
    type: 'string',
    describe: 'Steps that were made longer ago are made again',
    value: 'DURATION',
  },
  'compression-format': {
    type: 'string',
    describe: 'How layers are compressed when the image is pushed',
    value: 'FORMAT',
    complete: ['gzip', 'zstd'],
  },
  'compression-level': { type: 'integer', describe: 'How hard: 1 to 9, zstd to 22', value: 'N' },
  'cpp-flag': { type: 'list', describe: 'A word for cpp, which reads Dockerfile.in first', value: 'FLAG' },
  'created-annotation': { type: 'tristate', describe: 'Annotate the image with when it was made' },
  'force-compression': { type: 'boolean', describe: 'Compress layers anew that are compressed otherwise' },
  'group-add': createOptions['group-add'],
  'iidfile-raw': {
    type: 'string',
    describe: "Write the image's id without sha256: to this file",
    value: 'FILE',
    complete: 'files',
  },
  ipc: createOptions.ipc,
  logfile: {
    type: 'string',
    describe: 'Write what the build says to this file',
    value: 'FILE',
    complete: 'files',
  },
  manifest: {
    type: 'string',
    describe: 'Add what is built to this list, making it if need be',
    value: 'NAME',
    complete: 'images',
  },
  'no-hostname': createOptions['no-hostname'],
  'no-hosts': createOptions['no-hosts'],
  'omit-history': { type: 'boolean', describe: 'Leave out how the image was made' },
  'os-version': { type: 'string', describe: 'Version of the system the image is for', value: 'VERSION' },
  pid: createOptions.pid,
  userns: { type: 'string', describe: 'host: as it is', value: 'host' },
  uts: createOptions.uts,
} as const satisfies Options

/** What old scripts give and needs nothing done here: it is so anyway, or there is nothing it could mean. */
const accepted = {
  builder: { type: 'string', describe: 'Accepted: there is one builder', hidden: true },
  compress: { type: 'boolean', describe: 'Accepted: the context is not sent anywhere', hidden: true },
  debug: {
    type: 'boolean',
    short: 'D',
    describe: 'Accepted: -D before the command is for errors',
    hidden: true,
  },
  'disable-compression': { type: 'boolean', describe: 'Accepted: layers are stored plain', hidden: true },
  'disable-content-trust': { type: 'tristate', describe: 'Accepted for old scripts', hidden: true },
  'force-rm': { type: 'boolean', describe: 'Accepted: containers of steps always go', hidden: true },
  'identity-label': { type: 'tristate', describe: 'Accepted: no such label is set', hidden: true },
  'inherit-annotations': {
    type: 'tristate',
    describe: 'Accepted: annotations are not inherited',
    hidden: true,
  },
  layers: {
    type: 'tristate',
    describe: 'Accepted: every step is a layer; --squash makes one of them',
    hidden: true,
  },
  rm: { type: 'tristate', describe: 'Accepted: containers of steps always go', hidden: true },
  stdin: { type: 'boolean', describe: 'Accepted: steps read nothing', hidden: true },
  unsetannotation: { type: 'list', describe: 'Accepted: annotations are not inherited', hidden: true },
} as const satisfies Options

export const buildOptions = {
  ...common,
  ...attestations,
  ...podmans,
  ...accepted,
  ...refusedOptions,
} as const
