/**
 * Every spelling of every command, and where it lives. Only the module of the command that was typed is evaluated:
 * this table is all that `sampan ps` pays for the others. A test compares it with each command's own `names`.
 */
import type { Command } from '../cli/command.ts'

type Load = () => Promise<{ readonly default: Command }>

const attach: Load = () => import('./attach.ts')
const bootDisable: Load = () => import('./boot-disable.ts')
const bootEnable: Load = () => import('./boot-enable.ts')
const bootRun: Load = () => import('./boot-run.ts')
const bootStatus: Load = () => import('./boot-status.ts')
const build: Load = () => import('./build.ts')
const builderDu: Load = () => import('./builder-du.ts')
const builderPrune: Load = () => import('./builder-prune.ts')
const buildxCreate: Load = () => import('./buildx-create.ts')
const buildxHistoryInspect: Load = () => import('./buildx-history-inspect.ts')
const buildxHistoryLogs: Load = () => import('./buildx-history-logs.ts')
const buildxHistoryLs: Load = () => import('./buildx-history-ls.ts')
const buildxHistoryRm: Load = () => import('./buildx-history-rm.ts')
const buildxImagetoolsCreate: Load = () => import('./buildx-imagetools-create.ts')
const buildxImagetoolsInspect: Load = () => import('./buildx-imagetools-inspect.ts')
const buildxInspect: Load = () => import('./buildx-inspect.ts')
const buildxLs: Load = () => import('./buildx-ls.ts')
const buildxUse: Load = () => import('./buildx-use.ts')
const buildxVersion: Load = () => import('./buildx-version.ts')
const commit: Load = () => import('./commit.ts')
const complete: Load = () => import('./complete.ts')
const completion: Load = () => import('./completion.ts')
const containerCleanup: Load = () => import('./container-cleanup.ts')
const containerClone: Load = () => import('./container-clone.ts')
const containerExists: Load = () => import('./container-exists.ts')
const containerInit: Load = () => import('./container-init.ts')
const containerInspect: Load = () => import('./container-inspect.ts')
const containerPrune: Load = () => import('./container-prune.ts')
const cp: Load = () => import('./cp.ts')
const create: Load = () => import('./create.ts')
const diff: Load = () => import('./diff.ts')
const events: Load = () => import('./events.ts')
const exec: Load = () => import('./exec.ts')
const exportContainer: Load = () => import('./export.ts')
const healthcheckRun: Load = () => import('./healthcheck-run.ts')
const help: Load = () => import('./help.ts')
const history: Load = () => import('./history.ts')
const imageDiff: Load = () => import('./image-diff.ts')
const imageExists: Load = () => import('./image-exists.ts')
const imageInspect: Load = () => import('./image-inspect.ts')
const imageMount: Load = () => import('./image-mount.ts')
const imagePrune: Load = () => import('./image-prune.ts')
const images: Load = () => import('./images.ts')
const imageScp: Load = () => import('./image-scp.ts')
const imageTree: Load = () => import('./image-tree.ts')
const imageUnmount: Load = () => import('./image-unmount.ts')
const importImage: Load = () => import('./import.ts')
const info: Load = () => import('./info.ts')
const inspect: Load = () => import('./inspect.ts')
const kill: Load = () => import('./kill.ts')
const licenses: Load = () => import('./licenses.ts')
const load: Load = () => import('./load.ts')
const login: Load = () => import('./login.ts')
const logout: Load = () => import('./logout.ts')
const logs: Load = () => import('./logs.ts')
const manifestAdd: Load = () => import('./manifest-add.ts')
const manifestAnnotate: Load = () => import('./manifest-annotate.ts')
const manifestCreate: Load = () => import('./manifest-create.ts')
const manifestExists: Load = () => import('./manifest-exists.ts')
const manifestInspect: Load = () => import('./manifest-inspect.ts')
const manifestPush: Load = () => import('./manifest-push.ts')
const manifestRemove: Load = () => import('./manifest-remove.ts')
const manifestRm: Load = () => import('./manifest-rm.ts')
const mount: Load = () => import('./mount.ts')
const networkConnect: Load = () => import('./network-connect.ts')
const networkCreate: Load = () => import('./network-create.ts')
const networkDisconnect: Load = () => import('./network-disconnect.ts')
const networkExists: Load = () => import('./network-exists.ts')
const networkGraph: Load = () => import('./network-graph.ts')
const networkInspect: Load = () => import('./network-inspect.ts')
const networkLs: Load = () => import('./network-ls.ts')
const networkPrune: Load = () => import('./network-prune.ts')
const networkReload: Load = () => import('./network-reload.ts')
const networkRm: Load = () => import('./network-rm.ts')
const networkUpdate: Load = () => import('./network-update.ts')
const pause: Load = () => import('./pause.ts')
const port: Load = () => import('./port.ts')
const portAdd: Load = () => import('./port-add.ts')
const portRm: Load = () => import('./port-rm.ts')
const ps: Load = () => import('./ps.ts')
const pull: Load = () => import('./pull.ts')
const push: Load = () => import('./push.ts')
const rename: Load = () => import('./rename.ts')
const restart: Load = () => import('./restart.ts')
const rm: Load = () => import('./rm.ts')
const rmi: Load = () => import('./rmi.ts')
const run: Load = () => import('./run.ts')
const save: Load = () => import('./save.ts')
const search: Load = () => import('./search.ts')
const start: Load = () => import('./start.ts')
const stats: Load = () => import('./stats.ts')
const stop: Load = () => import('./stop.ts')
const systemCheck: Load = () => import('./system-check.ts')
const systemDf: Load = () => import('./system-df.ts')
const systemPrune: Load = () => import('./system-prune.ts')
const systemReset: Load = () => import('./system-reset.ts')
const tag: Load = () => import('./tag.ts')
const top: Load = () => import('./top.ts')
const unmount: Load = () => import('./unmount.ts')
const unpause: Load = () => import('./unpause.ts')
const unshare: Load = () => import('./unshare.ts')
const untag: Load = () => import('./untag.ts')
const update: Load = () => import('./update.ts')
const version: Load = () => import('./version.ts')
const secretCreate: Load = () => import('./secret-create.ts')
const secretExists: Load = () => import('./secret-exists.ts')
const secretInspect: Load = () => import('./secret-inspect.ts')
const secretLs: Load = () => import('./secret-ls.ts')
const secretRm: Load = () => import('./secret-rm.ts')
const volumeCreate: Load = () => import('./volume-create.ts')
const volumeExists: Load = () => import('./volume-exists.ts')
const volumeExport: Load = () => import('./volume-export.ts')
const volumeImport: Load = () => import('./volume-import.ts')
const volumeInspect: Load = () => import('./volume-inspect.ts')
const volumeLs: Load = () => import('./volume-ls.ts')
const volumeMount: Load = () => import('./volume-mount.ts')
const volumePrune: Load = () => import('./volume-prune.ts')
const volumeRename: Load = () => import('./volume-rename.ts')
const volumeRm: Load = () => import('./volume-rm.ts')
const volumeUnmount: Load = () => import('./volume-unmount.ts')
const wait: Load = () => import('./wait.ts')

export const commands: Readonly<Record<string, Load>> = {
  __complete: complete,
  attach,
  'boot disable': bootDisable,
  'boot enable': bootEnable,
  'boot run': bootRun,
  'boot status': bootStatus,
  build,
  'builder build': build,
  'builder du': builderDu,
  'builder prune': builderPrune,
  'buildx build': build,
  'buildx create': buildxCreate,
  'buildx du': builderDu,
  'buildx history inspect': buildxHistoryInspect,
  'buildx history logs': buildxHistoryLogs,
  'buildx history ls': buildxHistoryLs,
  'buildx history rm': buildxHistoryRm,
  'buildx imagetools create': buildxImagetoolsCreate,
  'buildx imagetools inspect': buildxImagetoolsInspect,
  'buildx inspect': buildxInspect,
  'buildx ls': buildxLs,
  'buildx prune': builderPrune,
  'buildx rm': buildxUse,
  'buildx stop': buildxUse,
  'buildx use': buildxUse,
  'buildx version': buildxVersion,
  commit,
  completion,
  'container attach': attach,
  'container cleanup': containerCleanup,
  'container clone': containerClone,
  'container commit': commit,
  'container cp': cp,
  'container create': create,
  'container diff': diff,
  'container exec': exec,
  'container exists': containerExists,
  'container export': exportContainer,
  'container init': containerInit,
  'container inspect': containerInspect,
  'container kill': kill,
  'container list': ps,
  'container logs': logs,
  'container ls': ps,
  'container mount': mount,
  'container pause': pause,
  'container port': port,
  'container prune': containerPrune,
  'container ps': ps,
  'container remove': rm,
  'container rename': rename,
  'container restart': restart,
  'container rm': rm,
  'container run': run,
  'container start': start,
  'container stats': stats,
  'container stop': stop,
  'container top': top,
  'container umount': unmount,
  'container unmount': unmount,
  'container unpause': unpause,
  'container update': update,
  'container wait': wait,
  cp,
  create,
  diff,
  events,
  exec,
  export: exportContainer,
  'healthcheck run': healthcheckRun,
  help,
  history,
  'image build': build,
  'image diff': imageDiff,
  'image exists': imageExists,
  'image history': history,
  'image import': importImage,
  'image inspect': imageInspect,
  'image list': images,
  'image load': load,
  'image ls': images,
  'image mount': imageMount,
  'image prune': imagePrune,
  'image pull': pull,
  'image push': push,
  'image remove': rmi,
  'image rm': rmi,
  'image save': save,
  'image scp': imageScp,
  'image search': search,
  'image tag': tag,
  'image tree': imageTree,
  'image umount': imageUnmount,
  'image unmount': imageUnmount,
  'image untag': untag,
  images,
  import: importImage,
  info,
  inspect,
  kill,
  licenses,
  load,
  login,
  logout,
  logs,
  'manifest add': manifestAdd,
  'manifest annotate': manifestAnnotate,
  'manifest create': manifestCreate,
  'manifest exists': manifestExists,
  'manifest inspect': manifestInspect,
  'manifest push': manifestPush,
  'manifest remove': manifestRemove,
  'manifest rm': manifestRm,
  mount,
  'network connect': networkConnect,
  'network create': networkCreate,
  'network disconnect': networkDisconnect,
  'network exists': networkExists,
  'network graph': networkGraph,
  'network inspect': networkInspect,
  'network list': networkLs,
  'network ls': networkLs,
  'network prune': networkPrune,
  'network reload': networkReload,
  'network remove': networkRm,
  'network rm': networkRm,
  'network update': networkUpdate,
  pause,
  port,
  'port add': portAdd,
  'port rm': portRm,
  ps,
  pull,
  push,
  rename,
  restart,
  rm,
  rmi,
  run,
  save,
  search,
  start,
  stats,
  stop,
  'system check': systemCheck,
  'system df': systemDf,
  'system events': events,
  'system info': info,
  'system prune': systemPrune,
  'system reset': systemReset,
  tag,
  top,
  umount: unmount,
  unmount,
  unpause,
  unshare,
  untag,
  update,
  version,
  'secret create': secretCreate,
  'secret exists': secretExists,
  'secret inspect': secretInspect,
  'secret list': secretLs,
  'secret ls': secretLs,
  'secret remove': secretRm,
  'secret rm': secretRm,
  'volume create': volumeCreate,
  'volume exists': volumeExists,
  'volume export': volumeExport,
  'volume import': volumeImport,
  'volume inspect': volumeInspect,
  'volume list': volumeLs,
  'volume ls': volumeLs,
  'volume mount': volumeMount,
  'volume prune': volumePrune,
  'volume remove': volumeRm,
  'volume rename': volumeRename,
  'volume rm': volumeRm,
  'volume umount': volumeUnmount,
  'volume unmount': volumeUnmount,
  wait,
}

/** The first words that are no command by themselves, and what help says about them. */
export const groups: Readonly<Record<string, string>> = {
  boot: 'Start containers with the machine',
  builder: 'Manage builds',
  buildx: 'Build, in the words of docker buildx',
  'buildx history': 'Look at past builds',
  'buildx imagetools': 'Work with images in registries',
  container: 'Manage containers',
  healthcheck: 'Look after the health of containers',
  image: 'Manage images',
  manifest: 'Make lists of images for several platforms',
  network: 'Manage networks',
  secret: 'Manage secrets',
  system: 'Look after this installation',
  volume: 'Manage volumes',
}

/** Evaluates the module of one spelling of the table. */
export async function loadCommand(spelling: string): Promise<Command> {
  const load = commands[spelling]
  if (load === undefined) throw new Error(`no command ${spelling}`)
  return (await load()).default
}
