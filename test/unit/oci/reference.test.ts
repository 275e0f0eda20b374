import { describe, expect, test } from 'vitest'
import { familiarName, fullName, parseReference, withDefaultTag } from '../../../src/oci/reference.ts'

const digest = `sha256:${'a1'.repeat(32)}`

describe('what people type', () => {
  const cases: [typed: string, full: string, familiar: string][] = [
    ['busybox', 'docker.io/library/busybox:latest', 'busybox:latest'],
    ['busybox:1.36', 'docker.io/library/busybox:1.36', 'busybox:1.36'],
    ['user/app', 'docker.io/user/app:latest', 'user/app:latest'],
    ['library/busybox', 'docker.io/library/busybox:latest', 'busybox:latest'],
    ['library/a/b', 'docker.io/library/a/b:latest', 'library/a/b:latest'],
    ['docker.io/busybox', 'docker.io/library/busybox:latest', 'busybox:latest'],
    ['index.docker.io/user/app:2', 'docker.io/user/app:2', 'user/app:2'],
    ['registry.hub.docker.com/centos:centos6', 'docker.io/library/centos:centos6', 'centos:centos6'],
    ['localhost/app', 'localhost/app:latest', 'localhost/app:latest'],
    ['localhost:5000/app:1', 'localhost:5000/app:1', 'localhost:5000/app:1'],
    ['127.0.0.1:5000/a/b/c:v1.0', '127.0.0.1:5000/a/b/c:v1.0', '127.0.0.1:5000/a/b/c:v1.0'],
    ['192.168.2.230:5000/mycentos:1', '192.168.2.230:5000/mycentos:1', '192.168.2.230:5000/mycentos:1'],
    ['[::1]:5000/app', '[::1]:5000/app:latest', '[::1]:5000/app:latest'],
    ['quay.io/coreos/etcd', 'quay.io/coreos/etcd:latest', 'quay.io/coreos/etcd:latest'],
    ['MyHost/app', 'MyHost/app:latest', 'MyHost/app:latest'],
    ['a__b--c_d/e.f', 'docker.io/a__b--c_d/e.f:latest', 'a__b--c_d/e.f:latest'],
    [`busybox@${digest}`, `docker.io/library/busybox@${digest}`, `busybox@${digest}`],
    [`busybox:1@${digest}`, `docker.io/library/busybox:1@${digest}`, `busybox:1@${digest}`],
    ['app:Tag_with.All-1', 'docker.io/library/app:Tag_with.All-1', 'app:Tag_with.All-1'],
  ]
  test.each(cases)('%s is %s, shown as %s', (typed, full, familiar) => {
    const reference = withDefaultTag(parseReference(typed))
    expect(fullName(reference)).toBe(full)
    expect(familiarName(reference)).toBe(familiar)
    expect(parseReference(full)).toEqual(reference)
  })
})

describe('what can be no name', () => {
  const cases: [typed: string, words: RegExp][] = [
    ['', /invalid reference format/],
    ['BusyBox', /repository name \(BusyBox\) must be lowercase/],
    ['user/App', /must be lowercase/],
    ['host.com/App', /repository name \(App\) must be lowercase/],
    ['-x', /invalid reference format/],
    ['a..b', /invalid reference format/],
    ['a/', /invalid reference format/],
    ['/a', /invalid reference format/],
    ['a//b', /invalid reference format/],
    ['../../etc', /invalid reference format/],
    ['a:', /invalid reference format/],
    ['a:-x', /invalid reference format/],
    [`a:${'x'.repeat(129)}`, /invalid reference format/],
    ['a b', /invalid reference format/],
    ['a\nb', /invalid reference format/],
    ['host.com:port/a', /invalid reference format/],
    ['a@sha256:short', /invalid reference format/],
    [`a@sha512:${'a'.repeat(128)}`, /invalid reference format/],
    ['f'.repeat(64), /invalid reference format/],
    [`a/${'b'.repeat(300)}`, /invalid reference format/],
  ]
  test.each(cases)('%j', (typed, words) => {
    expect(() => parseReference(typed)).toThrow(words)
  })
})
