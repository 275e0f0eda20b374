/** What `volume ls` shows: docker's columns, and the names that podman's templates know. */
import type { VolumeRow } from '../operations/volumes.ts'
import type { Field, View } from './view.ts'

export const volumeColumns = ['Driver', 'Name'] as const

const podman = (value: Field<VolumeRow>['value']): Field<VolumeRow> => ({ heading: '', value, inJson: false })

export const volumeView: View<VolumeRow> = {
  fields: {
    Availability: { heading: 'AVAILABILITY', value: () => 'N/A' },
    Driver: { heading: 'DRIVER', value: () => 'local' },
    Group: { heading: 'GROUP', value: () => 'N/A' },
    Labels: {
      heading: 'LABELS',
      value: ({ volume }) =>
        Object.entries(volume.labels)
          .map(([key, value]) => `${key}=${value}`)
          .join(','),
    },
    Links: { heading: 'LINKS', value: () => 'N/A' },
    Mountpoint: { heading: 'MOUNTPOINT', value: ({ mountpoint }) => mountpoint },
    Name: { heading: 'VOLUME NAME', value: ({ volume }) => volume.name },
    Scope: { heading: 'SCOPE', value: () => 'local' },
    Size: { heading: 'SIZE', value: () => 'N/A' },
    Status: { heading: 'STATUS', value: () => 'N/A' },
    Anonymous: podman(({ volume }) => volume.anonymous),
    CreatedAt: podman(({ volume }) => volume.created),
    MountCount: podman(({ users }) => users.length),
    Options: podman(({ volume }) => volume.options ?? {}),
  },
  methods: { Label: ({ volume }, key) => volume.labels[key ?? ''] ?? '' },
}
