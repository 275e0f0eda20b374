/** What an image tells of its making, and taking its names away. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { sha256 } from '../support/oci-image.ts'
import { archive, file } from '../support/tar-bytes.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const layers = [archive(file('a', 'x'.repeat(2_500_000))), archive(file('b', 'two'))]
let id: string

/** Four steps, two of which made a layer. */
beforeAll(async () => {
  const step = (created_by: string, more = {}) => ({ created: '2020-01-02T03:04:05Z', created_by, ...more })
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map((each) => `sha256:${sha256(each)}`) },
    history: [
      step('/bin/sh -c #(nop) ADD file:0123456789abcdef in / and more words'),
      step('ENV A=b', { empty_layer: true }),
      step('COPY b /\n\tb', { comment: 'buildkit' }),
      { created_by: 'CMD ["sh"]', empty_layer: true },
    ],
  })
  const manifest = [{ Config: 'config.json', RepoTags: ['made:1'], Layers: ['0.tar', '1.tar'] }]
  const parts = [
    file('config.json', config),
    file('manifest.json', JSON.stringify(manifest)),
    ...layers.map((layer, at) => file(`${at}.tar`, layer.toString('latin1'))),
  ]
  await user.ok(['load', '-i', user.file('made.tar', archive(...parts))])
  id = await user.ok(['images', '-q', '--no-trunc'])
})

describe('history', () => {
  test('newest step first, sizes with the steps that made a layer', async () => {
    expect((await user.ok(['history', 'made:1'])).split('\n')).toEqual([
      'IMAGE          CREATED       CREATED BY                                      SIZE      COMMENT',
      `${id.slice(7, 19)}   N/A           CMD ["sh"]                                      0B        `,
      expect.stringMatching(/^<missing> +\d years ago +COPY b \/ {2}b +3B +buildkit$/),
      expect.stringMatching(/^<missing> +\d years ago +ENV A=b +0B +$/),
      expect.stringMatching(/^<missing> .* {3}\/bin\/sh -c #\(nop\) ADD file:0123456789abcdef … +2\.5MB +$/),
    ])
  })

  test('whole ids and commands, bytes and moments', async () => {
    const text = await user.ok(['image', 'history', '--no-trunc', '--human=false', 'made:1'])
    expect(text).toContain(id)
    expect(text).toMatch(
      /2020-01-02T03:04:05Z +\/bin\/sh -c #\(nop\) ADD file:0123456789abcdef in \/ and more words +2500000/,
    )
  })

  test('ids, templates and JSON', async () => {
    const missing = '<missing>\n<missing>\n<missing>'
    expect(await user.ok(['history', '-q', 'made:1'])).toBe(`${id.slice(7, 19)}\n${missing}`)
    expect(await user.ok(['history', '--format', '{{.Size}} {{.Comment}}', 'made:1'])).toBe(
      '0B \n3B buildkit\n0B \n2.5MB ',
    )
    const [first] = (await user.ok(['history', '--format', 'json', '--no-trunc', 'made:1'])).split('\n')
    expect(JSON.parse(first ?? '')).toEqual({
      Comment: '',
      CreatedAt: '',
      CreatedBy: 'CMD ["sh"]',
      CreatedSince: 'N/A',
      ID: id,
      Size: '0B',
    })
  })

  test('layers nobody tells of stand alone', async () => {
    const bare = join(user.folder, 'bare.tar')
    const config = JSON.stringify({
      os: 'linux',
      architecture: 'amd64',
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layers[1] as Buffer)}`] },
    })
    const manifest = [{ Config: 'c.json', RepoTags: ['bare:1'], Layers: ['0.tar'] }]
    const bytes = (layers[1] as Buffer).toString('latin1')
    writeFileSync(
      bare,
      archive(file('c.json', config), file('manifest.json', JSON.stringify(manifest)), file('0.tar', bytes)),
    )
    await user.ok(['load', '-i', bare])
    expect(await user.ok(['history', '--format', '{{.Size}}', 'bare:1'])).toBe('3B')
  })

  test('refuses what is not there', async () => {
    const { code, stderr } = await user.sampan(['history', 'nowhere'])
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/No such image: nowhere:latest/),
    })
    expect((await user.sampan(['history', '--platform', 'linux/s390x', 'made:1'])).stderr).toMatch(
      /not for linux\/s390x/,
    )
  })
})

describe('untag', () => {
  const names = () => user.ok(['image', 'inspect', '-f', '{{join .RepoTags " "}}', id])

  test('takes one name, several, or all, and keeps the image', async () => {
    for (const name of ['two:1', 'two:2', 'three']) await user.ok(['tag', 'made:1', name])
    expect(await user.ok(['untag', 'made:1', 'two:1', 'three:latest'])).toBe('')
    expect(await names()).toBe('made:1 two:2')
    await user.ok(['image', 'untag', id])
    expect(await names()).toBe('')
    expect(await user.ok(['images', '-q', '--no-trunc', '-f', 'dangling=true'])).toBe(id)
    await user.ok(['tag', id, 'made:1'])
  })

  test('takes none when one is not the image’s', async () => {
    await user.ok(['tag', 'made:1', 'kept:1'])
    const { code, stderr } = await user.sampan(['untag', 'made:1', 'kept:1', 'other:1'])
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/other:1: tag not known/),
    })
    expect(await names()).toBe('kept:1 made:1')
  })
})
