import { command } from '../cli/command.ts'
import { type Version, version } from '../operations/version.ts'
import { printValue } from '../output/objects.ts'

export default command({
  names: [['version']],
  summary: 'Print the versions of client and server, which are one executable',
  operands: '',
  arity: [0, 0],
  options: {
    format: { type: 'string', short: 'f', value: 'FORMAT', describe: "Print with a Go template, or 'json'" },
  },
  run({ options }, context) {
    const versions = version()
    if (options.format !== undefined && options.format !== '') {
      // Docker's templates know these fields by the names of its Go structs, its JSON by others.
      printValue(versions, options.format, context, { APIVersion: 'ApiVersion' })
    } else context.out.write(describe(versions, context.dialect === 'podman'))
    return 0
  },
})

function describe({ Client, Server }: Version, clientOnly: boolean): string {
  const client = [
    'Client: sampan',
    line(1, 'Version', Client.Version),
    line(1, 'API version', Client.ApiVersion),
    line(1, 'Bun version', Client.BunVersion),
    line(1, 'Git commit', Client.GitCommit),
    line(1, 'Built', Client.BuildTime),
    line(1, 'OS/Arch', `${Client.Os}/${Client.Arch}`),
    line(1, 'Context', Client.Context),
  ]
  const server = [
    '',
    'Server: sampan',
    ' Engine:',
    line(2, 'Version', Server.Version),
    line(2, 'API version', `${Server.ApiVersion} (minimum version ${Server.MinAPIVersion})`),
    line(2, 'Git commit', Server.GitCommit),
    line(2, 'Built', Server.BuildTime),
    line(2, 'OS/Arch', `${Server.Os}/${Server.Arch}`),
    line(2, 'Kernel', Server.KernelVersion),
    line(2, 'Experimental', String(Server.Experimental)),
  ]
  return `${[...client, ...(clientOnly ? [] : server)].join('\n')}\n`
}

/** Docker's two columns: values start at column 20. */
function line(indent: number, label: string, value: string): string {
  return `${`${' '.repeat(indent)}${label}:`.padEnd(20)}${value}`.trimEnd()
}
