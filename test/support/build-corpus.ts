/** The Dockerfiles of test/build-corpus/, the context they are built in, and what is expected of each. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import type { Known } from './image-tree.ts'
import { sha256 } from './oci-image.ts'
import { ok } from './process.ts'

export const corpusFolder = resolve(import.meta.dirname, '../build-corpus')

export interface Expected {
  /** Options of `build`, besides the file and the context. */
  readonly args?: readonly string[]
  /** Why podman's image is another, if it is; docs/build.md has more. */
  readonly podman?: string
  /** The image's configuration; what is not set is left out. */
  readonly config: Readonly<Record<string, unknown>>
  /** What differs from the base image. */
  readonly changes: Readonly<Record<string, string>>
}

export function corpusNames(): string[] {
  return readdirSync(corpusFolder)
    .filter((name) => name.endsWith('.Dockerfile'))
    .map((name) => basename(name, '.Dockerfile'))
    .sort()
}

export function readExpected(): Record<string, Expected> {
  return JSON.parse(readFileSync(join(corpusFolder, 'expected.json'), 'utf8'))
}

/** How a file of the context is made: text, or where a link leads. */
type Files = Readonly<Record<string, { text?: string; bytes?: Uint8Array; mode?: number; link?: string }>>

/** The context's files. Git keeps neither modes nor empty folders, so they are made. */
export async function corpusContext(): Promise<Files> {
  return {
    '.dockerignore': { text: '# what is not for images\nignored*\n!ignored-not\nfolder/deep/**/*.tmp\n' },
    '.hidden': { text: 'hidden\n' },
    'empty/': {},
    file: { text: 'file\n' },
    'folder/a': { text: 'a\n' },
    'folder/b.txt': { text: 'b\n' },
    'folder/deep/c.txt': { text: 'c\n' },
    'folder/deep/x.tmp': { text: 'ignored\n' },
    ignored: { text: 'ignored\n' },
    'ignored-not': { text: 'not ignored\n' },
    'links/broken': { link: 'nowhere' },
    'links/to-file': { link: '../file' },
    private: { text: 'private\n', mode: 0o600 },
    script: { text: '#!/bin/sh\necho script\n', mode: 0o755 },
    'spaced name': { text: 'spaced\n' },
    'text.tar.gz': { text: 'no archive\n' },
    'wild/x1.txt': { text: 'x1\n' },
    'wild/x2.txt': { text: 'x2\n' },
    'wild/x22.txt': { text: 'x22\n' },
    'wild/y.md': { text: 'y\n' },
    ...(await archives()),
  }
}

/** One archive in every packing: a folder, a script of user 7, a link. */
async function archives(): Promise<Files> {
  const work = mkdtempSync(join(tmpdir(), 'corpus-'))
  try {
    const script =
      'mkdir -p in/side && printf "in\\n" > in/side/file && chmod 750 in/side/file && ln -s side/file in/link'
    await ok(['sh', '-c', `umask 022; cd ${work} && ${script}`])
    const bytes: Record<string, { bytes: Uint8Array }> = {}
    const argv = [
      'tar',
      '-C',
      work,
      '--sort=name',
      '--owner=7',
      '--group=8',
      '--numeric-owner',
      '--mtime=@1000',
    ]
    for (const [name, packing] of [
      ['packed.tar', ''],
      ['packed.tar.gz', '-z'],
      ['packed.bz2', '-j'],
      ['packed.tar.xz', '-J'],
    ] as const) {
      await ok([...argv, ...(packing === '' ? [] : [packing]), '-cf', join(work, name), 'in'])
      bytes[name] = { bytes: readFileSync(join(work, name)) }
    }
    return bytes
  } finally {
    rmSync(work, { recursive: true })
  }
}

/** The archives by their digests: no two versions of tar and xz make the same bytes. */
export function knownContents(files: Files): Known {
  const archives = Object.entries(files).flatMap(([name, { bytes }]) => (bytes ? [{ name, bytes }] : []))
  return new Map(archives.map(({ name, bytes }) => [sha256(bytes), `(${name})`]))
}

/** Writes the context into a folder, for its owner. */
export async function layOutContext(files: Files, folder: string): Promise<void> {
  for (const [name, { text, bytes, mode = 0o644, link }] of Object.entries(files)) {
    const path = join(folder, name)
    mkdirSync(name.endsWith('/') ? path : dirname(path), { recursive: true, mode: 0o755 })
    if (link !== undefined) symlinkSync(link, path)
    else if (!name.endsWith('/')) {
      writeFileSync(path, bytes ?? text ?? '')
      chmodSync(path, mode)
    }
  }
  const { uid, gid } = statSync(folder)
  await ok(['chown', '-hR', `${uid}:${gid}`, folder])
}
