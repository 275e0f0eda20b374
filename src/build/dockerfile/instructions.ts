/** One parser for each instruction but FROM. Pure. */
import { parseAdd, parseCopy } from './copy.ts'
import { readFlags } from './flags.ts'
import { parseHealthcheck } from './healthcheck.ts'
import { parseRun } from './run.ts'
import type { Statement } from './statement.ts'
import {
  atLeastOne,
  commandLine,
  exactlyOne,
  jsonList,
  nameAndValue,
  readStatement,
  written,
} from './statement.ts'
import type { Instruction, InstructionName, KeyValue } from './types.ts'
import { plainWords, quotedWords } from './words.ts'

type Parser<Name> = (statement: Statement) => Extract<Instruction, { readonly name: Name }>

const parsers: { readonly [Name in InstructionName]: Parser<Name> } = {
  ADD: parseAdd,
  ARG: (statement) => {
    atLeastOne(statement, 'ARG NAME or ARG NAME=DEFAULT')
    const words = quotedWords(statement.line.text, statement.at, statement.escapeChar)
    const args = words.map((word) => {
      const { key, value } = nameAndValue(statement, word)
      return value === undefined ? { name: key } : { name: key, value }
    })
    return { ...plain(statement), name: 'ARG', args, comments: statement.line.comments }
  },
  CMD: (statement) => ({ ...plain(statement), name: 'CMD', command: commandLine(statement) }),
  COPY: parseCopy,
  ENTRYPOINT: (statement) => ({ ...plain(statement), name: 'ENTRYPOINT', command: commandLine(statement) }),
  ENV: (statement) => ({ ...plain(statement), name: 'ENV', ...keyValues(statement) }),
  EXPOSE: (statement) => {
    atLeastOne(statement, 'ports, as in EXPOSE 80 53/udp 8000-8010')
    return { ...plain(statement), name: 'EXPOSE', ports: textsOf(statement) }
  },
  HEALTHCHECK: parseHealthcheck,
  LABEL: (statement) => ({ ...plain(statement), name: 'LABEL', ...keyValues(statement) }),
  MAINTAINER: (statement) => ({
    ...plain(statement),
    name: 'MAINTAINER',
    author: exactlyOne(statement, 'MAINTAINER NAME'),
  }),
  ONBUILD: parseOnbuild,
  RUN: parseRun,
  SHELL: (statement) => {
    const words = jsonList(statement)
    if (words === undefined) {
      const message = `SHELL requires the arguments to be in JSON form`
      throw statement.line.error(message, statement.at, 'a list of strings: SHELL ["/bin/bash", "-c"]')
    }
    if (words.length === 0) {
      throw statement.line.error(
        'SHELL requires at least one argument',
        statement.at,
        'SHELL ["/bin/bash", "-c"]',
      )
    }
    return { ...plain(statement), name: 'SHELL', words }
  },
  STOPSIGNAL: (statement) => ({
    ...plain(statement),
    name: 'STOPSIGNAL',
    signal: exactlyOne(statement, 'a signal, as in STOPSIGNAL SIGQUIT'),
  }),
  USER: (statement) => ({
    ...plain(statement),
    name: 'USER',
    user: exactlyOne(statement, 'a user and perhaps a group, as in USER app or USER 1000:1000'),
  }),
  VOLUME: (statement) => {
    atLeastOne(statement, 'folders, as in VOLUME /data or VOLUME ["/data"]')
    const paths = jsonList(statement) ?? textsOf(statement)
    const blank = paths.length === 0 || paths.some((path) => path.trim() === '')
    if (blank)
      throw statement.line.error('VOLUME specified can not be an empty string', statement.at, 'a folder')
    return { ...plain(statement), name: 'VOLUME', paths }
  },
  WORKDIR: (statement) => ({
    ...plain(statement),
    name: 'WORKDIR',
    path: exactlyOne(statement, 'a folder, as in WORKDIR /app'),
  }),
}

/** @throws DockerfileError */
export function parseInstruction(statement: Statement): Instruction {
  const { keyword, line } = statement
  const parse = isInstruction(keyword) ? parsers[keyword] : undefined
  if (parse === undefined) {
    const word = /\S+/.exec(line.text)?.[0]
    throw line.error(`unknown instruction: ${word}`, 0, `one of FROM, ${Object.keys(parsers).join(', ')}`)
  }
  return parse(statement)
}

function isInstruction(keyword: string): keyword is InstructionName {
  return Object.hasOwn(parsers, keyword)
}

/** For an instruction that has no flags. @throws DockerfileError if there is one */
function plain(statement: Statement) {
  readFlags(statement.line, statement.flags, {})
  return written(statement)
}

function textsOf({ line, at }: Statement): string[] {
  return plainWords(line.text, at).map((word) => word.text)
}

/** `A=b C="d e"`, or the old form `A the rest of the line`. */
function keyValues(statement: Statement): { pairs: KeyValue[]; legacy: boolean } {
  const { line, keyword, rest, at, escapeChar } = statement
  atLeastOne(statement, `${keyword} NAME=VALUE`)
  const words = quotedWords(line.text, at, escapeChar)
  if (words[0] !== undefined && !words[0].text.includes('=')) {
    const [, key = '', value] = /^(\S+)\s+([\s\S]+)$/.exec(rest) ?? []
    if (value === undefined) {
      throw line.error(`${keyword} must have two arguments`, at, `${keyword} NAME=VALUE`)
    }
    return { pairs: [{ key, value }], legacy: true }
  }
  const pairs = words.map((word) => {
    const { key, value } = nameAndValue(statement, word)
    if (value !== undefined) return { key, value }
    const message = `Syntax error - can't find = in ${JSON.stringify(word.text)}. Must be of the form: name=value`
    throw line.error(message, word.at, 'quotes around a value that has blanks in it: NAME="a b"')
  })
  return { pairs, legacy: false }
}

function parseOnbuild(statement: Statement): Extract<Instruction, { readonly name: 'ONBUILD' }> {
  atLeastOne(statement, 'an instruction, as in ONBUILD RUN make')
  const { line, at, rest, escapeChar } = statement
  const inner = readStatement(line.from(at), escapeChar)
  if (inner.keyword === 'ONBUILD') {
    throw line.error(
      "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed",
      at,
      'an instruction other than ONBUILD',
    )
  }
  if (inner.keyword === 'FROM' || inner.keyword === 'MAINTAINER') {
    throw line.error(`${inner.keyword} isn't allowed as an ONBUILD trigger`, at)
  }
  // Found out here by the author of the image and not later by everybody who builds from it.
  parseInstruction(inner)
  const trigger = line.heredocs.reduce((text, { name, content }) => `${text}\n${content}${name}`, rest)
  return { ...plain(statement), name: 'ONBUILD', trigger }
}
