/** What `update` changes of the next start: variables, ulimits, the health check. */
import type { Values } from '../cli/command.ts'
import type { Context } from '../cli/context.ts'
import type { ContainerRecord, HealthCheck } from '../containers/record.ts'
import { mergeEnvironment, parseEnvironment } from '../containers/values/environment.ts'
import { type HealthFlags, imageHealthCheck, parseHealthCheck } from '../containers/values/policies.ts'
import { parseUlimits } from '../containers/values/ulimit.ts'
import type { createOptions } from './create-options.ts'
import { type HealthValues, healthFlags } from './health-flags.ts'

type LaterValues = HealthValues & Pick<Values<typeof createOptions>, 'env' | 'ulimit' | 'unsetenv'>

type Change = (now: ContainerRecord) => Partial<ContainerRecord>

/** undefined: none is asked for. Throws usage for values that cannot be. */
export function laterChanges(options: LaterValues, context: Context): Change | undefined {
  const variables = [...options.unsetenv, ...parseEnvironment(options.env, [], context.environment)]
  const ulimits = parseUlimits(options.ulimit, (line) => context.out.note(line))
  const flags = healthFlags(options)
  const health = flags.none || Object.values(flags).some((value) => value !== undefined && value !== false)
  if (variables.length + ulimits.length === 0 && !health) return undefined
  return (now) => ({
    process: {
      ...now.process,
      environment: mergeEnvironment(now.process.environment, variables),
      ulimits: [
        ...now.process.ulimits.filter((old) => !ulimits.some(({ type }) => type === old.type)),
        ...ulimits,
      ],
    },
    ...(health ? { health: changedHealth(flags, now.health) } : {}),
  })
}

/** What is not said stays as it is. */
function changedHealth(flags: HealthFlags, now: HealthCheck | null): HealthCheck | null {
  if (now === null) return parseHealthCheck(flags, null)
  const kept = flags.none ? flags : { ...flags, onFailure: flags.onFailure ?? now.onFailure }
  return parseHealthCheck(kept, imageHealthCheck(now))
}
