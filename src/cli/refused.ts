/**
 * Commands of docker and podman that are not done here, most of them because they can never work without a daemon, a
 * cluster or root; and what to do instead.
 */
const CLUSTER = 'A cluster manager needs a daemon that is always there'
const SHELL = 'sampan build --debug-shell opens a shell in what a failed step left'
const HISTORY = 'sampan buildx history inspect --format json and logs have what is known of a build'
const REMOTE = 'sampan works on the machine it runs on: run it there, for example over ssh'

export const refused: Readonly<Record<string, string>> = {
  'buildx bake': 'Build each target by a line of its own: sampan build --target NAME -t IMAGE .',
  'buildx dap': SHELL,
  'buildx debug': SHELL,
  'buildx dial-stdio': 'There is no builder to talk to: builds run in the command itself',
  'buildx history export': HISTORY,
  'buildx history import': HISTORY,
  'buildx history open': HISTORY,
  'buildx history trace': HISTORY,
  'buildx policy': 'Name base images by digest, and check the sources before the build',
  checkpoint: 'Saving and restoring processes (CRIU) needs privileges that a plain user does not have',
  config: CLUSTER,
  farm: REMOTE,
  machine: 'No virtual machine is needed: sampan runs containers on this kernel',
  node: CLUSTER,
  plugin: 'Plugins of the engine need a daemon of root',
  service: CLUSTER,
  stack: CLUSTER,
  swarm: CLUSTER,
  trust: 'Docker has removed content trust: pull by digest (NAME@sha256:…) to get exactly those bytes',
}
