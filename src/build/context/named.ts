/** `--build-context NAME=VALUE`, read. Pure. */
import { usage } from '../../errors.ts'
import type { NamedContext } from './types.ts'

/** Names are compared in lower case, as those of stages. @throws SampanError for a word that is none */
export function parseNamedContexts(words: readonly string[]): Map<string, NamedContext> {
  const contexts = new Map<string, NamedContext>()
  for (const word of words) {
    const equals = word.indexOf('=')
    const [name, value] = [word.slice(0, equals).toLowerCase(), word.slice(equals + 1)]
    if (equals <= 0 || value === '') {
      throw usage(
        `invalid context value: ${word}, expected key=value`,
        'for example --build-context src=../src',
      )
    }
    contexts.set(name, parseValue(value))
  }
  return contexts
}

function parseValue(value: string): NamedContext {
  const colon = value.indexOf(':')
  const rest = value.slice(colon + 1)
  switch (value.slice(0, colon)) {
    case 'docker-image':
      return { kind: 'image', reference: rest.replace(/^\/\//, '') }
    case 'target':
      return { kind: 'target', stage: rest.replace(/^\/\//, '') }
    case 'oci-layout':
      return parseLayout(rest.replace(/^\/\//, ''), value)
    default:
      return { kind: 'files', words: value }
  }
}

/** `PATH`, `PATH:TAG`, `PATH@sha256:…`. */
function parseLayout(rest: string, value: string): NamedContext {
  const at = /^(.*?)(?:@(sha256:[0-9a-f]{64})|:([\w][\w.-]{0,127}))?$/.exec(rest)
  const path = at?.[1] ?? ''
  if (path === '') throw usage(`${value}: there is no path in it`)
  return { kind: 'layout', path, reference: at?.[2] ?? at?.[3] ?? '' }
}
