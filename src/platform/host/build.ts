/** Which build this is. `scripts/build` defines the commit and its time; from source there are none. */
import { version } from '../../../package.json'

declare const SAMPAN_COMMIT: string | undefined
declare const SAMPAN_BUILT: string | undefined

const commit = typeof SAMPAN_COMMIT === 'undefined' ? 'source' : SAMPAN_COMMIT

export const build = {
  version,
  /** What `--version` prints. */
  title: `sampan version ${version}, build ${commit}`,
  /** Short commit id, or 'source'. */
  commit,
  /** Time of that commit, RFC 3339, so that the same source gives the same bytes; '' from source. */
  time: typeof SAMPAN_BUILT === 'undefined' ? '' : SAMPAN_BUILT,
} as const
