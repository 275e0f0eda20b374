/** The licence texts of everything inside the executable, from what is installed here: one text. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const rule = `\n${'='.repeat(78)}\n`

/** `files`: the Debian files that were embedded or linked. `packages`: Debian packages linked statically. */
export function licenceTexts(
  checkout: string,
  files: readonly string[],
  packages: readonly string[],
): string {
  const debian = [...new Set([...files.map(owner), ...packages])].sort()
  const sections = [
    ['sampan', read(join(checkout, 'LICENSE'))],
    ...npmSections(checkout),
    ...debian.map((name) => [
      `${name} ${query(name, 'Version')} (Debian)`,
      `Source: Debian source package ${query(name, 'source:Package')} ${query(name, 'source:Version')},\n` +
        'at https://deb.debian.org/debian or https://snapshot.debian.org\n\n' +
        read(`/usr/share/doc/${name.replace(/:.*/, '')}/copyright`),
    ]),
  ] as [string, string][]
  const wanted = new Set(
    sections.flatMap(([, text]) => text.match(/\/usr\/share\/common-licenses\/[\w.+-]*\w/g) ?? []),
  )
  for (const path of [...wanted].sort()) if (existsSync(path)) sections.push([path, read(path)])
  return `${sections.map(([title, text]) => `${title}${rule}\n${text.trim()}\n`).join('\n\n')}`
}

/** bun's own page lists what is linked into it; then every package that our dependencies bring. */
function npmSections(checkout: string): [string, string][] {
  const modules = join(checkout, 'node_modules')
  const runtime = manifest(join(modules, '@oven/bun-linux-x64'))
  const page = read(join(modules, 'bun-types/docs/project/license.mdx')).replace(/^---[\s\S]*?---\n/, '')
  const found = new Map<string, string>()
  const visit = (name: string) => {
    if (found.has(name)) return
    const folder = join(modules, name)
    if (!existsSync(folder)) return
    const { version, license, dependencies = {} } = manifest(folder)
    const texts = readdirSync(folder)
      .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
      .map((file) => read(join(folder, file)))
    found.set(name, `Version ${version}, licence ${license}\n\n${texts.join('\n')}`)
    Object.keys(dependencies).forEach(visit)
  }
  Object.keys(manifest(checkout).dependencies ?? {}).forEach(visit)
  return [
    [`bun ${runtime.version}`, page],
    ...[...found]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, text]): [string, string] => [`${name} (npm)`, text]),
  ]
}

interface Manifest {
  readonly version: string
  readonly license: string
  readonly dependencies?: Readonly<Record<string, string>>
}

function manifest(folder: string): Manifest {
  return JSON.parse(read(join(folder, 'package.json'))) as Manifest
}

function read(path: string): string {
  return readFileSync(path, 'utf8')
}

/** The package a file belongs to. dpkg knows files of a merged /usr by their old names. */
export function owner(file: string): string {
  for (const name of [file, file.replace(/^\/usr\//, '/'), `/usr${file}`]) {
    try {
      return (
        execFileSync('dpkg', ['-S', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split(
          ': ',
        )[0] ?? ''
      )
    } catch {}
  }
  throw new Error(`no Debian package owns ${file}`)
}

/** A field of an installed package. */
function query(name: string, field: string): string {
  return execFileSync('dpkg-query', ['-W', '-f', `\${${field}}`, name], { encoding: 'utf8' })
}
