/** `export`: all a container sees of its own files, volumes not, as one tar. */
import type { Context } from '../cli/context.ts'
import { containerEvent } from '../containers/events.ts'
import { ContainerStore, noSuchContainer } from '../containers/store.ts'
import { SampanError } from '../errors.ts'
import { writeOutput } from '../platform/files/output-file.ts'
import { startWriter } from '../platform/helper/inside.ts'
import { isTerminal } from '../platform/libc/terminal.ts'
import { lowerFolders, writableFolder } from './container-files.ts'

export interface ExportInput {
  readonly operands: readonly string[]
  readonly options: { readonly output: string | undefined }
}

/** Works on running containers, too: each file is then as it is when its turn comes. */
export async function exportContainer({ operands, options }: ExportInput, context: Context): Promise<number> {
  const { output } = options
  if (output === undefined && isTerminal(1)) {
    throw new SampanError('cowardly refusing to save to a terminal. Use the -o flag or redirect')
  }
  const { directories } = context
  const container = new ContainerStore(directories).find(operands[0] ?? '')
  const folders = [writableFolder(container), ...lowerFolders(container, directories.data)]
  const write = async (fd: number) => {
    await startWriter(directories, 'pack-union', folders, fd).done
    // Removed meanwhile: what was written is not all there was.
    if (!container.exists()) throw noSuchContainer(operands[0] ?? '')
  }
  if (output === undefined) await write(1)
  else await writeOutput(output, write)
  containerEvent(container, 'export')
  return 0
}
