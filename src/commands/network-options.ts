/** Lists with commas, as podman and docker read them. */
export function words(given: string): string[] {
  return given.split(',').filter((word) => word !== '')
}
