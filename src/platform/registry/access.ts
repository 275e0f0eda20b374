/** How the registries of one command are reached, as its line says: members are named as the options are. */
export interface Access {
  readonly authfile?: string | undefined
  readonly 'cert-dir'?: string | undefined
  /** `NAME:PASSWORD` */
  readonly creds?: string | undefined
  readonly 'tls-verify'?: boolean | undefined
  readonly retry?: number | undefined
  readonly 'retry-delay'?: string | undefined
}
