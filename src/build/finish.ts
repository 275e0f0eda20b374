/** What options say of the finished image, over what its Dockerfile says. Pure. */
import { mergeEnvironment } from '../containers/values/environment.ts'
import { defined } from '../oci/json.ts'
import type { StageState } from './state.ts'

export interface Finish {
  readonly labels: Readonly<Record<string, string>>
  /** `KEY=VALUE`, or `KEY` to take away. */
  readonly environment: readonly string[]
  readonly withoutLabels: readonly string[]
  readonly omitHistory: boolean
  readonly osVersion: string | undefined
}

export function finish(state: StageState, asked: Finish): StageState {
  const { labels, environment, withoutLabels, omitHistory, osVersion } = asked
  const { Labels, Env } = state.config
  const kept = Object.entries(Labels ?? {}).filter(([key]) => !withoutLabels.includes(key))
  // Members keep their places: an image of which nothing is asked stays the same bytes.
  const config = defined({
    ...state.config,
    ...(Env === undefined && environment.length === 0
      ? {}
      : { Env: mergeEnvironment(Env ?? [], environment) }),
    ...(Labels === undefined && Object.keys(labels).length === 0
      ? {}
      : { Labels: { ...Object.fromEntries(kept), ...labels } }),
  })
  const platform = osVersion === undefined ? state.platform : { ...state.platform, 'os.version': osVersion }
  return { ...state, config, platform, history: omitHistory ? [] : state.history }
}
