# bash completion for sampan
_sampan() {
  local line=${COMP_LINE:0:COMP_POINT} piece=${COMP_WORDS[COMP_CWORD]} word answer paths
  local -a words
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  word=${words[${#words[@]} - 1]}
  [[ $piece == [:=] ]] && piece=''
  COMPREPLY=()
  while IFS= read -r answer; do
    case $answer in
      :*) paths=${answer#:} ;;
      *) answer=${answer%%$'\t'*}; COMPREPLY+=("${answer#"${word%"$piece"}"}") ;;
    esac
  done < <("${words[0]}" __complete -- "${words[@]:1}" 2>/dev/null)
  case $paths in
    files) compopt -o default -o filenames ;;
    directories) compopt -o dirnames -o filenames ;;
  esac
}
complete -F _sampan sampan
