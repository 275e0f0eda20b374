/** What options say of the finished image, over what its Dockerfile says. Pure. */
import { mergeEnvironment } from '../containers/values/environment.ts'
import type { StageState } from './state.ts'

export interface Finish {
  readonly labels: Readonly<Record<string, string>>
  /** `KEY=VALUE`, or `KEY` to take away. */
  readonly environment: readonly string[]
  readonly withoutLabels: readonly string[]
}

export function finish(state: StageState, { labels, environment, withoutLabels }: Finish): StageState {
  const { Labels = {}, Env = [], ...rest } = state.config
  const kept = Object.entries(Labels).filter(([key]) => !withoutLabels.includes(key))
  const allLabels = { ...Object.fromEntries(kept), ...labels }
  const variables = mergeEnvironment(Env, environment)
  return {
    ...state,
    config: {
      ...rest,
      ...(variables.length === 0 ? {} : { Env: variables }),
      ...(Object.keys(allLabels).length === 0 ? {} : { Labels: allLabels }),
    },
  }
}
