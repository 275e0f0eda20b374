/**
 * `sampan.json`: everything about a container that the OCI runtime specification has no words for. Written by
 * TypeScript, read by the helper (docs/helper-protocol.md, "Bundle"), which refuses keys that are not listed here.
 * All paths are absolute.
 */

export interface SampanBundle {
  readonly version: 1
  /** 64 hexadecimal digits. */
  readonly id: string
  readonly name: string
  readonly storage: BundleStorage
  /** New, empty volumes to be filled from the image's files at `path` before the first start. */
  readonly copyUp: readonly { readonly volume: string; readonly path: string }[]
  /** Files and folders to give, with all below, to an id of the shared user namespace before every run. */
  readonly own: readonly { readonly path: string; readonly uid: number; readonly gid: number }[]
  /** Volumes among the mounts of config.json: their use is told by events. */
  readonly volumes: readonly {
    readonly name: string
    readonly destination: string
    readonly readOnly: boolean
  }[]
  /** Lines that accounts files of the container are to have; what an image lacks is not made. */
  readonly accounts: readonly { readonly path: string; readonly line: string }[]
  /** Size of the pty at the start, where nobody is attached; whether there is a pty says config.json. */
  readonly terminal: { readonly rows: number; readonly columns: number }
  /** `-i`: keep a stdin open. */
  readonly stdin: boolean
  /** Close stdin when the first attached client goes. */
  readonly stdinOnce: boolean
  readonly log: BundleLog
  readonly network: BundleNetwork
  /** Bundle folders of the containers whose namespaces are joined. */
  readonly join: {
    readonly pid: string | null
    readonly ipc: string | null
    readonly uts: string | null
    readonly cgroup: string | null
    readonly user: string | null
  }
  /** The program has the groups of whoever starts it, instead of those in config.json. */
  readonly keepGroups: boolean
  /** Stay as pid 1, forward signals and reap. */
  readonly init: boolean
  readonly restart: {
    readonly policy: 'no' | 'always' | 'unless-stopped' | 'on-failure'
    /** Most restarts of `on-failure`; 0: no limit. */
    readonly retries: number
  }
  /** Signal number. */
  readonly stopSignal: number
  /** Seconds before SIGKILL; −1 waits for ever. */
  readonly stopTimeout: number
  /** Seconds a run may take, then SIGKILL; 0: any. */
  readonly timeout: number
  /** Where the pid of its first process is written while it runs; null: nowhere. */
  readonly pidFile: string | null
  readonly health: BundleHealth | null
  /** What goes with the container at its end (`--rm`); null: it stays. */
  readonly remove: {
    readonly container: true
    /** The name reservation. */
    readonly name: string
    /** Folders of anonymous volumes. */
    readonly folders: readonly string[]
  } | null
  readonly cgroup: BundleCgroup
  /** Folder for compiled filters. */
  readonly seccompCache: string
  /** An OCI runtime to start the container with instead of the helper's own init. */
  readonly runtime: { readonly path: string; readonly root: string } | null
}

export interface BundleStorage {
  /** vfs: `merged` is already a full copy, nothing is mounted. */
  readonly driver: 'overlay' | 'fuse-overlayfs' | 'vfs'
  /** Folder of the short links; the helper changes to it before mount(2). */
  readonly links: string
  /** Names in `links`, the top layer first. */
  readonly lower: readonly string[]
  readonly upper: string
  readonly work: string
  readonly merged: string
  /** Never sync the upper folder: it goes with the container. */
  readonly volatile: boolean
  /** argv prefix of fuse-overlayfs; empty for other drivers. */
  readonly fuseOverlayfs: readonly string[]
}

export interface BundleLog {
  readonly driver: 'json-file' | 'k8s-file' | 'journald' | 'passthrough' | 'none'
  readonly path: string
  /** Bytes after which the file is rotated; 0: never. */
  readonly maxSize: number
  /** Files kept, the current one included. */
  readonly maxFiles: number
  /** Whether rotated files are packed: `path.1.gz` … */
  readonly compress?: boolean
  /** JSON of `attrs` in each record of json-file; 1,024 bytes at most. */
  readonly attributes?: string
  /** Of journald: fields of each entry, `KEY=value`. It has the file besides, in json-file's format. */
  readonly journal?: readonly string[]
}

export interface BundleNetwork {
  readonly mode: 'none' | 'host' | 'slirp' | 'pasta' | 'container' | 'bridge'
  /** Mode container: the bundle whose network namespace is joined, else null. */
  readonly container: string | null
  /** argv prefix of the slirp4netns or pasta to run; empty for other modes. */
  readonly command: readonly string[]
  readonly mtu: number
  /** Mode bridge: the program that `command` is. */
  readonly outside?: 'slirp4netns' | 'pasta'
  /** Whether the way out carries IPv6, too. */
  readonly ipv6?: boolean
  /** The way out does not lead to services on the host's loopback. */
  readonly noHostLoopback?: boolean
  readonly ports: readonly PublishedPort[]
  /** Mode bridge only, as the two below: where the container is to be joined, in this order. */
  readonly networks?: readonly BundleAttachment[]
  /** What others on these networks may call it, besides each network's aliases. */
  readonly names?: readonly string[]
  /** Name servers to forward to. */
  readonly resolvers?: readonly string[]
}

/** One network of a container: also what `network --join` gets. */
export interface BundleAttachment {
  readonly name: string
  /** 64 hexadecimal digits. */
  readonly id: string
  /** The kernel's name of the bridge: 15 bytes at most. */
  readonly bridge: string
  readonly subnets: readonly {
    readonly subnet: string
    readonly gateway: string
    /** Where free addresses are taken from; null: all of the subnet. */
    readonly range: string | null
    /** Addresses that no container gets. */
    readonly reserved: readonly string[]
  }[]
  /** null: any free one. */
  readonly ip: string | null
  readonly ip6: string | null
  readonly mac: string | null
  readonly aliases: readonly string[]
  /** Largest packet between its containers. */
  readonly mtu: number
  /** No way out of the network. */
  readonly internal: boolean
  /** Whether names are answered at the gateway. */
  readonly dns: boolean
  /** Its containers do not reach each other. */
  readonly isolated: boolean
  /** It leads outside by `routes` only. */
  readonly noDefaultRoute: boolean
  /** Of the default route; 0: the kernel's. */
  readonly metric: number
  readonly routes: readonly { readonly to: string; readonly gateway: string; readonly metric: number }[]
  /** Name inside the container; null: the next ethN. */
  readonly interface: string | null
}

/** `networks.json` in the bundle, written by the monitor when the container is on its networks and at every change. */
export interface BoundNetworks {
  readonly version: 1
  readonly networks: readonly BoundNetwork[]
}

export interface BoundNetwork {
  readonly name: string
  readonly id: string
  /** null without IPv4. */
  readonly ip: string | null
  readonly prefix: number
  readonly gateway: string | null
  readonly mac: string
  readonly interface: string
  /** null without IPv6. */
  readonly ip6: string | null
  readonly prefix6: number
  readonly gateway6: string | null
}

export interface PublishedPort {
  /** '' listens on every address, IPv4 and IPv6. */
  readonly hostIp: string
  /** 0: any free one; the one that was taken is in `ports.json`. */
  readonly hostPort: number
  /** The first free one from `hostPort` to this. */
  readonly hostPortLast?: number
  readonly containerPort: number
  readonly protocol: 'tcp' | 'udp'
  /** The PROXY protocol's header before the client's bytes. */
  readonly proxy?: 'v2'
}

/** Durations in nanoseconds, as in the image. */
export interface BundleHealth {
  readonly test: readonly string[]
  readonly interval: number
  readonly timeout: number
  readonly startPeriod: number
  readonly startInterval: number
  readonly retries: number
  /** What is done when it becomes unhealthy. */
  readonly onFailure: 'none' | 'kill' | 'restart' | 'stop'
}

/** 0 and '' mean: no limit. */
export interface BundleCgroup {
  readonly path: string | null
  readonly memory: number
  readonly memorySwap: number
  readonly memoryReservation: number
  readonly cpuQuota: number
  readonly cpuPeriod: number
  readonly cpuShares: number
  readonly cpusetCpus: string
  readonly cpusetMems: string
  readonly pids: number
}

/** `ports.json` in the bundle, written by the monitor when the ports are bound: `hostPort` is never 0. */
export interface BoundPorts {
  readonly version: 1
  readonly ports: readonly PublishedPort[]
}
