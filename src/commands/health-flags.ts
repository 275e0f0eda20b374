/** The `--health-*` options that create, run and update share, as the parser wants them. */
import type { Values } from '../cli/command.ts'
import type { HealthFlags } from '../containers/values/policies.ts'
import type { createOptions } from './create-options.ts'

export type HealthValues = Pick<
  Values<typeof createOptions>,
  | 'health-cmd'
  | 'health-interval'
  | 'health-on-failure'
  | 'health-retries'
  | 'health-start-interval'
  | 'health-start-period'
  | 'health-timeout'
  | 'no-healthcheck'
>

export function healthFlags(options: HealthValues): HealthFlags {
  return {
    command: options['health-cmd'],
    interval: options['health-interval'],
    timeout: options['health-timeout'],
    startPeriod: options['health-start-period'],
    startInterval: options['health-start-interval'],
    retries: options['health-retries'],
    onFailure: options['health-on-failure'],
    none: options['no-healthcheck'],
  }
}
