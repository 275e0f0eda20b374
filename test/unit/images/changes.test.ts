import { describe, expect, test } from 'vitest'
import { applyChanges } from '../../../src/images/changes.ts'

describe('changes', () => {
  test.each([
    ['CMD ["a", "b c"]', { Cmd: ['a', 'b c'] }],
    ['cmd a  b', { Cmd: ['/bin/sh', '-c', 'a  b'] }],
    ['CMD=/bin/bash', { Cmd: ['/bin/sh', '-c', '/bin/bash'] }],
    ['CMD [ -f /x ] && echo y', { Cmd: ['/bin/sh', '-c', '[ -f /x ] && echo y'] }],
    ['ENTRYPOINT ["/init"]', { Entrypoint: ['/init'] }],
    ['ENV A=b C="d e" F=g\\ h', { Env: ['A=b', 'C=d e', 'F=g h'] }],
    ['ENV NAME the rest', { Env: ['NAME=the rest'] }],
    ['ENV EMPTY=', { Env: ['EMPTY='] }],
    [
      'EXPOSE 80 53/udp 8000-8002',
      { ExposedPorts: { '80/tcp': {}, '53/udp': {}, '8000/tcp': {}, '8001/tcp': {}, '8002/tcp': {} } },
    ],
    ['LABEL a.b=c "d e"="f"', { Labels: { 'a.b': 'c', 'd e': 'f' } }],
    ['ONBUILD RUN make', { OnBuild: ['RUN make'] }],
    ['USER app:staff', { User: 'app:staff' }],
    ['VOLUME /a /b', { Volumes: { '/a': {}, '/b': {} } }],
    ['VOLUME ["/with space"]', { Volumes: { '/with space': {} } }],
    ['WORKDIR /a/../b', { WorkingDir: '/b' }],
    ['WORKDIR rel', { WorkingDir: '/rel' }],
    ['STOPSIGNAL SIGQUIT', { StopSignal: 'SIGQUIT' }],
    ['HEALTHCHECK NONE', { Healthcheck: { Test: ['NONE'] } }],
    [
      'HEALTHCHECK --interval=1m30s --retries=2 CMD curl x',
      { Healthcheck: { Test: ['CMD-SHELL', 'curl x'], Interval: 90e9, Retries: 2 } },
    ],
  ])('%s', (change, config) => {
    expect(applyChanges({}, [change])).toEqual(config)
  })

  test('build on each other and on what is there', () => {
    const before = { Env: ['PATH=/bin', 'A=1'], WorkingDir: '/srv', Labels: { x: 'y' } }
    const changes = ['ENV A=2', 'ENV B=3', 'WORKDIR app', 'LABEL z=1']
    expect(applyChanges(before, changes)).toEqual({
      Env: ['PATH=/bin', 'A=2', 'B=3'],
      WorkingDir: '/srv/app',
      Labels: { x: 'y', z: '1' },
    })
  })

  test.each([
    ['RUN ls', 'invalid change "RUN ls"'],
    ['CMD', 'invalid change'],
    ['', 'invalid change'],
    ['ENV A=1 B', 'must have the form NAME=VALUE'],
    ['EXPOSE 99999', 'invalid containerPort: 99999'],
    ['EXPOSE http', 'invalid containerPort'],
    ['ENV A="b', 'quote is not closed'],
    ['HEALTHCHECK curl', 'HEALTHCHECK must be'],
    ['HEALTHCHECK --interval=soon CMD x', 'no duration'],
    ['HEALTHCHECK --often=1s CMD x', 'no option --often'],
  ])('%s is refused', (change, message) => {
    expect(() => applyChanges({}, [change])).toThrow(message)
  })
})
