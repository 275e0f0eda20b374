import { describe, expect, test } from 'vitest'
import { SampanError } from '../../../src/errors.ts'
import { renderTemplate } from '../../../src/output/template/index.ts'

/** In the shape of a container's inspect output: structs, maps, lists, and nulls of each kind. */
const value = {
  Id: 'abc',
  Name: '/boat',
  RestartCount: 3,
  State: { Status: 'running', Running: true, Pid: 42, Health: null },
  HostConfig: {
    Binds: null,
    CapAdd: ['NET_ADMIN', 'SYS_TIME'],
    PortBindings: null,
    Memory: 0,
    LogConfig: { Type: 'json-file', Config: {} },
  },
  Config: {
    Env: ['A=1', 'B=2'],
    Labels: { 'z.last': 'x', 'a.first': '<&>', Upper: 'u' },
    Entrypoint: null,
    Volumes: null,
  },
  NetworkSettings: {
    Ports: { '80/tcp': [{ HostIp: '0.0.0.0', HostPort: '8080' }], '443/tcp': null },
    Networks: { bridge: { IPAddress: '172.17.0.2' }, front: { IPAddress: '10.1.0.2' } },
  },
}

describe('renders as Go does:', () => {
  test.each([
    ['{{.Id}} {{.State.Pid}}', 'abc 42'],
    ['{{ .Id }}{{- /* gone */ -}}  x', 'abcx'],
    ['a {{- 1 -}} b', 'a1b'],
    ['{{if .State.Running}}up{{else}}down{{end}}', 'up'],
    ['{{if eq .RestartCount 1}}one{{else if gt .RestartCount 2}}many{{else}}none{{end}}', 'many'],
    ['{{with .State}}{{.Status}}{{end}} {{with .State.Health}}x{{else}}no check{{end}}', 'running no check'],
    ['{{with $s := .State}}{{$s.Pid}} {{$.Id}}{{end}}', '42 abc'],
    ['{{range .Config.Env}}[{{.}}]{{end}}', '[A=1][B=2]'],
    ['{{range $i, $e := .Config.Env}}{{if $i}},{{end}}{{$i}}{{$e}}{{end}}', '0A=1,1B=2'],
    ['{{range $k, $v := .Config.Labels}}{{$k}}={{$v}};{{end}}', 'Upper=u;a.first=<&>;z.last=x;'],
    [
      '{{range $n, $c := .NetworkSettings.Networks}}{{$n}} {{$c.IPAddress}} {{end}}',
      'bridge 172.17.0.2 front 10.1.0.2 ',
    ],
    ['{{range .HostConfig.Binds}}x{{else}}none{{end}}', 'none'],
    ['{{range .Config.Env}}{{.}}{{break}}{{end}}', 'A=1'],
    ['{{range .Config.Env}}{{if eq . "A=1"}}{{continue}}{{end}}{{.}}{{end}}', 'B=2'],
    ['{{$n := 0}}{{range .Config.Env}}{{$n = .}}{{end}}{{$n}}', 'B=2'],
    ['{{define "b"}}[{{.}}]{{end}}{{range .Config.Env}}{{template "b" .}}{{end}}', '[A=1][B=2]'],
    ['{{block "b" .Id}}<{{.}}>{{end}}', '<abc>'],
    ['{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}', '8080'],
    ['{{index .Config.Labels "a.first"}}|{{index .Config.Labels "nope"}}|', '<&>||'],
    ['{{.Config.Labels.nope}}', '<no value>'],
    ['{{.HostConfig.LogConfig.Config}}', 'map[]'],
    ['{{.HostConfig.Binds}} {{.HostConfig.PortBindings}} {{.State.Health}}', '[] map[] <nil>'],
    ['{{if .Config.Healthcheck}}x{{else}}none{{end}}{{.Config.StopSignal}}{{.Config.Shell}}', 'none[]'],
    ['{{.HostConfig.CapAdd}}', '[NET_ADMIN SYS_TIME]'],
    ['{{.NetworkSettings.Ports}}', 'map[443/tcp:[] 80/tcp:[{0.0.0.0 8080}]]'],
    ['{{.State}}', '{running true 42 <nil>}'],
    ['{{json .State}}', '{"Status":"running","Running":true,"Pid":42,"Health":null}'],
    ['{{json .Config.Labels}}', '{"Upper":"u","a.first":"<&>","z.last":"x"}'],
    ['{{json .HostConfig.Binds}} {{json .Config.Env}}', 'null ["A=1","B=2"]'],
    ['{{join .Config.Env " "}} {{index (split "a:b:c" ":") 1}}', 'A=1 B=2 b'],
    [
      '{{upper .Id}} {{title "a boat"}} {{lower "ABC"}} {{truncate .Id 2}} {{pad .Id 1 2}}|',
      'ABC A Boat abc ab  abc  |',
    ],
    ['{{.Id | printf "%s-%s" "x" | upper}}', 'X-ABC'],
    ['{{len .Config.Env}} {{len "é"}} {{slice "hello" 1 3}} {{len .Config.Labels}}', '2 2 el 3'],
    ['{{print 1 2 "a" "b" 3 4 true}}', '1 2ab3 4 true'],
    ['{{println 1 "a"}}|', '1 a\n|'],
    ['{{and 1 0 2}} {{or 0 "" "x"}} {{not 0}}', '0 x true'],
    ['{{or .Id .Nope}}', 'abc'],
    ['{{eq 1 2 1}} {{ne "a" "b"}} {{lt 1 2}} {{le "a" "a"}} {{ge 1 2}}', 'true true true true false'],
    [
      '{{html "<a href=\'x\'>&\\""}} {{js "it\'s <b>"}} {{urlquery "a b&é!"}}',
      "&lt;a href=&#39;x&#39;&gt;&amp;&#34; it\\'s \\u003Cb\\u003E a+b%26%C3%A9%21",
    ],
    [
      '{{printf "%5d|%-5d|%05d|%x|%q|%5.2f|%v" 42 42 42 255 "a\\"b" 3.14159 true}}',
      '   42|42   |00042|ff|"a\\"b"| 3.14|true',
    ],
    ['{{printf "%d %s" "x" 5}}', '%!d(string=x) %!s(int=5)'],
    ['{{printf "%d"}} {{printf "%d" 1 2}}', '%!d(MISSING) 1%!(EXTRA int=2)'],
    ["{{1.5}} {{1e3}} {{0x1F}} {{'a'}} {{-3}} {{1_000}}", '1.5 1000 31 97 -3 1000'],
    ['{{"\\u00e9\\x41\\101"}} {{`raw\\n`}} {{"{{"}}', 'éAA raw\\n {{'],
    ['{{range 3}}{{.}}{{end}}', '012'],
    ['{"a": "{{.Id}}"}\n{{.Name}}', '{"a": "abc"}\n/boat'],
  ])('%s', (template, expected) => {
    expect(renderTemplate(template, value)).toBe(expected)
  })
})

describe('fails as Go does:', () => {
  test.each([
    ['{{.Nope}}', ':1:2: executing "" at <.Nope>: map has no entry for key "Nope"'],
    ['x\n {{.State.Nope}}', ':2:9: executing "" at <.State.Nope>: map has no entry for key "Nope"'],
    ['{{.Id.Nope}}', ':1:5: executing "" at <.Id.Nope>: can\'t evaluate field Nope in type string'],
    [
      '{{.State.Health.Status}}',
      ':1:8: executing "" at <.State.Health.Status>: nil pointer evaluating interface {}.Status',
    ],
    ['{{nope}}', ':1: function "nope" not defined'],
    ['{{.Id', ':1: unclosed action'],
    ['{{.Id}', ":1: bad character U+007D '}'"],
    ['{{@}}', ':1: unexpected "@" in command'],
    ['{{if}}x{{end}}', ':1: missing value for if'],
    ['{{if true}}x', ':1: unexpected EOF'],
    ['{{end}}', ':1: unexpected {{end}}'],
    ['{{else}}', ':1: unexpected {{else}}'],
    ['{{"abc}}', ':1: unterminated quoted string'],
    ['{{/* x }}', ':1: unclosed comment'],
    ['{{1 | 2}}', ':1: non executable command in pipeline stage 2'],
    ['{{break}}', ':1: {{break}} outside {{range}}'],
    ['{{$x}}', ':1: undefined variable "$x"'],
    ['{{if true}}{{$x := 1}}{{end}}{{$x}}', ':1: undefined variable "$x"'],
    ['{{(}}', ':1: unclosed left paren'],
    ['{{1, 2}}', ':1: unexpected "," in operand'],
    ['{{"x".Foo}}', ':1: unexpected . after term "\\"x\\""'],
    ['{{template "nope"}}', ':1:11: executing "" at <{{template "nope"}}>: template "nope" not defined'],
    [
      '{{index "abc" 9}}',
      ':1:2: executing "" at <index "abc" 9>: error calling index: index out of range: 9',
    ],
    [
      '{{index 1 2}}',
      ':1:2: executing "" at <index 1 2>: error calling index: can\'t index item of type int',
    ],
    ['{{len 3}}', ':1:2: executing "" at <len 3>: error calling len: len of type int'],
    ['{{eq 1 "a"}}', ':1:2: executing "" at <eq 1 "a">: error calling eq: incompatible types for comparison'],
    [
      '{{lt true false}}',
      ':1:2: executing "" at <lt true false>: error calling lt: invalid type for comparison',
    ],
    ['{{not}}', ':1:2: executing "" at <not>: wrong number of args for not: want 1 got 0'],
    ['{{nil}}', ':1:2: executing "" at <nil>: nil is not a command'],
    ['{{5 5}}', ':1:2: executing "" at <5>: can\'t give argument to non-function 5'],
    ['{{define "t"}}{{template "t"}}{{end}}{{template "t"}}', ': exceeded maximum template depth (1000)'],
  ])('%s', (template, expected) => {
    let error: unknown
    try {
      renderTemplate(template, value)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(SampanError)
    expect((error as SampanError).message).toContain(expected)
    expect((error as SampanError).message).toMatch(/^template parsing error: template: /)
    expect((error as SampanError).exitCode).toBe(1)
  })
})

test('an error in a named template says which', () => {
  expect(() => renderTemplate('{{define "t"}}{{.Nope}}{{end}}{{template "t" .}}', value)).toThrow(
    'executing "t" at <.Nope>',
  )
})
