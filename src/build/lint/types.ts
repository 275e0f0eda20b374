/** What build checks say. */
import type { Location } from '../dockerfile/types.ts'

/** A build check that has something to say. Rule names and sentences are BuildKit's. */
export interface Warning {
  readonly rule: RuleName
  /** What this very place does wrong. */
  readonly detail: string
  readonly location: Location
}

export type RuleName =
  | 'ConsistentInstructionCasing'
  | 'CopyIgnoredFile'
  | 'DuplicateStageName'
  | 'ExposeInvalidFormat'
  | 'ExposeProtoCasing'
  | 'FromAsCasing'
  | 'FromPlatformFlagConstDisallowed'
  | 'InvalidDefaultArgInFrom'
  | 'InvalidDefinitionDescription'
  | 'JSONArgsRecommended'
  | 'LegacyKeyValueFormat'
  | 'MaintainerDeprecated'
  | 'MultipleInstructionsDisallowed'
  | 'NoEmptyContinuation'
  | 'RedundantTargetPlatform'
  | 'ReservedStageName'
  | 'SecretsUsedInArgOrEnv'
  | 'StageNameCasing'
  | 'UndefinedArgInFrom'
  | 'UndefinedVar'
  | 'WorkdirRelativePath'
