import { SampanError } from '../../errors.ts'

/** Undefined where a build would end with an error: that is the build's to say, not a check's. */
export function attempt<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch (error) {
    if (error instanceof SampanError) return undefined
    throw error
  }
}
