/** What the words for a context or a source of ADD mean. Pure. */
import { SampanError } from '../../errors.ts'

export interface GitAddress {
  /** What git is given. */
  readonly url: string
  /** Branch, tag, `refs/…` or commit; undefined: the remote's default branch. */
  readonly ref: string | undefined
  /** Folder in it; '' is the top. */
  readonly folder: string
  /** The commit that `ref` must be: `?checksum=`. */
  readonly checksum: string | undefined
}

export function isUrl(words: string): boolean {
  return /^https?:\/\//i.test(words)
}

/**
 * A git address, or undefined for anything else: `git://…`, `ssh://…`, `git@host:path`, `github.com/…`, and
 * `http(s)://….git`. After it `#REF:FOLDER`, or `?ref=…&subdir=…` (also branch, tag, commit, checksum).
 */
export function parseGit(words: string): GitAddress | undefined {
  const hash = words.indexOf('#')
  const [address, fragment] = hash < 0 ? [words, ''] : [words.slice(0, hash), words.slice(hash + 1)]
  const mark = address.indexOf('?')
  const bare = mark < 0 ? address : address.slice(0, mark)
  if (!isGit(bare)) return undefined
  const query = new URLSearchParams(mark < 0 ? '' : address.slice(mark + 1))
  const colon = fragment.indexOf(':')
  const [ref, folder] = colon < 0 ? [fragment, ''] : [fragment.slice(0, colon), fragment.slice(colon + 1)]
  const named = [query.get('ref'), query.get('branch'), query.get('tag'), query.get('commit')].find(Boolean)
  const at = ref || named || undefined
  if (at?.startsWith('-') === true || bare.startsWith('-')) {
    throw new SampanError(`${words}: a reference cannot begin with a dash`)
  }
  return {
    url: /^github\.com\//.test(bare) ? `https://${bare}` : bare,
    ref: at,
    folder: (folder || query.get('subdir') || '').replace(/^\/+|\/+$/g, ''),
    checksum: query.get('checksum') ?? undefined,
  }
}

function isGit(address: string): boolean {
  return (
    /^(git|ssh):\/\//.test(address) ||
    /^github\.com\/[^/]+\/[^/]+/.test(address) ||
    /^[\w.-]+@[\w.-]+:/.test(address) ||
    /^(https?|file):\/\/.*\.git$/.test(address)
  )
}
