/** What `stats` shows: docker's columns, and the names that podman's templates know. */
import type { Usage } from '../operations/stats.ts'
import { humanDuration, humanMemory, humanSize, shortId } from './human.ts'
import type { Field, View } from './view.ts'

export const statsColumns = [
  'ID',
  'Name',
  'CPUPerc',
  'MemUsage',
  'MemPerc',
  'NetIO',
  'BlockIO',
  'PIDs',
] as const

const percent = (value: number) => `${value.toFixed(2)}%`
const podman = (value: Field<Usage>['value']): Field<Usage> => ({ heading: '', value, inJson: false })
const average = ({ cpu, age }: Usage) => (age === 0 ? 0 : (cpu / 1e6 / age) * 100)

export const statsView: View<Usage> = {
  fields: {
    BlockIO: {
      heading: 'BLOCK I/O',
      value: ({ read, written }) => `${humanSize(read)} / ${humanSize(written)}`,
    },
    CPUPerc: { heading: 'CPU %', value: ({ cpuPercent }) => percent(cpuPercent) },
    Container: {
      heading: 'CONTAINER',
      value: ({ container }, { truncate }) => (truncate ? shortId(container.id) : container.id),
    },
    ID: {
      heading: 'CONTAINER ID',
      value: ({ container }, { truncate }) => (truncate ? shortId(container.id) : container.id),
    },
    MemPerc: {
      heading: 'MEM %',
      value: ({ memory, memoryLimit }) => percent(memoryLimit === 0 ? 0 : (memory / memoryLimit) * 100),
    },
    MemUsage: {
      heading: 'MEM USAGE / LIMIT',
      value: ({ memory, memoryLimit }) => `${humanMemory(memory)} / ${humanMemory(memoryLimit)}`,
    },
    Name: { heading: 'NAME', value: ({ container }) => container.name },
    NetIO: {
      heading: 'NET I/O',
      value: ({ received, sent }) => `${humanSize(received)} / ${humanSize(sent)}`,
    },
    PIDs: { heading: 'PIDS', value: ({ tasks }) => String(tasks) },
    AvgCPU: podman((usage) => average(usage).toFixed(2)),
    BlockInput: podman(({ read }) => read),
    BlockOutput: podman(({ written }) => written),
    CPU: podman(({ cpuPercent }) => cpuPercent.toFixed(2)),
    CPUNano: podman(({ cpu }) => cpu),
    MemLimit: podman(({ memoryLimit }) => memoryLimit),
    MemUsageBytes: podman(({ memory, memoryLimit }) => `${memory}B / ${memoryLimit}B`),
    UpTime: podman(({ age }) => humanDuration(age)),
  },
}
