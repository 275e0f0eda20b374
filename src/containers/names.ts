/** Container ids and names: docker's rules for those given, our own word lists for those not. */
import { SampanError } from '../errors.ts'
import { randomBelow, randomHex } from '../platform/host/random.ts'

/** 64 hex digits. As docker: never all digits in the first twelve, so that the short one is no number as a host name. */
export function newId(): string {
  for (;;) {
    const id = randomHex(32)
    if (!/^\d{12}/.test(id)) return id
  }
}

/** Throws (exit code 125) for a name docker would refuse. A leading slash is dropped. */
export function parseName(given: string): string {
  const name = given.startsWith('/') ? given.slice(1) : given
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) {
    throw new SampanError(`Invalid container name (${given}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`, {
      exitCode: 125,
      kind: 'usage',
      hint: 'at least two characters, the first a letter or digit',
    })
  }
  if (name.length > 200) {
    throw new SampanError(`Invalid container name: it has ${name.length} characters`, {
      exitCode: 125,
      kind: 'usage',
      hint: '200 at most',
    })
  }
  return name
}

/** `calm_noether`; from the third try on with a number, so that a full list still finds one. */
export function randomName(attempt: number): string {
  const words = `${pick(MOODS)}_${pick(PEOPLE)}`
  return attempt < 2 ? words : `${words}${randomBelow(10 ** Math.min(attempt, 9))}`
}

function pick(words: readonly string[]): string {
  return words[randomBelow(words.length)] ?? ''
}

const MOODS =
  `able agile airy amber ample awake balmy bold brave breezy bright brisk calm candid cheerful chipper
  civil clever cosy crisp curious daring dapper deft devoted dreamy eager earnest easy elated fair fearless fleet fond
  frank fresh friendly gallant gentle giddy glad golden graceful grand handy happy hardy hearty honest hopeful humble
  jaunty jolly keen kind lively loyal lucid lucky mellow merry mild modest neat nimble noble patient peaceful playful
  plucky polite proud quick quiet ready restful robust rosy serene sharp shiny silent simple sincere smooth snug sober
  spry steady still sturdy subtle sunny swift tender thrifty tidy tranquil trusty upbeat vivid warm wise witty zesty`
    .trim()
    .split(/\s+/)

const PEOPLE =
  `abel agnesi alhazen anning archimedes avogadro babbage banneker banu bassi beaufort becquerel bell
  bernoulli bessel boole born bose brahe cantor carson cassini cauchy cavendish celsius ceres chandrasekhar chatelet
  colden copernicus coulomb cray curie dalton darwin dedekind descartes diophantus dirac doppler eratosthenes erdos
  euclid euler faraday fermat fermi fibonacci fourier franklin fresnel galilei galois gauss germain gilbert godel
  goodall halley hamilton harrison heaviside henry herschel hertz hilbert hodgkin hooke hopper humboldt hutton huygens
  hypatia joule kepler khayyam kirchhoff kovalevskaya lagrange lamarr laplace lavoisier leavitt leibniz linnaeus
  lovelace maxwell mendel mendeleev mercator merian mitchell napier nash newton nightingale noether ohm oersted pascal
  pasteur payne planck poincare ptolemy ramanujan riemann roemer rontgen rubin rutherford sagan shannon somerville
  stokes tesla thales torricelli turing tycho vesalius volta wallace watt weber wright yalow zhang zheng zuse`
    .trim()
    .split(/\s+/)
