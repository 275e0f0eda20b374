/**
 * Where the executable starts. What is imported here is paid for by every command, and `--version` needs none of the
 * rest: 3.5 of its 10 ms were modules it did not use. The story goes on in commands/dispatch.ts.
 */
import { writeSync } from 'node:fs'
import { build } from './platform/host/build.ts'

const words = process.argv.slice(2)
// Not `process.exitCode`: a timer or a socket nobody waits for any more must not keep the process.
process.exit(await main())

async function main(): Promise<number> {
  // Inside the user namespace, started by ourselves: no options, no context.
  if (words[0] === '__job') {
    const { runJob } = await import('./jobs/index.ts')
    return await runJob(words[1] ?? '', words.slice(2))
  }
  if (words.length === 1 && (words[0] === '--version' || words[0] === '-v')) {
    return printVersion()
  }
  const { dispatch } = await import('./commands/dispatch.ts')
  return await dispatch(words, process.argv0, process.env)
}

function printVersion(): number {
  try {
    writeSync(1, `${build.title}\n`)
  } catch {
    // Nobody reads it.
  }
  return 0
}
