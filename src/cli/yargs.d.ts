/** The part of yargs that lays out help: all we use of it. */
declare module 'yargs' {
  interface Layout {
    usage(text: string): Layout
    help(enabled: false): Layout
    version(enabled: false): Layout
    wrap(columns: number): Layout
    epilogue(text: string): Layout
    option(name: string, details: { alias?: string; describe: string; group?: string }): Layout
    getHelp(): Promise<string>
  }
  export default function yargs(words: readonly string[]): Layout
}
