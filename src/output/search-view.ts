/** What `search` shows: docker's columns, and the names that podman's templates know. */
import type { SearchRow } from '../operations/search.ts'
import { ellipsis } from './human.ts'
import type { Field, View } from './view.ts'

const descriptionWidth = 45
const podman = (value: Field<SearchRow>['value']): Field<SearchRow> => ({ heading: '', value, inJson: false })
const ok = (yes: boolean) => (yes ? '[OK]' : '')

export const searchView: View<SearchRow> = {
  fields: {
    Name: { heading: 'NAME', value: ({ name }) => name },
    Description: {
      heading: 'DESCRIPTION',
      value: ({ description }, { truncate }) =>
        truncate ? ellipsis(description, descriptionWidth) : description,
    },
    StarCount: { heading: 'STARS', value: ({ stars }) => String(stars) },
    IsOfficial: { heading: 'OFFICIAL', value: ({ official }) => ok(official) },
    IsAutomated: { heading: 'AUTOMATED', value: ({ automated }) => ok(automated) },
    Index: podman(({ index }) => index),
    Stars: podman(({ stars }) => stars),
    Official: podman(({ official }) => ok(official)),
    Automated: podman(({ automated }) => ok(automated)),
    Tag: { heading: 'TAG', value: ({ tag }) => tag, inJson: false },
  },
}

export const searchColumns = ['Name', 'Description', 'StarCount', 'IsOfficial'] as const
export const tagColumns = ['Name', 'Tag'] as const
