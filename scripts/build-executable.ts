/** Makes dist/sampan: the bundle, its bytecode, the packs of dist/embedded and the runtime in one file. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

const checkout = join(import.meta.dirname, '..')
const embedded = join(checkout, 'dist/embedded')
const packs = JSON.parse(readFileSync(join(embedded, 'packs.json'), 'utf8')) as Record<string, string>
const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as { version: string }

/**
 * Variables that would make the runtime something else than sampan: the bun command line, other options, a debugger, files
 * written on the side. Their names are replaced in our copy of the runtime by names that no environment can have ('='
 * ends a name), so that nothing a person has set for Bun reaches us.
 */
const deafTo = [
  'BUN_BE_BUN',
  'BUN_OPTIONS',
  'BUN_INSPECT',
  'BUN_INSPECT_CONNECT_TO',
  'BUN_INSPECT_PRELOAD',
  'BUN_BYTECODE_ORDER_OUT',
  'BUN_BYTECODE_ORDER_NAMES_OUT',
  'BUN_BYTECODE_DIGEST_OUT',
  'BUN_FEATURE_FLAG_NO_ORPHANS',
  'NODE_CHANNEL_FD',
  'NODE_COMPILE_CACHE',
]

/** The runtime with those names replaced. Made again when Bun or the list changed. */
function runtime(): string {
  const path = join(checkout, 'dist/runtime')
  const stamp = join(checkout, 'dist/runtime.json')
  const from = process.execPath
  const made = JSON.stringify([statSync(from).size, statSync(from).mtimeMs, deafTo])
  if (existsSync(path) && existsSync(stamp) && readFileSync(stamp, 'utf8') === made) return path
  const bytes = readFileSync(from)
  for (const name of deafTo) {
    const word = Buffer.from(`\0${name}\0`)
    const at = bytes.indexOf(word)
    if (at < 0 || bytes.indexOf(word, at + 1) >= 0) throw new Error(`${name} is not once in ${from}`)
    bytes[at + 1 + name.indexOf('_')] = '='.charCodeAt(0)
  }
  const fresh = `${path}.${process.pid}`
  writeFileSync(fresh, bytes, { mode: 0o755 })
  renameSync(fresh, path)
  writeFileSync(stamp, made)
  return path
}

/** Defines the commit and its time where there is a git checkout. A build of changed files says so. */
function commit(): string[] {
  const git = (...words: string[]) =>
    Bun.spawnSync(['git', '-C', checkout, ...words], { stdio: ['ignore', 'pipe', 'ignore'] })
  const log = git('log', '-1', '--format=%h %cI')
  if (log.exitCode !== 0) return []
  const [id, time] = log.stdout.toString().trim().split(' ')
  const changed = git('diff', '--quiet', 'HEAD').exitCode === 0 ? '' : '-changed'
  return [
    '--define',
    `SAMPAN_COMMIT=${JSON.stringify(`${id}${changed}`)}`,
    '--define',
    `SAMPAN_BUILT=${JSON.stringify(time)}`,
  ]
}

mkdirSync(join(checkout, 'dist'), { recursive: true })
const output = join(checkout, 'dist/sampan')
/** A folder of our own: the file's name is inside the file, and the same source should give the same bytes. */
const folder = mkdtempSync(join(checkout, 'dist/.build-'))
const fresh = join(folder, 'sampan')
const build = Bun.spawnSync(
  [
    process.execPath,
    'build',
    '--compile',
    `--compile-executable-path=${runtime()}`,
    '--no-compile-autoload-dotenv',
    '--no-compile-autoload-bunfig',
    '--minify',
    '--bytecode',
    '--format=esm',
    // Chunks: a command loads its own code only. Measured: 1.5 ms less for `--version`.
    '--splitting',
    '--asset-naming=[name].[ext]',
    '--define',
    `SAMPAN_PACKS=${JSON.stringify(packs)}`,
    ...commit(),
    '--define',
    'process.env.NODE_ENV="production"',
    // ink would load it when it is installed and DEV is true.
    '--external=react-devtools-core',
    `--outfile=${fresh}`,
    join(checkout, 'src/main.ts'),
    ...Object.keys(packs).map((name) => join(embedded, `${name}.pack`)),
  ],
  { cwd: checkout, stdio: ['ignore', 'pipe', 'pipe'] },
)
if (build.exitCode !== 0) {
  rmSync(folder, { recursive: true })
  process.stderr.write(build.stdout)
  process.stderr.write(build.stderr)
  process.exit(1)
}
// A process may be running the old one: replace the name, not the file.
renameSync(fresh, output)
rmSync(folder, { recursive: true })
console.log(`dist/sampan ${version}: ${(statSync(output).size / 1e6).toFixed(1)} MB`)
