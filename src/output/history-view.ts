/** What `history` shows: docker's columns, and the names that podman's templates know. */
import type { HistoryRow } from '../operations/history.ts'
import { ellipsis, humanAgo, humanSize, shortId } from './human.ts'
import type { Field, View } from './view.ts'

const commandWidth = 45
const podman = (value: Field<HistoryRow>['value']): Field<HistoryRow> => ({
  heading: '',
  value,
  inJson: false,
})

/** RFC 3339 without a fraction. */
function seconds(created: string): string {
  return created.replace(/\.\d+/, '')
}

/** `human`: rounded sizes and ages; else bytes and moments. */
export function historyView(human: boolean): View<HistoryRow> {
  return {
    fields: {
      ID: {
        heading: 'IMAGE',
        value: ({ id }, { truncate }) => (id === undefined ? '<missing>' : truncate ? shortId(id) : id),
      },
      CreatedSince: {
        heading: 'CREATED',
        value: ({ created }) =>
          created === undefined ? 'N/A' : human ? humanAgo(created) || 'N/A' : seconds(created),
      },
      CreatedAt: {
        heading: 'CREATED AT',
        value: ({ created }) => (created === undefined ? '' : seconds(created)),
      },
      CreatedBy: {
        heading: 'CREATED BY',
        value: ({ createdBy }, { truncate }) => {
          const line = createdBy.replace(/\s/g, ' ')
          return truncate ? ellipsis(line, commandWidth) : line
        },
      },
      Size: { heading: 'SIZE', value: ({ size }) => (human ? humanSize(size) : String(size)) },
      Comment: { heading: 'COMMENT', value: ({ comment }) => comment },
      Created: podman(({ created }) => (created === undefined ? '' : humanAgo(created))),
      Id: podman(({ id }) => id?.slice(7) ?? '<missing>'),
      Tags: podman(({ tags }) => tags),
    },
  }
}

export const historyColumns = ['ID', 'CreatedSince', 'CreatedBy', 'Size', 'Comment'] as const
