/** Options that prune commands share. */
export const pruneOptions = {
  'dry-run': { type: 'boolean', describe: 'Show what would go, and remove nothing' },
  filter: { type: 'list', value: 'KEY=VALUE', describe: 'Only what matches: until=TIME, label=, label!=' },
  force: { type: 'boolean', short: 'f', describe: 'Do not ask' },
} as const
