/** What `secret ls` shows. */
import type { Secret } from '../secrets/store.ts'
import { humanAgo } from './human.ts'
import type { View } from './view.ts'

export const secretColumns = ['ID', 'Name', 'Driver', 'CreatedAt', 'UpdatedAt'] as const

export const secretView: View<Secret> = {
  fields: {
    ID: { heading: 'ID', value: ({ id }) => id },
    Name: { heading: 'NAME', value: ({ name }) => name },
    Driver: { heading: 'DRIVER', value: () => 'file' },
    CreatedAt: { heading: 'CREATED', value: ({ created }) => humanAgo(created) },
    UpdatedAt: { heading: 'UPDATED', value: ({ updated }) => humanAgo(updated) },
    Labels: {
      heading: 'LABELS',
      value: ({ labels }) =>
        Object.entries(labels)
          .map(([key, value]) => `${key}=${value}`)
          .join(','),
    },
  },
  methods: { Label: ({ labels }, key) => labels[key ?? ''] ?? '' },
}
