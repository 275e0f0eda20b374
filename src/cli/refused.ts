/** Commands of docker and podman that can never work without a daemon, a cluster or root, and what to do instead. */
const CLUSTER = 'A cluster manager needs a daemon that is always there'
const REMOTE = 'sampan works on the machine it runs on: run it there, for example over ssh'

export const refused: Readonly<Record<string, string>> = {
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
