/** `inspect` of an image: Docker's JSON with the members older scripts and podman's users read (FEATURES 4.4). */
import type { Image, ImageStore } from '../images/store.ts'
import type { ContainerDefaults } from '../oci/image-config.ts'
import { familiarName, familiarRepository } from '../oci/reference.ts'

const never = '0001-01-01T00:00:00Z'

/** A fresh object, its members in Docker's order. @throws SampanError (damaged) when a blob or layer is missing */
export function inspectImage(store: ImageStore, image: Image): Record<string, unknown> {
  const { config, layers, size } = image
  const tags = image.names.filter(({ tag }) => tag !== undefined)
  const digests = image.names.filter(({ digest }) => digest !== undefined)
  const descriptor = store.readManifest(image.manifest)
  const labels = config.config.Labels ?? null
  return {
    Id: image.id,
    RepoTags: tags.map(familiarName),
    RepoDigests: digests.map((name) => `${familiarRepository(name)}@${name.digest}`),
    Parent: '',
    Comment: config.comment ?? config.history.at(-1)?.comment ?? '',
    Created: config.created ?? never,
    DockerVersion: config.docker_version ?? '',
    Author: config.author ?? '',
    Config: dockerConfig(config.config),
    Architecture: config.architecture,
    ...(config.variant === undefined ? {} : { Variant: config.variant }),
    Os: config.os,
    ...(config['os.version'] === undefined ? {} : { OsVersion: config['os.version'] }),
    Size: size,
    VirtualSize: size,
    GraphDriver: {
      Name: 'overlay',
      Data: {
        // overlay's own order: top layer first.
        LowerDir: layers
          .map(({ folder }) => folder)
          .reverse()
          .join(':'),
      },
    },
    RootFS: { Type: 'layers', Layers: config.rootfs.diff_ids },
    Metadata: { LastTagTime: image.tagged ?? never },
    Descriptor: {
      mediaType: descriptor.mediaType,
      digest: image.manifest,
      size: store.readBlob(image.manifest).length,
    },
    Digest: image.manifest,
    Labels: labels,
    Annotations: descriptor.annotations ?? {},
    ManifestType: descriptor.mediaType,
    User: config.config.User ?? '',
    History: config.history,
    NamesHistory: tags.map(familiarName),
    Healthcheck: config.config.Healthcheck ?? null,
  }
}

/** The members Docker prints for every image, then those that only some have. Its empty lists are null. */
export function dockerConfig(config: ContainerDefaults): Record<string, unknown> {
  return {
    Hostname: '',
    Domainname: '',
    User: config.User ?? '',
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    ...(config.ExposedPorts === undefined ? {} : { ExposedPorts: config.ExposedPorts }),
    Tty: false,
    OpenStdin: false,
    StdinOnce: false,
    Env: config.Env ?? null,
    Cmd: config.Cmd ?? null,
    ...(config.Healthcheck === undefined ? {} : { Healthcheck: config.Healthcheck }),
    ...(config.ArgsEscaped === undefined ? {} : { ArgsEscaped: config.ArgsEscaped }),
    Image: '',
    Volumes: config.Volumes ?? null,
    WorkingDir: config.WorkingDir ?? '',
    Entrypoint: config.Entrypoint ?? null,
    OnBuild: config.OnBuild ?? null,
    Labels: config.Labels ?? null,
    ...(config.StopSignal === undefined ? {} : { StopSignal: config.StopSignal }),
    ...(config.StopTimeout === undefined ? {} : { StopTimeout: config.StopTimeout }),
    ...(config.Shell === undefined ? {} : { Shell: config.Shell }),
  }
}
