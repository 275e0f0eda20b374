/**
 * The scripts that tell a shell to ask `PROGRAM __complete WORDS…` at the tab key. They hold no commands or options:
 * the answer is always that of the executable that is installed.
 */

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** @param program the name that is typed: `sampan`, or `docker` where that is a link to us */
export function completionScript(shell: Shell, program: string): string {
  return { bash, zsh, fish }[shell](program)
}

/**
 * Bash cuts words at `=` and `:` before a completion sees them, and puts the candidate in place of the last piece:
 * the words are taken from the line itself, and the pieces before the last one are cut off again.
 */
function bash(program: string): string {
  const name = `_${program}`
  return `# bash completion for ${program}
${name}() {
  local line=\${COMP_LINE:0:COMP_POINT} piece=\${COMP_WORDS[COMP_CWORD]} word answer paths
  local -a words
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  word=\${words[\${#words[@]} - 1]}
  [[ $piece == [:=] ]] && piece=''
  COMPREPLY=()
  while IFS= read -r answer; do
    case $answer in
      :*) paths=\${answer#:} ;;
      *) answer=\${answer%%$'\\t'*}; COMPREPLY+=("\${answer#"\${word%"$piece"}"}") ;;
    esac
  done < <("\${words[0]}" __complete -- "\${words[@]:1}" 2>/dev/null)
  case $paths in
    files) compopt -o default -o filenames ;;
    directories) compopt -o dirnames -o filenames ;;
  esac
}
complete -F ${name} ${program}
`
}

function zsh(program: string): string {
  return `#compdef ${program}
# zsh completion for ${program}
_${program}() {
  local answer paths word about
  local -a described
  for answer in "\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $answer in
      :*) paths=\${answer#:} ;;
      *)
        word=\${\${answer%%$'\\t'*}//:/\\\\:} about=\${answer#*$'\\t'}
        described+=("$word\${about:+:$about}")
        ;;
    esac
  done
  case $paths in
    files) _files ;;
    directories) _files -/ ;;
    *) _describe -V 'candidate' described ;;
  esac
}
if [ "$funcstack[1]" = "_${program}" ]; then
  _${program} "$@"
else
  compdef _${program} ${program}
fi
`
}

function fish(program: string): string {
  return `# fish completion for ${program}
function __${program}_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l answers ($words[1] __complete -- $words[2..-1] 2>/dev/null)
  set -l paths $answers[-1]
  for answer in $answers[1..-2]
    echo $answer
  end
  switch $paths
    case :files
      __fish_complete_path (commandline -ct)
    case :directories
      __fish_complete_directories (commandline -ct)
  end
end
complete -c ${program} -f -a '(__${program}_complete)'
`
}
