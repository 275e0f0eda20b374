/** `--change` of `commit` and `import`. */
import { parseSignal } from '../containers/values/signal.ts'
import { applyChanges } from '../images/changes.ts'
import type { ContainerDefaults } from '../oci/image-config.ts'

/** @throws usage for an instruction that is none, or a value that it cannot have */
export function changedConfig(config: ContainerDefaults, changes: readonly string[]): ContainerDefaults {
  const changed = applyChanges(config, changes)
  if (changed.StopSignal !== undefined) parseSignal(changed.StopSignal)
  return changed
}
