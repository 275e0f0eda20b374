/** `--restart`, `--health-*`: what the monitor does while the container lives. */
import { usage } from '../../errors.ts'
import type { Healthcheck } from '../../oci/image-config.ts'
import type { HealthAction, HealthCheck, RestartPolicy } from '../record.ts'
import { parseDuration } from './duration.ts'

/** Throws usage with docker's words. */
export function parseRestartPolicy(given: string): RestartPolicy {
  const [policy = '', retries, ...rest] = given.split(':')
  if (policy === '' && retries === undefined) return { policy: 'no', retries: 0 }
  if (policy === 'on-failure' && rest.length === 0 && (retries === undefined || /^\d+$/.test(retries))) {
    return { policy, retries: Number(retries ?? 0) }
  }
  if (policy === 'no' || policy === 'always' || policy === 'unless-stopped') {
    if (retries === undefined) return { policy, retries: 0 }
    throw usage(`invalid restart policy: maximum retry count can only be used with 'on-failure'`)
  }
  throw usage(
    policy === 'on-failure'
      ? `invalid restart policy format: maximum retry count must be an integer`
      : `invalid restart policy: unknown policy '${given}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
  )
}

export interface HealthFlags {
  readonly command: string | undefined
  readonly interval: string | undefined
  readonly timeout: string | undefined
  readonly startPeriod: string | undefined
  readonly startInterval: string | undefined
  readonly retries: number | undefined
  readonly onFailure: string | undefined
  readonly none: boolean
}

/** The flags over the image's own check; null when there is none or it is turned off. Throws usage. */
export function parseHealthCheck(
  flags: HealthFlags,
  image: Healthcheck | null | undefined,
): HealthCheck | null {
  const given = [
    flags.command,
    flags.interval,
    flags.timeout,
    flags.startPeriod,
    flags.startInterval,
    flags.retries,
    flags.onFailure,
  ]
  if (flags.none) {
    if (given.some((value) => value !== undefined))
      throw usage('--no-healthcheck conflicts with --health-* options')
    return null
  }
  const test = flags.command ? commandOf(flags.command) : (image?.Test ?? [])
  const onFailure = parseHealthAction(flags.onFailure)
  if (test.length === 0 || test[0] === 'NONE') {
    if (onFailure !== 'none') {
      throw usage(`cannot set on-failure action to ${onFailure} without a health check`, 'add --health-cmd')
    }
    return null
  }
  if (flags.retries !== undefined && flags.retries < 0) throw usage('--health-retries cannot be negative')
  const duration = (name: string, text: string | undefined, own: number | undefined, fallback: number) => {
    const chosen = (text === undefined ? 0 : parseDuration(text, name)) || own || fallback
    if (chosen !== 0 && chosen < 1e6) throw usage(`${name} cannot be less than 1ms`)
    return chosen
  }
  return {
    test,
    interval: duration('--health-interval', flags.interval, image?.Interval, 30e9),
    timeout: duration('--health-timeout', flags.timeout, image?.Timeout, 30e9),
    startPeriod: duration('--health-start-period', flags.startPeriod, image?.StartPeriod, 0),
    startInterval: duration('--health-start-interval', flags.startInterval, image?.StartInterval, 5e9),
    retries: flags.retries || image?.Retries || 3,
    onFailure,
  }
}

/** A container's health check as an image would say it. */
export function imageHealthCheck(health: HealthCheck): Healthcheck {
  const { test, interval, timeout, startPeriod, startInterval, retries } = health
  return {
    Test: test,
    Interval: interval,
    Timeout: timeout,
    StartPeriod: startPeriod,
    StartInterval: startInterval,
    Retries: retries,
  }
}

function parseHealthAction(given: string | undefined): HealthAction {
  const word = given || 'none'
  if (word === 'none' || word === 'kill' || word === 'restart' || word === 'stop') return word
  throw usage(`invalid --health-on-failure: ${word}`, 'none, kill, restart or stop')
}

/** A shell line, or (as podman) a JSON list of words. */
function commandOf(given: string): string[] {
  if (given === 'none') return ['NONE']
  if (!given.trimStart().startsWith('[')) return ['CMD-SHELL', given]
  try {
    const words: unknown = JSON.parse(given)
    if (Array.isArray(words) && words.every((word) => typeof word === 'string')) {
      return words[0] === 'CMD' || words[0] === 'CMD-SHELL' || words[0] === 'NONE' ? words : ['CMD', ...words]
    }
  } catch {
    // A shell line may begin with a bracket, too: `[ -f /ready ]`.
  }
  return ['CMD-SHELL', given]
}
