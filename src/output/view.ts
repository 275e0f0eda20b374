/**
 * One view per kind of object feeds the table, `--format json` and Go templates: a field is written once, with its
 * heading, and every way of printing agrees.
 */

/** How the person asked cells to be shown. */
export interface Style {
  /** False with `--no-trunc`: whole ids, whole commands. */
  readonly truncate: boolean
}

export interface Field<T> {
  /** The column's heading in a table, in capitals. */
  readonly heading: string
  /** What a table cell, a template or `{{json .}}` shows. Docker's lists hold strings even for numbers and times. */
  readonly value: (item: T, style: Style) => unknown
  /** False keeps the field out of `{{json .}}`: names that only podman's templates know. */
  readonly inJson?: false
}

export interface View<T> {
  /** Template names (`ID`, `RunningFor`) in any order. */
  readonly fields: Readonly<Record<string, Field<T>>>
  /** Template methods with operands: `{{.Label "key"}}`. */
  readonly methods?: Readonly<Record<string, (item: T, ...operands: readonly string[]) => unknown>>
}
