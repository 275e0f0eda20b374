/** `--platform` of commands that only look at an image: it must be the one that is here. */
import { SampanError } from '../errors.ts'
import type { Image } from '../images/store.ts'
import { platformOf } from '../oci/image-config.ts'
import { formatPlatform, parsePlatform, suitability } from '../oci/platform.ts'

/** @throws SampanError where the image is for none of `wanted`; an empty list wants any */
export function checkPlatform(image: Image, wanted: readonly string[]): void {
  if (wanted.length === 0) return
  const actual = platformOf(image.config)
  if (wanted.some((text) => suitability(parsePlatform(text), actual) > 0)) return
  throw new SampanError(
    `image ${image.id.slice(7, 19)} is for ${formatPlatform(actual)}, not for ${wanted.join(', ')}`,
    { hint: `pull the other one first: sampan pull --platform ${wanted[0]} IMAGE` },
  )
}
