/** `build --attest|--provenance|--sbom`: what CI asks for, in the index as BuildKit stores it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const elsewhere = testUser()
const image = busybox(user)
let registry: Registry
let context = ''
let name = ''

beforeAll(async () => {
  registry = await startRegistry()
  name = `${registry.host}/attested:1`
  context = user.makeFolder('context')
  user.file(
    'context/Dockerfile',
    [
      `FROM ${image}`,
      'ARG WORD',
      'RUN mkdir -p /lib/apk/db && printf "P:musl\\nV:1.2\\nA:x86_64\\n" > /lib/apk/db/installed',
      'RUN printf "ID=alpine\\nVERSION_ID=3.20\\n" > /etc/os-release && echo "$WORD" > /word',
      'RUN head -c 300000 /dev/zero > /large',
    ].join('\n'),
  )
}, 60_000)
afterAll(() => registry[Symbol.asyncDispose]())

const raw = async (place: string) =>
  JSON.parse((await user.run(['skopeo', 'inspect', '--tls-verify=false', '--raw', place])).stdout)

async function blob(repository: string, digest: string) {
  const response = await fetch(`http://${registry.host}/v2/${repository}/blobs/${digest}`)
  return await response.json()
}

test('--push with provenance and SBOM: the image, and a manifest that attests it', async () => {
  const asked = ['--provenance=mode=max,builder-id=https://ci.example/1', '--sbom=true', '--label', 'a=b']
  await user.ok(['build', '-t', name, '--push', ...asked, '--build-arg', 'WORD=given', context])
  const index = await raw(`docker://${name}`)
  const [own, attestation] = index.manifests
  expect(own.platform).toMatchObject({ os: 'linux' })
  expect(attestation).toMatchObject({
    platform: { os: 'unknown', architecture: 'unknown' },
    annotations: {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': own.digest,
    },
  })
  const manifest = await raw(`docker://${registry.host}/attested@${attestation.digest}`)
  const types = manifest.layers.map((layer: { annotations: Record<string, string> }) => [
    ...Object.values(layer.annotations),
  ])
  expect(types).toEqual([['https://spdx.dev/Document'], ['https://slsa.dev/provenance/v1']])
  const [sbom, provenance] = await Promise.all(
    manifest.layers.map((layer: { digest: string }) => blob('attested', layer.digest)),
  )
  expect(sbom.predicate.packages).toMatchObject([
    {
      name: 'musl',
      versionInfo: '1.2',
      externalRefs: [{ referenceLocator: 'pkg:apk/alpine/musl@1.2?arch=x86_64&distro=alpine-3.20' }],
    },
  ])
  expect(provenance.subject).toMatchObject([{ digest: { sha256: own.digest.slice('sha256:'.length) } }])
  const { buildDefinition, runDetails } = provenance.predicate
  expect(buildDefinition.externalParameters.request.args).toEqual({
    'build-arg:WORD': 'given',
    'label:a': 'b',
  })
  expect(buildDefinition.resolvedDependencies).toMatchObject([
    { uri: expect.stringMatching(/^pkg:docker\/busybox/) },
  ])
  expect(runDetails.builder.id).toBe('https://ci.example/1')
  expect(Date.parse(runDetails.metadata.finishedOn)).toBeGreaterThanOrEqual(
    Date.parse(runDetails.metadata.startedOn),
  )
  const layers = (await raw(`docker://${registry.host}/attested@${own.digest}`)).layers
  expect(layers.at(-1).mediaType).toMatch(/gzip$/)
})

test('the index runs elsewhere, and a build without attestations takes its place', async () => {
  const other = elsewhere
  await other.ok(['pull', '--tls-verify=false', name])
  expect(await other.ok(['run', '--rm', '--network=none', name, 'cat', '/word'])).toBe('given')
  await user.ok(['build', '-t', name, '--push', '--provenance=false', '--sbom=false', context])
  expect((await raw(`docker://${name}`)).manifests).toBeUndefined()
})

test('in an archive, a folder and the metadata; mode=min says nothing of arguments', async () => {
  const there = (path: string) => join(user.folder, path)
  await user.ok([
    'build',
    '-t',
    'kept',
    ...['--attest', 'type=provenance,mode=min', '--build-arg', 'WORD=private'],
    ...['-o', `type=oci,dest=${there('oci')},tar=false`, '-o', there('files')],
    ...['--metadata-file', there('metadata')],
    context,
  ])
  const top = JSON.parse(readFileSync(there('oci/index.json'), 'utf8')).manifests
  expect(top).toHaveLength(1)
  const file = (digest: string) =>
    JSON.parse(readFileSync(there(`oci/blobs/${digest.replace(':', '/')}`), 'utf8'))
  const [, attestation] = file(top[0].digest).manifests
  const statement = file(file(attestation.digest).layers[0].digest)
  expect(statement.predicateType).toBe('https://slsa.dev/provenance/v1')
  expect(JSON.stringify(statement)).not.toContain('private')
  expect((await user.run(['skopeo', 'inspect', `oci:${there('oci')}`])).code).toBe(0)
  const beside = JSON.parse(readFileSync(there('files/provenance.json'), 'utf8'))
  expect(beside.predicate.buildDefinition).toEqual(statement.predicate.buildDefinition)
  const metadata = JSON.parse(readFileSync(there('metadata'), 'utf8'))
  expect(metadata['buildx.build.provenance'].buildDefinition).toEqual(statement.predicate.buildDefinition)
})

test('what docker/build-push-action passes is understood', async () => {
  for (const asked of [
    ['--attest', 'type=provenance,mode=max,builder-id=https://x', '--provenance=false'],
    ['--attest', 'type=provenance,mode=min,inline-only=true,builder-id=https://x'],
    ['--attest=type=sbom,disabled=true', '--attest', 'type=provenance,disabled=true'],
  ]) {
    await user.ok(['build', '-q', '-t', 'ci', ...asked, context])
  }
})

test.each([
  ['--attest', 'type=other', 'its type must be provenance or sbom'],
  ['--provenance', 'mode=some', 'invalid provenance mode some'],
  ['--provenance', 'version=v0.2', 'provenance of version v0.2 is not supported'],
  ['--sbom', 'generator=image', 'an SBOM generator is not supported'],
  ['--sbom', 'syft', 'the preset syft is not supported'],
])('%s %s is refused', async (option, value, message) => {
  const { code, stderr } = await user.sampan(['build', `${option}=${value}`, context])
  expect(code).toBe(125)
  expect(stderr).toContain(message)
})
