/** Docker's own config.json: what a person has said to docker, and what holds here where we are not told otherwise. */
import { join } from 'node:path'
import { asObject } from '../../oci/json.ts'
import { readRecord } from '../files/record.ts'

/** undefined without one. Throws SampanError for one that is no JSON object. */
export function dockerConfig(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, unknown>> | undefined {
  const folder = environment['DOCKER_CONFIG'] || join(environment['HOME'] ?? '/', '.docker')
  return readRecord(join(folder, 'config.json'), (value) => asObject(value, 'the file'))
}
